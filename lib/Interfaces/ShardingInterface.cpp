//===- ShardingInterface.cpp - Norms over a grid of devices ---------------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Shards of x along axes that are not reduced are norms by themselves. Along a
// reduced axis the devices exchange what the mean is made of:
//
//   sum, count = mean_square(shard)
//   sum, count = all_reduce(sum, count)       one collective
//   y          = normalize(shard, sum, count)
//
// which is exact for any mask. What cannot be said like that is refused.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Shard/Interfaces/ShardingInterface.h"
#include "OperandNames.h"
#include "Statistics.h"
#include "mlir/Dialect/Shard/IR/ShardOps.h"
#include "mlir/Dialect/Shard/Interfaces/ShardingInterfaceImpl.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
#include "rmsnorm/IR/Halves.h"
#include "rmsnorm/Interfaces/Interfaces.h"

using namespace mlir;
using namespace mlir::shard;
using namespace rmsnorm;

//===----------------------------------------------------------------------===//
// Loops: the axes of x, and one of a single step for each dimension of an
// operand that runs along none
//===----------------------------------------------------------------------===//

/// The loop that each dimension of `operand` runs along. A map to a constant 0
/// would say the same of a dimension of size 1, but is no projected
/// permutation, which the shard dialect asks of results.
static SmallVector<int64_t> loopsOf(OpOperand &operand) {
  auto op = cast<NormOpInterface>(operand.getOwner());
  int64_t next = op.getX().getType().getRank();
  SmallVector<int64_t> loops = op.getOperandAxes(operand);
  for (int64_t &loop : loops)
    if (loop < 0)
      loop = next++;
  return loops;
}

static int64_t countLoops(NormOpInterface op) {
  int64_t count = op.getX().getType().getRank();
  for (OpOperand &operand : op->getOpOperands())
    for (int64_t loop : loopsOf(operand))
      count = std::max(count, loop + 1);
  return count;
}

/// Operands and results: each result lies as its destination does.
static SmallVector<OpOperand *> tensorsOf(Operation *op) {
  SmallVector<OpOperand *> tensors;
  for (OpOperand &operand : op->getOpOperands())
    tensors.push_back(&operand);
  auto norm = cast<DestinationStyleOpInterface>(op);
  for (OpResult result : op->getResults())
    tensors.push_back(norm.getTiedOpOperand(result));
  return tensors;
}

/// Whether the shards on `axis` need each other. Those of a normalisation have
/// the statistic of all of them.
static bool isReduced(NormOpInterface op, int64_t axis) {
  return !isa<NormalizeOp>(op.getOperation()) &&
         llvm::is_contained(op.getReductionAxes(), axis);
}

//===----------------------------------------------------------------------===//
// What the shardings say of the axes of x
//===----------------------------------------------------------------------===//

namespace {
struct Shards {
  FlatSymbolRefAttr grid;
  /// The grid axes that each axis of x is split over.
  SmallVector<SmallVector<GridAxis>> axes;
};
} // namespace

static ArrayRef<GridAxis> splitOf(const Sharding &sharding, size_t dim) {
  ArrayRef<GridAxesAttr> axes = sharding.getSplitAxes();
  return dim < axes.size() ? axes[dim].asArrayRef() : ArrayRef<GridAxis>();
}

static bool isEven(const Sharding &sharding) {
  return sharding.getStaticHaloSizes().empty() &&
         sharding.getDynamicHaloSizes().empty() &&
         sharding.getStaticShardedDimsOffsets().empty() &&
         sharding.getDynamicShardedDimsOffsets().empty();
}

static std::string textOf(ArrayRef<GridAxis> axes) {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << '[';
  llvm::interleaveComma(axes, os);
  os << ']';
  return text;
}

