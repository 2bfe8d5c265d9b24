//===- disk-cache-fill.cpp - Fills a disk cache until it is killed --------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//   disk-cache-fill DIRECTORY SEED BYTES [STEPS]
//
// Stores and loads entries of one of 16 keys, each of random length, in a cache
// of BYTES, for ever or STEPS times. Ends with status 1 when an entry is not as
// some process has stored it, with status 2 when one is refused.
//
//===----------------------------------------------------------------------===//

#include "rmsnorm/Compiler/DiskCache.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/raw_ostream.h"
#include <cstdlib>
#include <random>

using namespace rmsnorm;

/// What any process stores under key number `key`, if it is of `size` bytes.
static std::string makeContent(int key, size_t size) {
  std::string content(size, '\0');
  uint32_t state = uint32_t(size) * 16 + uint32_t(key);
  for (char &byte : content) {
    state = state * 1664525 + 1013904223;
    byte = char(state >> 24);
  }
  return content;
}

int main(int argc, char **argv) {
  if (argc < 4)
    return 3;
  std::mt19937 draw(unsigned(std::atoi(argv[2])));
  DiskCacheOptions options;
  options.directory = argv[1];
  options.maxBytes = uint64_t(std::atoll(argv[3]));
  DiskCache cache(options);
  int64_t steps = argc > 4 ? std::atoll(argv[4]) : INT64_MAX;
  for (int64_t step = 0; step < steps; ++step) {
    int number = int(draw() % 16);
    std::string key = "key " + std::to_string(number);
    bool isWrong = false;
    cache.load(key, [&](llvm::StringRef content) {
      isWrong = content != makeContent(number, content.size());
      return !isWrong;
    });
    if (isWrong) {
      llvm::outs() << "a wrong entry of " << key << '\n';
      return 1;
    }
    if (cache.getNumRejected()) {
      llvm::outs() << cache.getProblem() << '\n';
      return 2;
    }
    cache.store(key, makeContent(number, 1 + draw() % 400000));
  }
  llvm::outs() << cache.getNumLoaded() << " loaded\n";
  return 0;
}
