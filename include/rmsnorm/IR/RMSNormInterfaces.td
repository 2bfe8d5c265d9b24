//===- RMSNormInterfaces.td - What the norm ops share ------*- tablegen -*-===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RMSNORM_IR_RMSNORMINTERFACES_TD
#define RMSNORM_IR_RMSNORMINTERFACES_TD

include "mlir/IR/OpBase.td"

def RMSNorm_NormOpInterface : OpInterface<"NormOpInterface"> {
  let cppNamespace = "::rmsnorm";
  let description = [{
    The ops of the dialect run over the index space of `x`. Each of their
    operands is laid over some axes of that space; this interface says over
    which, so that tiling, sharding, reification and lowering are written once.
  }];
  let methods = [
    InterfaceMethod<"The operand whose shape is the iteration space.",
      "::mlir::TypedValue<::mlir::ShapedType>", "getX">,
    InterfaceMethod<"The axes that the mean is taken over, sorted.",
      "::llvm::ArrayRef<int64_t>", "getReductionAxes">,
    InterfaceMethod<[{
        For each dimension of the operand, the axis of `x` that it runs along,
        or -1 for a dimension of size 1 that runs along none.
      }],
      "::llvm::SmallVector<int64_t>", "getOperandAxes", (ins "::mlir::OpOperand &":$operand)>,
  ];
}

#endif // RMSNORM_IR_RMSNORMINTERFACES_TD
