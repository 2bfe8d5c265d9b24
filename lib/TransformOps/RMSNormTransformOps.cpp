//===- RMSNormTransformOps.cpp - Transform ops for norms ------------------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "rmsnorm/TransformOps/RMSNormTransformOps.h"
#include "mlir/Dialect/SCF/Transforms/TileUsingInterface.h"
#include "mlir/Interfaces/TilingInterface.h"

using namespace mlir;
using namespace rmsnorm;

//===----------------------------------------------------------------------===//
// set_schedule
//===----------------------------------------------------------------------===//

void SetScheduleOp::getEffects(
    SmallVectorImpl<MemoryEffects::EffectInstance> &effects) {
  transform::onlyReadsHandle(getTargetMutable(), effects);
  transform::modifiesPayload(effects);
}

DiagnosedSilenceableFailure
SetScheduleOp::applyToOne(transform::TransformRewriter &rewriter,
                          Operation *target, transform::ApplyToEachResultList &,
                          transform::TransformState &) {
  if (!isa<NormOpInterface>(target)) {
    DiagnosedSilenceableFailure failure = emitSilenceableError()
                                          << "expected a norm, but got "
                                          << target->getName();
    failure.attachNote(target->getLoc()) << "the op";
    return failure;
  }
  rewriter.modifyOpInPlace(target,
                           [&] { target->setAttr("schedule", getSchedule()); });
  return DiagnosedSilenceableFailure::success();
}

//===----------------------------------------------------------------------===//
// fuse_consumer
//===----------------------------------------------------------------------===//

DiagnosedSilenceableFailure
FuseConsumerOp::apply(transform::TransformRewriter &rewriter,
                      transform::TransformResults &results,
                      transform::TransformState &state) {
  auto consumers = llvm::to_vector(state.getPayloadOps(getConsumer()));
  auto loops = llvm::to_vector(state.getPayloadOps(getLoop()));
  if (consumers.size() != 1 || loops.size() != 1)
    return emitDefiniteFailure()
           << "expected one consumer and one loop, but got " << consumers.size()
           << " and " << loops.size();
  auto loop = dyn_cast<LoopLikeOpInterface>(loops.front());
  if (!loop || !isa<TilingInterface>(consumers.front()))
    return emitSilenceableError()
           << "expected a loop and an op that can be tiled, but got "
           << loops.front()->getName() << " and "
           << consumers.front()->getName();
  FailureOr<scf::SCFFuseConsumerOfSliceResult> fused =
      scf::tileAndFuseConsumer(rewriter, consumers.front(), loop);
  if (failed(fused)) {
    DiagnosedSilenceableFailure failure =
        emitSilenceableError()
        << "expected a consumer whose tiles the loop gives whole, but got one "
           "that cannot be fused";
    failure.attachNote(consumers.front()->getLoc()) << "the consumer";
    return failure;
  }
  if (isOpTriviallyDead(consumers.front()))
    rewriter.eraseOp(consumers.front());
  Operation *inLoop = fused->tiledAndFusedConsumerOperands.front()->getOwner();
  results.set(cast<OpResult>(getFused()), {inLoop});
  results.set(cast<OpResult>(getNewLoop()), {loop.getOperation()});
  return DiagnosedSilenceableFailure::success();
}

//===----------------------------------------------------------------------===//
// The extension
//===----------------------------------------------------------------------===//

#define GET_OP_CLASSES
#include "rmsnorm/TransformOps/RMSNormTransformOps.cpp.inc"

namespace {
class Extension : public transform::TransformDialectExtension<Extension> {
public:
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(Extension)
  using Base::Base;

  void init() {
    declareDependentDialect<RMSNormDialect>();
    registerTransformOps<
#define GET_OP_LIST
#include "rmsnorm/TransformOps/RMSNormTransformOps.cpp.inc"
        >();
  }
};
} // namespace

void rmsnorm::registerTransformDialectExtension(DialectRegistry &registry) {
  registry.addExtensions<Extension>();
}
