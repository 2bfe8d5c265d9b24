/*===- Dialects.h - The dialect for users of MLIR's C API ---------*- C -*-===*\
|*                                                                            *|
|* Part of the RMSNorm project, under the Apache License v2.0 with LLVM       *|
|* Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception        *|
|*                                                                            *|
|*===----------------------------------------------------------------------===*|
|*                                                                            *|
|* Library: RMSNormCAPIDialects. It defines what is declared here and nothing *|
|* of MLIR's own C API, which its users have already.                         *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/

#ifndef RMSNORM_C_DIALECTS_H
#define RMSNORM_C_DIALECTS_H

#include "mlir-c/IR.h"
#include "rmsnorm-c/RMSNorm.h"

#ifdef __cplusplus
extern "C" {
#endif

/** mlirGetDialectHandle__rmsnorm__(): the dialect alone. */
MLIR_DECLARE_CAPI_DIALECT_REGISTRATION(RMSNorm, rmsnorm);

/** Adds the dialect and the interfaces of its ops (tiling, bufferization, ...)
 * to `registry`. */
RMSNORM_EXPORT void rmsnormRegisterAllDialects(MlirDialectRegistry registry);

/** Registers the project's passes and pipelines under their names, for
 * mlirParsePassPipeline and the like. */
RMSNORM_EXPORT void rmsnormRegisterAllPasses(void);

/*===----------------------------------------------------------------------===*\
|* Attributes                                                                 *|
\*===----------------------------------------------------------------------===*/

/** #rmsnorm.cast_order<...> */
RMSNORM_EXPORT bool rmsnormAttributeIsACastOrder(MlirAttribute attribute);
RMSNORM_EXPORT MlirAttribute rmsnormCastOrderAttrGet(MlirContext context,
                                                     RMSNormCastOrder value);
RMSNORM_EXPORT RMSNormCastOrder
rmsnormCastOrderAttrGetValue(MlirAttribute attribute);

typedef enum RMSNormCombination {
  /** The mean of the devices' means. */
  RMSNORM_MEAN_OF_MEANS = 0,
  /** Sums and counts are combined. */
  RMSNORM_WEIGHTED = 1
} RMSNormCombination;

/** #rmsnorm.device_group<"axis", groups = [...], combination>. `groups` are
 * attributes from mlirDenseI64ArrayGet; none: the whole axis. Null, with a
 * diagnostic on the context, where they do not partition an axis. */
RMSNORM_EXPORT bool rmsnormAttributeIsADeviceGroup(MlirAttribute attribute);
RMSNORM_EXPORT MlirAttribute rmsnormDeviceGroupAttrGet(
    MlirContext context, MlirStringRef axis, intptr_t numGroups,
    const MlirAttribute *groups, RMSNormCombination combination);
RMSNORM_EXPORT MlirStringRef
rmsnormDeviceGroupAttrGetAxis(MlirAttribute attribute);
RMSNORM_EXPORT intptr_t
rmsnormDeviceGroupAttrGetNumGroups(MlirAttribute attribute);
RMSNORM_EXPORT MlirAttribute
rmsnormDeviceGroupAttrGetGroup(MlirAttribute attribute, intptr_t position);
RMSNORM_EXPORT RMSNormCombination
rmsnormDeviceGroupAttrGetCombination(MlirAttribute attribute);

#ifdef __cplusplus
}
#endif

#endif /* RMSNORM_C_DIALECTS_H */