/// `operand`, or the result tied to it, is split as x is where it runs along an
/// axis of x, and not at all where it has a size of 1 of its own.
static LogicalResult checkSplit(OpOperand &operand, const Sharding &sharding,
                                const Shards &shards, GridOp grid) {
  auto op = cast<NormOpInterface>(operand.getOwner());
  auto type = cast<ShapedType>(operand.get().getType());
  for (auto [dim, axis] : llvm::enumerate(op.getOperandAxes(operand))) {
    ArrayRef<GridAxis> split = splitOf(sharding, dim);
    ArrayRef<GridAxis> expected =
        axis < 0 ? ArrayRef<GridAxis>() : ArrayRef(shards.axes[axis]);
    if (split != expected) {
      InFlightDiagnostic diagnostic =
          op->emitOpError()
          << "expected dimension " << dim << " of " << nameOf(operand)
          << " to be split over grid axes " << textOf(expected) << ", as ";
      if (axis < 0)
        diagnostic << "it has size 1";
      else
        diagnostic << "axis " << axis << " of x is";
      return diagnostic << ", but got " << textOf(split);
    }
    // Upstream cuts off what is left of a dimension.
    int64_t count = collectiveProcessGroupSize(split, grid);
    int64_t size = type.getDimSize(dim);
    if (!ShapedType::isDynamic(size) && !ShapedType::isDynamic(count) &&
        size % count != 0)
      return op->emitOpError()
             << "expected dimension " << dim << " of " << nameOf(operand)
             << " to be a multiple of " << count
             << ", the number of its shards, but got " << size;
  }
  return success();
}

/// How x is split, if all operands and results go with that. Those of rank 0
/// have no sharding.
static FailureOr<Shards> findShards(NormOpInterface op,
                                    ArrayRef<Sharding> shardings,
                                    SymbolTableCollection &symbols) {
  Shards shards{shardings.front().getGridAttr(), {}};
  for (int64_t axis : llvm::seq(op.getX().getType().getRank()))
    shards.axes.emplace_back(splitOf(shardings.front(), axis));
  GridOp grid = getGrid(op, shards.grid, symbols);
  for (auto [tensor, sharding] : llvm::zip_equal(tensorsOf(op), shardings)) {
    if (!sharding)
      continue;
    if (sharding.getGridAttr() != shards.grid)
      return op->emitOpError()
             << "expected " << nameOf(*tensor) << " on grid " << shards.grid
             << ", as x is, but got " << sharding.getGridAttr();
    if (!isEven(sharding))
      return op->emitOpError()
             << "expected shards of one size for " << nameOf(*tensor)
             << ", but got halo sizes or offsets";
    if (failed(checkSplit(*tensor, sharding, shards, grid)))
      return failure();
  }
  return shards;
}

/// What a norm says that its shards could not.
static LogicalResult checkCanShard(NormOpInterface op, const Shards &shards) {
  auto norm = dyn_cast<RMSNormOp>(op.getOperation());
  if (!norm)
    return success();
  auto isSplit = [](ArrayRef<GridAxis> axes) { return !axes.empty(); };
  // The group says where the other parts of x are; split further, they would be
  // elsewhere.
  if (norm.getDeviceGroup() && llvm::any_of(shards.axes, isSplit))
    return op->emitOpError() << "expected a norm without device_group to "
                                "shard, but got one with it";
  for (int64_t axis : op.getReductionAxes())
    if (isSplit(shards.axes[axis]))
      return checkHasHalves(norm, "shard along a reduced axis");
  return success();
}

//===----------------------------------------------------------------------===//
// Sums over the shards
//===----------------------------------------------------------------------===//

