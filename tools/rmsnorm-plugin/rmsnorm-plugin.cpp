//===- rmsnorm-plugin.cpp - The project as a plugin of mlir-opt -----------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//   mlir-opt --load-dialect-plugin=rmsnorm-plugin.so
//            --load-pass-plugin=rmsnorm-plugin.so ...
//
//===----------------------------------------------------------------------===//

#include "mlir/Tools/Plugins/DialectPlugin.h"
#include "mlir/Tools/Plugins/PassPlugin.h"
#include "rmsnorm/InitAll.h"
#include "rmsnorm/Version.h"

extern "C" LLVM_ATTRIBUTE_VISIBILITY_DEFAULT mlir::DialectPluginLibraryInfo
mlirGetDialectPluginInfo() {
  return {MLIR_PLUGIN_API_VERSION, "RMSNorm", RMSNORM_VERSION_STRING,
          [](mlir::DialectRegistry *registry) {
            rmsnorm::registerAllDialects(*registry);
          }};
}

extern "C" LLVM_ATTRIBUTE_VISIBILITY_DEFAULT mlir::PassPluginLibraryInfo
mlirGetPassPluginInfo() {
  return {MLIR_PLUGIN_API_VERSION, "RMSNorm", RMSNORM_VERSION_STRING,
          [] { rmsnorm::registerAllPasses(); }};
}
