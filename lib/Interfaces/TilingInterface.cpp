//===- TilingInterface.cpp - Norms by tiles, fused either way -------------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// A norm runs over the index space of x. A tile of it is a norm by itself as
// long as each reduced axis is in it whole: a mean over a part of a row is not
// that of the row. A part is therefore refused, be it asked for directly or by
// the tile of an operand or of a result.
//
//===----------------------------------------------------------------------===//

#include "Tiles.h"
#include "rmsnorm/Interfaces/Interfaces.h"

using namespace mlir;
using namespace rmsnorm;

using Folds = SmallVector<OpFoldResult>;

/// Whether the part on one tile of `axis` needs the rest of the axis. A
/// normalisation by a given statistic does only for `rstd_out`, which all
/// tiles would write.
static bool isReduced(NormOpInterface op, int64_t axis) {
  if (auto normalize = dyn_cast<NormalizeOp>(op.getOperation()))
    if (!normalize.getRstdOut())
      return false;
  return llvm::is_contained(op.getReductionAxes(), axis);
}

/// The first reduced axis that `sizes` has a part of.
static std::optional<int64_t> findSplitAxis(NormOpInterface op,
                                            ArrayRef<OpFoldResult> sizes) {
  for (int64_t axis : llvm::seq<int64_t>(sizes.size()))
    if (isReduced(op, axis) && !isWholeAxis(op, axis, sizes[axis]))
      return axis;
  return std::nullopt;
}

namespace {
/// A part of an operand or of a result.
struct OperandTile {
  OpOperand *operand;
  ArrayRef<OpFoldResult> offsets, sizes;
};
} // namespace

/// The offset and size that `tiles` ask for on each axis of x, null where they
/// ask for none. Fails where two of them disagree, or where one has a part of a
/// reduced axis. Creates no IR.
static FailureOr<Tile> findTile(NormOpInterface op,
                                ArrayRef<OperandTile> tiles) {
  int64_t rank = op.getX().getType().getRank();
  Tile result{Folds(rank), Folds(rank)};
  for (const OperandTile &tile : tiles)
    for (auto [dim, axis] : llvm::enumerate(op.getOperandAxes(*tile.operand))) {
      if (axis < 0)
        continue;
      if (!result.sizes[axis]) {
        result.offsets[axis] = tile.offsets[dim];
        result.sizes[axis] = tile.sizes[dim];
        continue;
      }
      if (!isEqualConstantIntOrValue(result.offsets[axis], tile.offsets[dim]) ||
          !isEqualConstantIntOrValue(result.sizes[axis], tile.sizes[dim]))
        return failure();
    }
  for (int64_t axis : llvm::seq(rank))
    if (result.sizes[axis] && isReduced(op, axis) &&
        !isWholeAxis(op, axis, result.sizes[axis]))
      return failure();
  return result;
}

/// `tile` with the whole of the axes that nothing was asked for on.
static void addWholeAxes(OpBuilder &builder, NormOpInterface op, Tile &tile) {
  Folds extents = extentsOf(builder, op);
  for (int64_t axis : llvm::seq<int64_t>(extents.size()))
    if (!tile.sizes[axis]) {
      tile.offsets[axis] = builder.getIndexAttr(0);
      tile.sizes[axis] = extents[axis];
    }
}

static SmallVector<OperandTile> operandTiles(Operation *op,
                                             ArrayRef<unsigned> numbers,
                                             ArrayRef<Folds> offsets,
                                             ArrayRef<Folds> sizes) {
  SmallVector<OperandTile> tiles;
  for (auto [number, offset, size] : llvm::zip_equal(numbers, offsets, sizes))
    tiles.push_back({&op->getOpOperand(number), offset, size});
  return tiles;
}

static OperandTile resultTile(Operation *op, unsigned number,
                              ArrayRef<OpFoldResult> offsets,
                              ArrayRef<OpFoldResult> sizes) {
  auto norm = cast<DestinationStyleOpInterface>(op);
  return {norm.getDpsInitOperand(number), offsets, sizes};
}

namespace {
template <typename Op>
struct TilingModel : TilingInterface::ExternalModel<TilingModel<Op>, Op> {
  SmallVector<utils::IteratorType> getLoopIteratorTypes(Operation *op) const {
    auto norm = cast<NormOpInterface>(op);
    return llvm::map_to_vector(
        llvm::seq(norm.getX().getType().getRank()), [&](int64_t axis) {
          return isReduced(norm, axis) ? utils::IteratorType::reduction
                                       : utils::IteratorType::parallel;
        });
  }

  SmallVector<Range> getIterationDomain(Operation *op, OpBuilder &b) const {
    SmallVector<Range> domain;
    for (OpFoldResult extent : extentsOf(b, cast<NormOpInterface>(op)))
      domain.push_back({b.getIndexAttr(0), extent, b.getIndexAttr(1)});
    return domain;
  }