/// `values`, which are of one type, summed over the devices along `axes` of the
/// grid by one collective.
static SmallVector<Value> allReduce(ImplicitLocOpBuilder &b, ValueRange values,
                                    StringRef grid, ArrayRef<GridAxis> axes) {
  if (values.size() == 1)
    return {AllReduceOp::create(b, values[0], grid, axes, ReductionKind::Sum)};
  auto type = cast<RankedTensorType>(values[0].getType());
  SmallVector<OpFoldResult> sizes =
      tensor::getMixedSizes(b, b.getLoc(), values[0]);
  SmallVector<OpFoldResult> slice(sizes),
      offsets(sizes.size() + 1, b.getIndexAttr(0));
  SmallVector<OpFoldResult> ones(sizes.size() + 1, b.getIndexAttr(1));
  sizes.insert(sizes.begin(), b.getIndexAttr(values.size()));
  slice.insert(slice.begin(), b.getIndexAttr(1));
  Value all = tensor::EmptyOp::create(b, sizes, type.getElementType());
  for (auto [index, value] : llvm::enumerate(values)) {
    offsets[0] = b.getIndexAttr(index);
    all = tensor::InsertSliceOp::create(b, value, all, offsets, slice, ones);
  }
  all = AllReduceOp::create(b, all, grid, axes, ReductionKind::Sum);
  SmallVector<Value> sums;
  for (int64_t index : llvm::seq<int64_t>(values.size())) {
    offsets[0] = b.getIndexAttr(index);
    sums.push_back(
        tensor::ExtractSliceOp::create(b, type, all, offsets, slice, ones));
  }
  return sums;
}

/// The number of positions that a mean of `op`, the whole norm, is over, where
/// its types say it.
static std::optional<int64_t> countPositions(NormOpInterface op, Value mask) {
  int64_t count = 1;
  for (int64_t axis : op.getReductionAxes()) {
    int64_t extent = op.getX().getType().getDimSize(axis);
    if (mask || ShapedType::isDynamic(extent))
      return std::nullopt;
    count *= extent;
  }
  return count;
}

/// The sum of squares over all shards and the number of its terms, of `shard`,
/// which gives those of one. A number that is `known` is not exchanged.
static SmallVector<Value> sumOverShards(ImplicitLocOpBuilder &b,
                                        MeanSquareOp shard,
                                        const Shards &shards,
                                        std::optional<int64_t> known) {
  SmallVector<GridAxis> axes;
  for (int64_t axis : shard.getReductionAxes())
    llvm::append_range(axes, shards.axes[axis]);
  ValueRange results = shard.getResults();
  StringRef grid = shards.grid.getValue();
  if (!known)
    return allReduce(b, results, grid, axes);
  SmallVector<Value> sums = allReduce(b, results.take_front(), grid, axes);
  Value count = createFilled(b, b.getLoc(), shard.getCountOut(),
                             static_cast<double>(*known));
  return {sums.front(), count};
}

//===----------------------------------------------------------------------===//
// Shards whose statistic is that of all. Each is built after the norm of one
// shard, `shard`, which is gone where it is replaced.
//===----------------------------------------------------------------------===//

static SmallVector<Value> combine(ImplicitLocOpBuilder &b, RMSNormOp whole,
                                  RMSNormOp shard, const Shards &shards) {
  Value room = createStatisticRoom(b, shard);
  Value countRoom = createStatisticRoom(b, shard);
  MeanSquareOp first = createMeanSquare(b, shard, room, countRoom);
  SmallVector<Value> totals =
      sumOverShards(b, first, shards, countPositions(whole, whole.getMask()));
  NormalizeOp second = createNormalize(b, shard, totals[0], totals[1]);
  shard.erase();
  return llvm::to_vector_of<Value>(second.getResults());
}

static SmallVector<Value> combine(ImplicitLocOpBuilder &b, MeanSquareOp whole,
                                  MeanSquareOp shard, const Shards &shards) {
  std::optional<int64_t> known = countPositions(whole, whole.getMask());
  if (shard.getCountOut())
    return sumOverShards(b, shard, shards, known);
  Value out = shard.getOut();
  SmallVector<Value> room =
      createRoom(b, b.getLoc(), tensor::getMixedSizes(b, b.getLoc(), out),
                 shard.getStatisticsType());
  auto sum = MeanSquareOp::create(b, TypeRange(ValueRange(room)), shard.getX(),
                                  shard.getResidual(), shard.getMask(), room[0],
                                  room[1], shard.getReductionAxes(),
                                  shard.getScheduleAttr());
  Value mean =
      divide(b, shard, sumOverShards(b, sum, shards, known)).getResult(0);
  shard.erase();
  return {mean};
}

