//===- RMSNormOps.td - Ops of the rmsnorm dialect ----------*- tablegen -*-===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RMSNORM_IR_RMSNORMOPS_TD
#define RMSNORM_IR_RMSNORMOPS_TD

include "mlir/IR/OpAsmInterface.td"
include "mlir/Interfaces/DestinationStyleOpInterface.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "mlir/Interfaces/TilingInterface.td"
include "mlir/Interfaces/ViewLikeInterface.td"
include "mlir/Dialect/Linalg/IR/LinalgInterfaces.td"
include "rmsnorm/IR/RMSNormAttrs.td"
include "rmsnorm/IR/RMSNormDialect.td"
include "rmsnorm/IR/RMSNormInterfaces.td"

/// A ranked tensor or a memref. What its shape and element type may be is a
/// relation between operands and checked in C++ (docs/Semantics.md).
def RMSNorm_Shaped
    : Type<Or<[AnyRankedTensor.predicate, AnyStridedMemRef.predicate]>,
           "ranked tensor or strided memref", "::mlir::ShapedType">;

class RMSNorm_Op<string mnemonic, list<Trait> traits = []>
    : Op<RMSNorm_Dialect, mnemonic, traits # [
        AttrSizedOperandSegments,
        DestinationStyleOpInterface,
        ConditionallySpeculatable,
        RMSNorm_NormOpInterface,
        DeclareOpInterfaceMethods<MemoryEffectsOpInterface>,
        DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface, [
          "reifyResultShapes"]>,
        DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmResultNames"]>,
      ]> {
  let hasVerifier = 1;
  let hasFolder = 1;
  let hasCanonicalizer = 1;
  code commonDeclarations = [{
    /// Speculatable where the shapes are static: only dynamic ones can
    /// disagree at run time.
    ::mlir::Speculation::Speculatability getSpeculatability();

    /// The initial operands; the results of the tensor form are tied to them.
    ::mlir::MutableOperandRange getDpsInitsMutable();

    /// See NormOpInterface.
    ::llvm::SmallVector<int64_t> getOperandAxes(::mlir::OpOperand &operand);

    /// The element type that the statistics are computed in: f32 or f64.
    ::mlir::FloatType getStatisticsType();

    /// Rank of `x`.
    int64_t getRank() { return getX().getType().getRank(); }

    /// The axes of `x` that are not reduced, sorted.
    ::llvm::SmallVector<int64_t> getParallelAxes();

    bool isReductionAxis(int64_t axis) {
      return ::llvm::is_contained(getReductionAxes(), axis);
    }
  }];
}

//===----------------------------------------------------------------------===//
// rms_norm
//===----------------------------------------------------------------------===//

