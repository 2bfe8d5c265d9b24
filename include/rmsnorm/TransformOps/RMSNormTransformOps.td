//===- RMSNormTransformOps.td - Transform ops for norms ----*- tablegen -*-===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RMSNORM_TRANSFORMOPS_RMSNORMTRANSFORMOPS_TD
#define RMSNORM_TRANSFORMOPS_RMSNORMTRANSFORMOPS_TD

include "mlir/Dialect/Transform/IR/TransformDialect.td"
include "mlir/Dialect/Transform/Interfaces/TransformInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "mlir/IR/OpBase.td"
include "rmsnorm/IR/RMSNormAttrs.td"

def RMSNorm_SetScheduleOp : Op<Transform_Dialect, "rmsnorm.set_schedule", [
    DeclareOpInterfaceMethods<MemoryEffectsOpInterface>,
    TransformEachOpTrait, TransformOpInterface]> {
  let summary = "put a schedule on norms";
  let description = [{
    Puts `schedule` on each norm of `target`, in place of one that is there.
    `rmsnorm-schedule` leaves it as it is. An op that is no norm is a silenceable
    failure; nothing is changed then.

    ```mlir
    transform.rmsnorm.set_schedule %norms to
      <vector = [64, 8, 1], normalize_vector = [32, 8, 1]> : !transform.any_op
    ```
  }];
  let cppNamespace = "::rmsnorm";
  let arguments = (ins TransformHandleTypeInterface:$target,
                       RMSNorm_CPUScheduleAttr:$schedule);
  let assemblyFormat =
    "$target `to` $schedule attr-dict `:` type($target)";
  let extraClassDeclaration = [{
    ::mlir::DiagnosedSilenceableFailure applyToOne(
        ::mlir::transform::TransformRewriter &rewriter,
        ::mlir::Operation *target,
        ::mlir::transform::ApplyToEachResultList &results,
        ::mlir::transform::TransformState &state);
  }];
}

def RMSNorm_FuseConsumerOp : Op<Transform_Dialect, "rmsnorm.fuse_consumer", [
    FunctionalStyleTransformOpTrait, MemoryEffectsOpInterface,
    DeclareOpInterfaceMethods<TransformOpInterface>]> {
  let summary = "fuse an op into the loop that produces its operand";
  let description = [{
    Moves `consumer`, which uses a result of `loop`, into the loop, where it
    works on the tiles that the loop gives. For a norm that is legal as long as
    each tile has all of the reduced axes; anything else is a silenceable
    failure. Both handles are consumed; the results are the op in the loop and
    the loop.

    ```mlir
    %fused, %new_loop = transform.rmsnorm.fuse_consumer %norm into %loop
      : (!transform.any_op, !transform.any_op) -> (!transform.any_op, !transform.any_op)
    ```
  }];
  let cppNamespace = "::rmsnorm";
  let arguments = (ins TransformHandleTypeInterface:$consumer,
                       TransformHandleTypeInterface:$loop);
  let results = (outs TransformHandleTypeInterface:$fused,
                      TransformHandleTypeInterface:$new_loop);
  let assemblyFormat = [{
    $consumer `into` $loop attr-dict `:` functional-type(operands, results)
  }];
}

#endif // RMSNORM_TRANSFORMOPS_RMSNORMTRANSFORMOPS_TD
