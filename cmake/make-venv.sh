#!/usr/bin/env bash
# Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# make-venv.sh VENV REQUIREMENTS PACKAGES: makes the virtual environment VENV
# with the pinned packages of the file REQUIREMENTS, and puts the folder
# PACKAGES (where the build leaves the package rmsnorm) on its path. Does
# nothing, and says nothing, when VENV was made from the same file already.
set -euo pipefail
venv=$1 requirements=$2 packages=$3
stamp=$venv/.requirements
cmp -s "$requirements" "$stamp" && exit 0
python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
  { echo "expected Python 3.11 or later, but got $(python3 --version)" >&2; exit 1; }
echo "Installing Python packages of $requirements into $venv"
python3 -m venv "$venv"
"$venv/bin/python3" -m pip install --quiet --disable-pip-version-check -r "$requirements"
site=$("$venv/bin/python3" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
echo "$(realpath -m "$packages")" >"$site/rmsnorm-build.pth"
cp "$requirements" "$stamp"
