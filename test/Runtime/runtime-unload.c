//===-- runtime-unload.c - Test of unloading the runtime ----------*- C -*-===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//   runtime-unload MODULE: loads, uses and unloads a library with the runtime
//   in it, again and again; threads that outlive its code would crash.
//
//===----------------------------------------------------------------------===//

#include "check.h"

#include <dirent.h>
#include <dlfcn.h>
#include <unistd.h>

static int countThreads(void) {
  DIR *folder = opendir("/proc/self/task");
  int count = 0;
  while (folder && readdir(folder))
    ++count;
  if (folder)
    closedir(folder);
  // Without `.` and `..`.
  return count - 2;
}

static void useModule(const char *path) {
  void *module = dlopen(path, RTLD_NOW);
  CHECK(module);
  if (!module)
    return;
  int (*meet)(int) = (int (*)(int))dlsym(module, "meet");
  CHECK(meet && meet(4) == 4);
  CHECK(countThreads() >= 4);
  CHECK(dlclose(module) == 0);
  // It is gone, and so are its threads.
  CHECK(!dlopen(path, RTLD_NOW | RTLD_NOLOAD));
  // The system may list one for a moment after it was joined.
  for (int i = 0; i < 1000 && countThreads() > 1; ++i)
    usleep(1000);
  CHECK(countThreads() == 1);
}

int main(int argc, char **argv) {
  alarm(300);
  for (int i = 0; i < 20 && argc == 2; ++i) {
    useModule(argv[1]);
    usleep(i % 4 * 100);
  }
  return finishChecks();
}
