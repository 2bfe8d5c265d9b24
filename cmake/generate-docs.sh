#!/usr/bin/env bash
# Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# generate-docs.sh MLIR_TBLGEN MLIR_INCLUDE SOURCE OUT: writes Dialect.md,
# Passes.md and TransformOps.md into the folder OUT, from the .td files of the
# source tree SOURCE.
set -euo pipefail
tblgen=$1 mlir_include=$2 include=$3/include out=$4

# generate TD argument...: without the mark for a table of contents, which only
# LLVM's own site knows, and without spaces at the ends of lines or blank lines
# in a row.
generate() {
  local td=$1
  shift
  "$tblgen" -I "$mlir_include" -I "$include" "$@" "$include/rmsnorm/$td" |
    sed -e '/^\[TOC\]$/,+1d' -e '1,2d' -e 's/ *$//' | cat -s
}
notice="<!-- Made by the target rmsnorm-docs from"

mkdir -p "$out"
{
  echo "$notice include/rmsnorm/IR/*.td. -->"
  echo
  generate IR/RMSNormOps.td -gen-dialect-doc -dialect=rmsnorm
  echo
  generate IR/RMSNormInterfaces.td -gen-op-interface-docs |
    sed -e 's/^# OpInterface definitions/## Interfaces/' -e 's/^## Norm/### Norm/' \
      -e 's/^### Methods:/#### Methods:/' -e 's/^#### `get/##### `get/'
} >"$out/Dialect.md"
{
  echo "$notice include/rmsnorm/Transforms/*.td. -->"
  echo
  echo "# Passes"
  echo
  echo "In the examples, a pass takes what stands before \`// becomes\` to what stands"
  echo "after it; \`...\` stands for anything. [Pipelines.md](Pipelines.md) has the order"
  echo "in which the passes run."
  echo
  generate Transforms/Passes.td -gen-pass-doc
} >"$out/Passes.md"
{
  echo "$notice include/rmsnorm/TransformOps/RMSNormTransformOps.td. -->"
  echo
  echo "# Transform ops"
  echo
  echo "Ops of the transform dialect for schedules written by hand."
  echo
  generate TransformOps/RMSNormTransformOps.td -gen-op-doc
} >"$out/TransformOps.md"
