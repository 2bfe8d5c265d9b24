/*===- capi-dialects.c - The dialect through MLIR's C API -----------------===*\
|*                                                                            *|
|* Part of the RMSNorm project, under the Apache License v2.0 with LLVM       *|
|* Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception        *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/

#include "check.h"
#include "rmsnorm-c/Dialects.h"

#include "mlir-c/BuiltinAttributes.h"
#include "mlir-c/Diagnostics.h"
#include "mlir-c/Pass.h"

static const char module[] =
    "\"builtin.module\"() ({\n"
    "  \"func.func\"() ({\n"
    "  ^entry(%x: memref<?x64xf32>, %y: memref<?x64xf32>):\n"
    "    rmsnorm.rms_norm ins(%x : memref<?x64xf32>) outs(%y : "
    "memref<?x64xf32>)\n"
    "    \"test.end\"() : () -> ()\n"
    "  }) {sym_name = \"norm\"} : () -> ()\n"
    "}) : () -> ()\n";

static void print(MlirStringRef text, void *data) {
  (void)data;
  fwrite(text.data, 1, text.length, stdout);
}

static MlirLogicalResult ignore(MlirDiagnostic diagnostic, void *data) {
  (void)diagnostic;
  ++*(int *)data;
  return mlirLogicalResultSuccess();
}

static void testAttributes(MlirContext context) {
  MlirAttribute order =
      rmsnormCastOrderAttrGet(context, RMSNORM_CAST_THEN_SCALE);
  CHECK(rmsnormAttributeIsACastOrder(order));
  CHECK(!rmsnormAttributeIsADeviceGroup(order));
  CHECK(rmsnormCastOrderAttrGetValue(order) == RMSNORM_CAST_THEN_SCALE);

  int64_t devices[2][2] = {{0, 1}, {2, 3}};
  MlirAttribute groups[2];
  for (int i = 0; i < 2; ++i)
    groups[i] = mlirDenseI64ArrayGet(context, 2, devices[i]);
  MlirAttribute group =
      rmsnormDeviceGroupAttrGet(context, mlirStringRefCreateFromCString("data"),
                                2, groups, RMSNORM_WEIGHTED);
  CHECK(rmsnormAttributeIsADeviceGroup(group));
  CHECK(mlirStringRefEqual(rmsnormDeviceGroupAttrGetAxis(group),
                           mlirStringRefCreateFromCString("data")));
  CHECK(rmsnormDeviceGroupAttrGetNumGroups(group) == 2);
  CHECK(
      mlirAttributeEqual(rmsnormDeviceGroupAttrGetGroup(group, 1), groups[1]));
  CHECK(rmsnormDeviceGroupAttrGetCombination(group) == RMSNORM_WEIGHTED);
  mlirAttributePrint(group, print, NULL);
  printf("\n");

  /* Groups that overlap. */
  groups[1] = groups[0];
  int diagnostics = 0;
  MlirDiagnosticHandlerID handler =
      mlirContextAttachDiagnosticHandler(context, ignore, &diagnostics, NULL);
  group =
      rmsnormDeviceGroupAttrGet(context, mlirStringRefCreateFromCString("data"),
                                2, groups, RMSNORM_WEIGHTED);
  CHECK(mlirAttributeIsNull(group));
  CHECK(diagnostics == 1);
  mlirContextDetachDiagnosticHandler(context, handler);
}

static void testPasses(MlirContext context) {
  MlirModule parsed =
      mlirModuleCreateParse(context, mlirStringRefCreateFromCString(module));
  CHECK(!mlirModuleIsNull(parsed));
  rmsnormRegisterAllPasses();
  MlirPassManager passes = mlirPassManagerCreate(context);
  CHECK(mlirLogicalResultIsSuccess(mlirParsePassPipeline(
      mlirPassManagerGetAsOpPassManager(passes),
      mlirStringRefCreateFromCString("builtin.module(rmsnorm-decompose)"),
      print, NULL)));
  CHECK(mlirLogicalResultIsSuccess(
      mlirPassManagerRunOnOp(passes, mlirModuleGetOperation(parsed))));
  mlirOperationPrint(mlirModuleGetOperation(parsed), print, NULL);
  mlirPassManagerDestroy(passes);
  mlirModuleDestroy(parsed);
}

int main(void) {
  MlirDialectRegistry registry = mlirDialectRegistryCreate();
  rmsnormRegisterAllDialects(registry);
  MlirContext context = mlirContextCreateWithRegistry(registry, false);
  mlirDialectRegistryDestroy(registry);
  mlirContextSetAllowUnregisteredDialects(context, true);
  MlirDialectHandle handle = mlirGetDialectHandle__rmsnorm__();
  CHECK(mlirStringRefEqual(mlirDialectHandleGetNamespace(handle),
                           mlirStringRefCreateFromCString("rmsnorm")));
  CHECK(!mlirDialectIsNull(mlirDialectHandleLoadDialect(handle, context)));
  testAttributes(context);
  testPasses(context);
  mlirContextDestroy(context);
  return summarize();
}
