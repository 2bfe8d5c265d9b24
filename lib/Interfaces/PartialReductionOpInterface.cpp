//===- PartialReductionOpInterface.cpp - Means over parts of a row --------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// A mean of squares over parts of the reduced axes: each part gives the sum of
// its squares and the number of their terms, and these are added up at the end.
//
//   sum, count = mean_square(part)      for each part
//   mean       = Σ sum / Σ count
//
// Sums and counts are exact for parts of any size and for any mask. The
// partial tensors have x's shape, with the axes that are tiled as long as there
// are partial sums and the other reduced axes of size 1.
//
//===----------------------------------------------------------------------===//

#include "Statistics.h"
#include "Tiles.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "rmsnorm/Interfaces/Interfaces.h"

using namespace mlir;
using namespace rmsnorm;

using Folds = SmallVector<OpFoldResult>;
using Axes = llvm::SetVector<unsigned>;

static SmallVector<Value> createZeros(OpBuilder &b, Location loc,
                                      ValueRange room) {
  return llvm::map_to_vector(
      room, [&](Value value) { return createFilled(b, loc, value, 0.0); });
}

/// `sizes` with the reduced axes that are not tiled as 1.
static Folds partialSizes(OpBuilder &b, MeanSquareOp op,
                          ArrayRef<OpFoldResult> sizes, const Axes &tiled) {
  Folds result(sizes);
  for (int64_t axis : op.getReductionAxes())
    if (!tiled.contains(axis))
      result[axis] = b.getIndexAttr(1);
  return result;
}

/// Where in the partial tensors the sums of a tile belong: each on its own
/// where a loop runs over the tiles, which adds to them; one for a whole tile
/// where the tiles run in parallel.
static Tile findPartialTile(OpBuilder &b, MeanSquareOp op,
                            ReductionTilingStrategy strategy, const Tile &tile,
                            const Axes &tiled,
                            ArrayRef<OpFoldResult> tileNumbers) {
  Tile result = tile;
  for (int64_t axis : op.getReductionAxes()) {
    result.offsets[axis] = b.getIndexAttr(0);
    if (strategy == ReductionTilingStrategy::PartialReductionOuterParallel ||
        !tiled.contains(axis))
      result.sizes[axis] = b.getIndexAttr(1);
  }
  if (strategy == ReductionTilingStrategy::PartialReductionOuterParallel)
    for (auto [axis, number] : llvm::zip_equal(tiled, tileNumbers))
      result.offsets[axis] = number;
  return result;
}

static Value extractTile(OpBuilder &b, Location loc, Value value,
                         const Tile &tile) {
  Folds ones(tile.sizes.size(), b.getIndexAttr(1));
  return tensor::ExtractSliceOp::create(b, loc, value, tile.offsets, tile.sizes,
                                        ones);
}

/// lhs + rhs, element by element, written over rhs.
static Value createSum(OpBuilder &b, Location loc, Value lhs, Value rhs) {
  return linalg::AddOp::create(b, loc, ValueRange{lhs, rhs}, rhs).getResult(0);
}

/// The sums of `partials` over the axes `tiled`, which stay as size 1, in
/// `room`.
static linalg::GenericOp addUp(OpBuilder &b, Location loc, ValueRange partials,
                               const Axes &tiled, ValueRange room) {
  int64_t rank = cast<ShapedType>(partials.front().getType()).getRank();
  SmallVector<utils::IteratorType> iterators(rank,
                                             utils::IteratorType::parallel);
  SmallVector<AffineExpr> position;
  for (int64_t axis : llvm::seq(rank))
    position.push_back(b.getAffineDimExpr(axis));
  for (unsigned axis : tiled) {
    iterators[axis] = utils::IteratorType::reduction;
    position[axis] = b.getAffineConstantExpr(0);
  }
  AffineMap all = b.getMultiDimIdentityMap(rank);
  AffineMap sums = AffineMap::get(rank, 0, position, b.getContext());
  SmallVector<Value> zeros = createZeros(b, loc, room);
  return linalg::GenericOp::create(
      b, loc, room.getTypes(), partials, zeros,
      ArrayRef<AffineMap>{all, all, sums, sums}, iterators,
      [](OpBuilder &b, Location loc, ValueRange args) {
        Value sum = arith::AddFOp::create(b, loc, args[0], args[2]);
        Value count = arith::AddFOp::create(b, loc, args[1], args[3]);
        linalg::YieldOp::create(b, loc, ValueRange{sum, count});
      });
}

