//===- Dialects.cpp - The dialect for users of MLIR's C API ---------------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "rmsnorm-c/Dialects.h"
#include "mlir/CAPI/IR.h"
#include "mlir/CAPI/Registration.h"
#include "rmsnorm/IR/RMSNorm.h"
#include "rmsnorm/InitAll.h"

using namespace mlir;

MLIR_DEFINE_CAPI_DIALECT_REGISTRATION(RMSNorm, rmsnorm, rmsnorm::RMSNormDialect)

void rmsnormRegisterAllDialects(MlirDialectRegistry registry) {
  rmsnorm::registerAllDialects(*unwrap(registry));
}

void rmsnormRegisterAllPasses(void) { rmsnorm::registerAllPasses(); }

//===----------------------------------------------------------------------===//
// Cast order
//===----------------------------------------------------------------------===//

bool rmsnormAttributeIsACastOrder(MlirAttribute attribute) {
  return isa<rmsnorm::CastOrderAttr>(unwrap(attribute));
}

MlirAttribute rmsnormCastOrderAttrGet(MlirContext context,
                                      RMSNormCastOrder value) {
  return wrap(
      rmsnorm::CastOrderAttr::get(unwrap(context), rmsnorm::CastOrder(value)));
}

RMSNormCastOrder rmsnormCastOrderAttrGetValue(MlirAttribute attribute) {
  return RMSNormCastOrder(
      cast<rmsnorm::CastOrderAttr>(unwrap(attribute)).getValue());
}

//===----------------------------------------------------------------------===//
// Device group
//===----------------------------------------------------------------------===//

static rmsnorm::DeviceGroupAttr unwrapGroup(MlirAttribute attribute) {
  return cast<rmsnorm::DeviceGroupAttr>(unwrap(attribute));
}

bool rmsnormAttributeIsADeviceGroup(MlirAttribute attribute) {
  return isa<rmsnorm::DeviceGroupAttr>(unwrap(attribute));
}

MlirAttribute rmsnormDeviceGroupAttrGet(MlirContext context, MlirStringRef axis,
                                        intptr_t numGroups,
                                        const MlirAttribute *groups,
                                        RMSNormCombination combination) {
  SmallVector<DenseI64ArrayAttr> lists;
  for (const MlirAttribute &group : ArrayRef(groups, size_t(numGroups)))
    lists.push_back(cast<DenseI64ArrayAttr>(unwrap(group)));
  Location loc = UnknownLoc::get(unwrap(context));
  rmsnorm::DeviceGroupAttr attribute = rmsnorm::DeviceGroupAttr::getChecked(
      [&] { return emitError(loc); }, unwrap(context), unwrap(axis),
      ArrayRef<DenseI64ArrayAttr>(lists), rmsnorm::Combination(combination));
  return wrap(Attribute(attribute));
}

MlirStringRef rmsnormDeviceGroupAttrGetAxis(MlirAttribute attribute) {
  return wrap(unwrapGroup(attribute).getAxis());
}

intptr_t rmsnormDeviceGroupAttrGetNumGroups(MlirAttribute attribute) {
  return intptr_t(unwrapGroup(attribute).getGroups().size());
}

MlirAttribute rmsnormDeviceGroupAttrGetGroup(MlirAttribute attribute,
                                             intptr_t position) {
  return wrap(Attribute(unwrapGroup(attribute).getGroups()[size_t(position)]));
}

RMSNormCombination
rmsnormDeviceGroupAttrGetCombination(MlirAttribute attribute) {
  return RMSNormCombination(unwrapGroup(attribute).getCombination());
}