static SmallVector<Value> combine(ImplicitLocOpBuilder &, NormalizeOp,
                                  NormalizeOp, const Shards &) {
  llvm_unreachable("no axis of a normalisation is reduced");
}

namespace {
template <typename Op>
struct ShardingModel : ShardingInterface::ExternalModel<ShardingModel<Op>, Op> {
  SmallVector<utils::IteratorType> getLoopIteratorTypes(Operation *op) const {
    auto norm = cast<NormOpInterface>(op);
    return llvm::map_to_vector(llvm::seq(countLoops(norm)), [&](int64_t loop) {
      return isReduced(norm, loop) ? utils::IteratorType::reduction
                                   : utils::IteratorType::parallel;
    });
  }

  SmallVector<ReductionKind>
  getReductionLoopIteratorKinds(Operation *op) const {
    // Of a whole norm, more than a sum goes along a row.
    ReductionKind kind =
        isa<MeanSquareOp>(op) ? ReductionKind::Sum : ReductionKind::Generic;
    size_t count =
        llvm::count(getLoopIteratorTypes(op), utils::IteratorType::reduction);
    return SmallVector<ReductionKind>(count, kind);
  }

  SmallVector<AffineMap> getIndexingMaps(Operation *op) const {
    MLIRContext *context = op->getContext();
    int64_t count = countLoops(cast<NormOpInterface>(op));
    return llvm::map_to_vector(tensorsOf(op), [&](OpOperand *tensor) {
      SmallVector<AffineExpr> position;
      for (int64_t loop : loopsOf(*tensor))
        position.push_back(getAffineDimExpr(loop, context));
      return AffineMap::get(count, 0, position, context);
    });
  }

  FailureOr<ShardingOption>
  getShardingOption(Operation *op, ArrayRef<Sharding> operandShardings,
                    ArrayRef<Sharding> resultShardings) const {
    // What is in memory has no sharding.
    if (op->getNumResults() == 0)
      return ShardingOption::makeEmpty();
    return shard::detail::defaultGetShardingOption(op, operandShardings,
                                                   resultShardings);
  }

  LogicalResult partition(Operation *op, ArrayRef<Value> operands,
                          ArrayRef<Sharding> operandShardings,
                          ArrayRef<Sharding> resultShardings, IRMapping &map,
                          SymbolTableCollection &symbols,
                          OpBuilder &builder) const {
    if (op->getNumResults() == 0) {
      builder.clone(*op, map);
      return success();
    }
    auto whole = cast<Op>(op);
    std::vector<Sharding> shardings(operandShardings);
    llvm::append_range(shardings, resultShardings);
    FailureOr<Shards> shards = findShards(whole, shardings, symbols);
    if (failed(shards) || failed(checkCanShard(whole, *shards)))
      return failure();
    partitionTriviallyShardableOperation(*op, operands, operandShardings,
                                         resultShardings, map, symbols,
                                         builder);
    auto needsOthers = [&](int64_t axis) {
      return isReduced(whole, axis) && !shards->axes[axis].empty();
    };
    if (llvm::none_of(llvm::seq(whole.getRank()), needsOthers))
      return success();
    auto shard = cast<Op>(map.lookup(op->getResult(0)).getDefiningOp());
    ImplicitLocOpBuilder b(op->getLoc(), builder);
    map.map(op->getResults(), combine(b, whole, shard, *shards));
    return success();
  }
};
} // namespace

void rmsnorm::registerShardingInterface(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, RMSNormDialect *) {
    RMSNormOp::attachInterface<ShardingModel<RMSNormOp>>(*context);
    MeanSquareOp::attachInterface<ShardingModel<MeanSquareOp>>(*context);
    NormalizeOp::attachInterface<ShardingModel<NormalizeOp>>(*context);
  });
}
