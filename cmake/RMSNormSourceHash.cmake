# Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

# cmake -DROOT=... -DVERSION=... -DOUTPUT=... -P RMSNormSourceHash.cmake
#
# Writes a hash of all sources of the library to OUTPUT as a string literal: two
# builds of the same sources share what they have compiled, others do not.
file(GLOB_RECURSE sources LIST_DIRECTORIES false
  RELATIVE "${ROOT}" "${ROOT}/lib/*" "${ROOT}/include/*")
list(SORT sources)
set(all "")
foreach(source IN LISTS sources)
  file(SHA256 "${ROOT}/${source}" hash)
  string(APPEND all "${source} ${hash}\n")
endforeach()
string(SHA256 hash "${all}")
file(WRITE "${OUTPUT}" "\"${VERSION} ${hash}\"\n")