  FailureOr<TilingResult>
  getTiledImplementation(Operation *op, OpBuilder &b,
                         ArrayRef<OpFoldResult> offsets,
                         ArrayRef<OpFoldResult> sizes) const {
    auto norm = cast<NormOpInterface>(op);
    if (std::optional<int64_t> axis = findSplitAxis(norm, sizes))
      return op->emitOpError()
             << "expected tiles with the whole of reduced axis " << *axis
             << ", but got a part of it; use partial reduction";
    Tile tile{Folds(offsets), Folds(sizes)};
    for (int64_t axis : llvm::seq<int64_t>(sizes.size()))
      if (isReduced(norm, axis))
        tile.offsets[axis] = b.getIndexAttr(0);
    TilingResult result;
    OperationState state(op->getLoc(), op->getName());
    for (OpOperand &operand : op->getOpOperands())
      state.addOperands(sliceOf(b, operand, tile, result.generatedSlices));
    if (op->getNumResults())
      state.addTypes(
          TypeRange(ValueRange(state.operands).take_back(op->getNumResults())));
    state.addAttributes(op->getAttrs());
    Operation *tiled = b.create(state);
    result.tiledOps.push_back(tiled);
    llvm::append_range(result.tiledValues, tiled->getResults());
    return result;
  }

  LogicalResult getResultTilePosition(Operation *op, OpBuilder &b,
                                      unsigned number,
                                      ArrayRef<OpFoldResult> offsets,
                                      ArrayRef<OpFoldResult> sizes,
                                      Folds &resultOffsets,
                                      Folds &resultSizes) const {
    OpOperand *init =
        cast<DestinationStyleOpInterface>(op).getDpsInitOperand(number);
    Tile tile = tileOfOperand(b, *init, {Folds(offsets), Folds(sizes)});
    resultOffsets = std::move(tile.offsets);
    resultSizes = std::move(tile.sizes);
    return success();
  }

  LogicalResult getIterationDomainTileFromResultTile(
      Operation *op, OpBuilder &b, unsigned number,
      ArrayRef<OpFoldResult> offsets, ArrayRef<OpFoldResult> sizes,
      SmallVectorImpl<OpFoldResult> &domainOffsets,
      SmallVectorImpl<OpFoldResult> &domainSizes) const {
    auto norm = cast<NormOpInterface>(op);
    FailureOr<Tile> tile =
        findTile(norm, resultTile(op, number, offsets, sizes));
    if (failed(tile))
      return failure();
    addWholeAxes(b, norm, *tile);
    domainOffsets.assign(tile->offsets);
    domainSizes.assign(tile->sizes);
    return success();
  }

  FailureOr<TilingResult>
  generateResultTileValue(Operation *op, OpBuilder &b, unsigned number,
                          ArrayRef<OpFoldResult> offsets,
                          ArrayRef<OpFoldResult> sizes) const {
    Folds domainOffsets, domainSizes;
    if (failed(getIterationDomainTileFromResultTile(
            op, b, number, offsets, sizes, domainOffsets, domainSizes)))
      return failure();
    FailureOr<TilingResult> tiled =
        getTiledImplementation(op, b, domainOffsets, domainSizes);
    if (failed(tiled))
      return failure();
    tiled->tiledValues = {tiled->tiledValues[number]};
    return tiled;
  }

  LogicalResult getIterationDomainTileFromOperandTiles(
      Operation *op, OpBuilder &b, ArrayRef<unsigned> numbers,
      ArrayRef<Folds> offsets, ArrayRef<Folds> sizes,
      SmallVectorImpl<OpFoldResult> &domainOffsets,
      SmallVectorImpl<OpFoldResult> &domainSizes) const {
    auto norm = cast<NormOpInterface>(op);
    FailureOr<Tile> tile =
        findTile(norm, operandTiles(op, numbers, offsets, sizes));
    if (failed(tile))
      return failure();
    addWholeAxes(b, norm, *tile);
    domainOffsets.assign(tile->offsets);
    domainSizes.assign(tile->sizes);
    return success();
  }

  FailureOr<TilingResult> getTiledImplementationFromOperandTiles(
      Operation *op, OpBuilder &b, ArrayRef<unsigned> numbers,
      ArrayRef<Folds> offsets, ArrayRef<Folds> sizes) const {
    Folds domainOffsets, domainSizes;
    if (failed(getIterationDomainTileFromOperandTiles(
            op, b, numbers, offsets, sizes, domainOffsets, domainSizes)))
      return failure();
    return getTiledImplementation(op, b, domainOffsets, domainSizes);
  }

  bool isOpFusableWithConsumerSlice(Operation *op, unsigned number,
                                    ArrayRef<OpFoldResult> offsets,
                                    ArrayRef<OpFoldResult> sizes) const {
    return succeeded(findTile(cast<NormOpInterface>(op),
                              resultTile(op, number, offsets, sizes)));
  }

  bool isOpFusableWithProducerSlices(Operation *op, ArrayRef<unsigned> numbers,
                                     ArrayRef<Folds> offsets,
                                     ArrayRef<Folds> sizes) const {
    return succeeded(findTile(cast<NormOpInterface>(op),
                              operandTiles(op, numbers, offsets, sizes)));
  }
};
} // namespace

void rmsnorm::registerTilingInterface(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, RMSNormDialect *) {
    RMSNormOp::attachInterface<TilingModel<RMSNormOp>>(*context);
    MeanSquareOp::attachInterface<TilingModel<MeanSquareOp>>(*context);
    NormalizeOp::attachInterface<TilingModel<NormalizeOp>>(*context);
  });
}