namespace {
struct MeanSquareModel
    : PartialReductionOpInterface::ExternalModel<MeanSquareModel,
                                                 MeanSquareOp> {
  FailureOr<SmallVector<Value>> generateInitialTensorForPartialReduction(
      Operation *op, OpBuilder &b, Location loc, ArrayRef<OpFoldResult> sizes,
      const Axes &tiled) const {
    auto mean = cast<MeanSquareOp>(op);
    if (isa<MemRefType>(mean.getX().getType()))
      return op->emitOpError()
             << "expected tensors for partial reduction, but got memrefs";
    return createZeros(b, loc,
                       createRoom(b, loc, partialSizes(b, mean, sizes, tiled),
                                  mean.getStatisticsType()));
  }

  FailureOr<TilingResult>
  tileToPartialReduction(Operation *op, OpBuilder &b, Location loc,
                         ReductionTilingStrategy strategy, ValueRange partials,
                         ArrayRef<OpFoldResult> offsets,
                         ArrayRef<OpFoldResult> sizes, const Axes &tiled,
                         ArrayRef<OpFoldResult> tileNumbers) const {
    auto mean = cast<MeanSquareOp>(op);
    Tile tile{Folds(offsets), Folds(sizes)};
    Tile position =
        findPartialTile(b, mean, strategy, tile, tiled, tileNumbers);
    bool isParallel =
        strategy == ReductionTilingStrategy::PartialReductionOuterParallel;
    // In a loop, the tiled axes are summed over after the last of the tiles.
    SmallVector<int64_t> axes;
    for (int64_t axis : mean.getReductionAxes())
      if (isParallel || !tiled.contains(axis))
        axes.push_back(axis);
    TilingResult result;
    auto slice = [&](Value value) -> Value {
      if (!value)
        return {};
      auto isValue = [&](OpOperand &operand) { return operand.get() == value; };
      OpOperand &operand = *llvm::find_if(op->getOpOperands(), isValue);
      return sliceOf(b, operand, tile, result.generatedSlices);
    };
    SmallVector<Value> inits;
    for (Value partial : partials)
      inits.push_back(extractTile(b, loc, partial, position));
    auto part = MeanSquareOp::create(
        b, loc, TypeRange(ValueRange(inits)), slice(mean.getX()),
        slice(mean.getResidual()), slice(mean.getMask()), inits[0], inits[1],
        axes, mean.getScheduleAttr());
    result.tiledOps.push_back(part);
    for (auto [value, init] : llvm::zip_equal(part.getResults(), inits))
      result.tiledValues.push_back(isParallel ? value
                                              : createSum(b, loc, value, init));
    return result;
  }

  FailureOr<MergeResult> mergeReductions(Operation *op, OpBuilder &b,
                                         Location loc, ValueRange partials,
                                         const Axes &tiled) const {
    auto mean = cast<MeanSquareOp>(op);
    linalg::GenericOp merged;
    if (mean.getCountOut()) {
      merged = addUp(b, loc, partials, tiled, mean.getDpsInits());
    } else {
      Folds sizes = tensor::getMixedSizes(b, loc, mean.getOut());
      SmallVector<Value> room =
          createRoom(b, loc, sizes, mean.getStatisticsType());
      linalg::GenericOp totals = addUp(b, loc, partials, tiled, room);
      merged = divide(b, mean, totals.getResults());
    }
    return MergeResult{{merged}, merged.getResults()};
  }

  LogicalResult getPartialResultTilePosition(
      Operation *op, OpBuilder &b, unsigned, ReductionTilingStrategy strategy,
      ArrayRef<OpFoldResult> offsets, ArrayRef<OpFoldResult> sizes,
      const Axes &tiled, ArrayRef<OpFoldResult> tileNumbers,
      Folds &resultOffsets, Folds &resultSizes) const {
    Tile position =
        findPartialTile(b, cast<MeanSquareOp>(op), strategy,
                        {Folds(offsets), Folds(sizes)}, tiled, tileNumbers);
    resultOffsets = std::move(position.offsets);
    resultSizes = std::move(position.sizes);
    return success();
  }
};

/// The other ops say what to do instead.
template <typename Op>
struct RefusingModel
    : PartialReductionOpInterface::ExternalModel<RefusingModel<Op>, Op> {
  FailureOr<SmallVector<Value>>
  generateInitialTensorForPartialReduction(Operation *op, OpBuilder &, Location,
                                           ArrayRef<OpFoldResult>,
                                           const Axes &) const {
    return op->emitOpError()
           << "expected rmsnorm.mean_square for partial reduction, but got "
           << op->getName()
           << (isa<RMSNormOp>(op) ? "; rmsnorm-split takes it apart" : "");
  }
};
} // namespace

void rmsnorm::registerPartialReductionOpInterface(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, RMSNormDialect *) {
    MeanSquareOp::attachInterface<MeanSquareModel>(*context);
    RMSNormOp::attachInterface<RefusingModel<RMSNormOp>>(*context);
    NormalizeOp::attachInterface<RefusingModel<NormalizeOp>>(*context);
  });
}