def RMSNorm_RMSNormOp : RMSNorm_Op<"rms_norm"> {
  let summary = "root mean square normalisation";
  let description = [{
    With `X` the elements of `x` in the statistics type (at least f32; f64 where
    `x` or `stats_type` is f64):

        h  = X + residual
        ms = mean of |h|² over `reduction_axes`, where `mask` is true
        r  = 1 / sqrt(ms + epsilon)
        y  = h · r · (scale_offset + scale) + bias

    and `y` is converted to its own element type. What is left out is left out
    of the formula. The axes stand behind the operands, `reduce [...]` and
    `features [...]` (along which `scale` and `bias` vary); each is the last
    axis unless it is written.

    The op is in destination-passing style and works on tensors or on memrefs.
    Its results are, in this order, `y`, `h` (where `residual_out` is given) and
    `r` (where `rstd_out` is given, with the reduced axes kept as size 1).

    | part | meaning | checks |
    | --- | --- | --- |
    | `x` | what is normalised | C1, C2 |
    | `scale`, `bias` | over the feature axes | C2, C5, C6 |
    | `residual` | over all axes | C2, C7 |
    | `mask` | over all axes, or broadcast; selects the positions of the mean | C2, C8 |
    | `out`, `residual_out`, `rstd_out` | destinations of `y`, `h` and `r` | C2, C9, C10, C11, C14 |
    | `reduction_axes`, `feature_axes` | `reduce [...]` and `features [...]` | C3, C4 |
    | `epsilon` | added to the mean | C12 |
    | `scale_offset` | added to the scale; 1 for a scale around zero | C13 |
    | `cast_order` | whether `h · r` is rounded to x's type before the scale | |
    | `stats_type` | a wider statistics type than that of `x` alone | C15 |
    | `stable` | divide by a power of two before squaring: no overflow | |
    | `device_group` | the devices that share one statistic | C18, C19, C20, C21, C22 |
    | `schedule` | how the norm maps to the CPU | C23, C24, C25, C26, C27 |

    The checks are those of [Semantics.md](Semantics.md#what-is-accepted).

    ```mlir
    // The plain case.
    %0 = rmsnorm.rms_norm ins(%x : tensor<8x64xf32>) scale(%w : tensor<64xf32>)
           outs(%y : tensor<8x64xf32>)
    // Gemma: a scale around zero.
    %1 = rmsnorm.rms_norm ins(%b : tensor<8x64xbf16>) scale(%g : tensor<64xbf16>)
           outs(%y1 : tensor<8x64xbf16>) {scale_offset = 1.0 : f64}
    // Leading axes reduced, some positions left out of the mean.
    %2 = rmsnorm.rms_norm ins(%z : tensor<?x7x?xf32>) mask(%m : tensor<?x7x1xi1>)
           outs(%y2 : tensor<?x7x?xf32>) reduce [0, 1]
    ```
  }];
  let arguments = (ins
    RMSNorm_Shaped:$x,
    Optional<RMSNorm_Shaped>:$scale,
    Optional<RMSNorm_Shaped>:$bias,
    Optional<RMSNorm_Shaped>:$residual,
    Optional<RMSNorm_Shaped>:$mask,
    RMSNorm_Shaped:$out,
    Optional<RMSNorm_Shaped>:$residual_out,
    Optional<RMSNorm_Shaped>:$rstd_out,
    DenseI64ArrayAttr:$reduction_axes,
    DenseI64ArrayAttr:$feature_axes,
    DefaultValuedAttr<F64Attr, "1e-6">:$epsilon,
    DefaultValuedAttr<F64Attr, "0.0">:$scale_offset,
    DefaultValuedAttr<RMSNorm_CastOrderAttr,
                      "::rmsnorm::CastOrder::scale_then_cast">:$cast_order,
    OptionalAttr<TypeAttr>:$stats_type,
    UnitAttr:$stable,
    OptionalAttr<RMSNorm_DeviceGroupAttr>:$device_group,
    OptionalAttr<RMSNorm_CPUScheduleAttr>:$schedule
  );
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let assemblyFormat = [{
    `ins` `(` $x `:` type($x) `)`
    (`scale` `(` $scale^ `:` type($scale) `)`)?
    (`bias` `(` $bias^ `:` type($bias) `)`)?
    (`residual` `(` $residual^ `:` type($residual) `)`)?
    (`mask` `(` $mask^ `:` type($mask) `)`)?
    `outs` `(` $out `:` type($out) `)`
    (`residual_out` `(` $residual_out^ `:` type($residual_out) `)`)?
    (`rstd_out` `(` $rstd_out^ `:` type($rstd_out) `)`)?
    custom<Axes>($reduction_axes, $feature_axes, ref(type($x)))
    attr-dict
    custom<DestinationResults>(type($results), ref(type($out)),
      ref(type($residual_out)), ref(type($rstd_out)))
  }];
  let extraClassDeclaration = commonDeclarations;
}

//===----------------------------------------------------------------------===//
// mean_square
//===----------------------------------------------------------------------===//

def RMSNorm_MeanSquareOp : RMSNorm_Op<"mean_square"> {
  let summary = "the statistic of a root mean square normalisation";
  let description = [{
    The first half of `rmsnorm.rms_norm`: for `h = X + residual`, the mean of
    |h|² over `reduction_axes` where `mask` is true; or, where `count_out` is
    given, the sum of |h|² and the number of positions it was taken over, which
    is what devices with unequal shards have to exchange. The results have x's
    shape with the reduced axes kept as size 1, and the statistics type.

    The [checks](Semantics.md#what-is-accepted) of the parts that it shares with
    `rmsnorm.rms_norm` are the same there and here; C16 governs the destination
    `out`, and C17 `count_out`.

    ```mlir
    %ms = rmsnorm.mean_square ins(%x : tensor<8x64xbf16>) outs(%i : tensor<8x1xf32>)
    %sum, %n = rmsnorm.mean_square ins(%x : tensor<8x64xbf16>)
                 outs(%i : tensor<8x1xf32>) count_out(%j : tensor<8x1xf32>)
    ```
  }];
  let arguments = (ins
    RMSNorm_Shaped:$x,
    Optional<RMSNorm_Shaped>:$residual,
    Optional<RMSNorm_Shaped>:$mask,
    RMSNorm_Shaped:$out,
    Optional<RMSNorm_Shaped>:$count_out,
    DenseI64ArrayAttr:$reduction_axes,
    OptionalAttr<RMSNorm_CPUScheduleAttr>:$schedule
  );
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let assemblyFormat = [{
    `ins` `(` $x `:` type($x) `)`
    (`residual` `(` $residual^ `:` type($residual) `)`)?
    (`mask` `(` $mask^ `:` type($mask) `)`)?
    `outs` `(` $out `:` type($out) `)`
    (`count_out` `(` $count_out^ `:` type($count_out) `)`)?
    custom<ReductionAxes>($reduction_axes, ref(type($x)))
    attr-dict
    custom<DestinationResults>(type($results), ref(type($out)),
      ref(type($count_out)))
  }];
  let extraClassDeclaration = commonDeclarations;
}

//===----------------------------------------------------------------------===//
// normalize
//===----------------------------------------------------------------------===//

def RMSNorm_NormalizeOp : RMSNorm_Op<"normalize"> {
  let summary = "root mean square normalisation by a given statistic";
  let description = [{
    The second half of `rmsnorm.rms_norm`: for a mean square `ms` (or a sum of
    squares and the `count` of its terms), `r = 1 / sqrt(ms + epsilon)`, and `y`,
    `h` and `r` as there. The statistic has x's shape with the reduced axes kept
    as size 1.

    The [checks](Semantics.md#what-is-accepted) of the parts that it shares with
    `rmsnorm.rms_norm` are the same there and here; C16 governs `statistic`, and
    C17 `count`.

    ```mlir
    %y = rmsnorm.normalize ins(%x : tensor<8x64xbf16>) statistic(%ms : tensor<8x1xf32>)
           scale(%w : tensor<64xbf16>) outs(%i : tensor<8x64xbf16>)
    ```
  }];
  let arguments = (ins
    RMSNorm_Shaped:$x,
    RMSNorm_Shaped:$statistic,
    Optional<RMSNorm_Shaped>:$count,
    Optional<RMSNorm_Shaped>:$scale,
    Optional<RMSNorm_Shaped>:$bias,
    Optional<RMSNorm_Shaped>:$residual,
    RMSNorm_Shaped:$out,
    Optional<RMSNorm_Shaped>:$residual_out,
    Optional<RMSNorm_Shaped>:$rstd_out,
    DenseI64ArrayAttr:$reduction_axes,
    DenseI64ArrayAttr:$feature_axes,
    DefaultValuedAttr<F64Attr, "1e-6">:$epsilon,
    DefaultValuedAttr<F64Attr, "0.0">:$scale_offset,
    DefaultValuedAttr<RMSNorm_CastOrderAttr,
                      "::rmsnorm::CastOrder::scale_then_cast">:$cast_order,
    OptionalAttr<RMSNorm_CPUScheduleAttr>:$schedule
  );
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let assemblyFormat = [{
    `ins` `(` $x `:` type($x) `)`
    `statistic` `(` $statistic `:` type($statistic) `)`
    (`count` `(` $count^ `:` type($count) `)`)?
    (`scale` `(` $scale^ `:` type($scale) `)`)?
    (`bias` `(` $bias^ `:` type($bias) `)`)?
    (`residual` `(` $residual^ `:` type($residual) `)`)?
    `outs` `(` $out `:` type($out) `)`
    (`residual_out` `(` $residual_out^ `:` type($residual_out) `)`)?
    (`rstd_out` `(` $rstd_out^ `:` type($rstd_out) `)`)?
    custom<Axes>($reduction_axes, $feature_axes, ref(type($x)))
    attr-dict
    custom<DestinationResults>(type($results), ref(type($out)),
      ref(type($residual_out)), ref(type($rstd_out)))
  }];
  let extraClassDeclaration = commonDeclarations;
}

//===----------------------------------------------------------------------===//
// max_threads
//===----------------------------------------------------------------------===//

def RMSNorm_MaxThreadsOp : Op<RMSNorm_Dialect, "max_threads", [Pure]> {
  let summary = "how many threads a loop is given at most";
  let description = [{
    The most threads that a parallel loop at this place may run on, at least 1;
    the largest i64 where that is not known. `rmsnorm-tile` asks for it to find
    out whether each thread gets rows of its own, and `rmsnorm-parallelize`
    makes a call of `rmsnorm_max_threads` of it.

    ```mlir
    %threads = rmsnorm.max_threads
    ```
  }];
  let results = (outs Index:$threads);
  let assemblyFormat = "attr-dict";
}

#endif // RMSNORM_IR_RMSNORMOPS_TD
