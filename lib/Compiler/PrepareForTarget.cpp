//===- PrepareForTarget.cpp - What code generators do better when told ----===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CodeGen.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/PatternMatch.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/Target/TargetMachine.h"

using namespace llvm;
using namespace rmsnorm;

static bool has(TargetMachine &machine, StringRef feature) {
  return machine.getMCSubtargetInfo()->checkFeatures(feature);
}

/// The vector of f16 that `value` has the bits of, as it is before it is
/// fenced.
static Instruction *findHalves(Value *value) {
  auto *made = dyn_cast<Instruction>(value);
  auto isMoved = [](Instruction *made) {
    auto *call = dyn_cast<IntrinsicInst>(made);
    return isa<BitCastInst>(made) ||
           (call && call->getIntrinsicID() == Intrinsic::arithmetic_fence);
  };
  while (made && isMoved(made))
    made = dyn_cast<Instruction>(made->getOperand(0));
  auto *type = made ? dyn_cast<VectorType>(made->getType()) : nullptr;
  return type && type->getElementType()->isHalfTy() ? made : nullptr;
}

/// Gives f16 that bypasses the caches to its stores as integers, from where it
/// is made on. Of such stores of vectors of f16, LLVM's code generator for X86
/// makes ordinary ones with AVX-512; of fenced ones too, so that they are taken
/// as they were before that.
static void storeHalvesAsIntegers(Module &module, TargetMachine &machine) {
  if (!has(machine, "+avx512f"))
    return;
  for (Function &function : module)
    for (Instruction &instruction : instructions(function)) {
      auto *store = dyn_cast<StoreInst>(&instruction);
      if (!store || !store->hasMetadata(LLVMContext::MD_nontemporal))
        continue;
      Instruction *halves = findHalves(store->getValueOperand());
      if (!halves)
        continue;
      auto *type = cast<VectorType>(halves->getType());
      IRBuilder<> b(&*halves->getInsertionPointAfterDef().value());
      store->setOperand(0,
                        b.CreateBitCast(halves, VectorType::getInteger(type)));
    }
}

/// Makes a mask that is added one that is added under. LLVM makes it the other
/// way round, and of that a vector of the mask's lanes, which it subtracts.
static void addUnderMasks(Module &module, TargetMachine &machine) {
  using namespace PatternMatch;
  if (!has(machine, "+avx512bw"))
    return;
  for (Function &function : module)
    for (Instruction &sum : make_early_inc_range(instructions(function))) {
      Value *value, *mask;
      if (!sum.getType()->isVectorTy() ||
          !match(&sum, m_c_Add(m_ZExt(m_Value(mask)), m_Value(value))) ||
          !mask->getType()->isIntOrIntVectorTy(1))
        continue;
      IRBuilder<> b(&sum);
      Value *next = b.CreateAdd(value, ConstantInt::get(value->getType(), 1));
      sum.replaceAllUsesWith(b.CreateSelect(mask, next, value));
      sum.eraseFromParent();
    }
}

/// Writes vectors that take several registers by one store for each, in the
/// order of memory. LLVM's code generator for X86 stores the parts of a vector
/// in an order of its own; where two are half a cache line, Intel's processors
/// write both at once, but only one after the other.
static void storePartsInOrder(Module &module, TargetMachine &machine) {
  if (!has(machine, "+avx"))
    return;
  uint64_t bytes = has(machine, "+avx512f") ? 64 : 32;
  for (Function &function : module)
    for (Instruction &instruction :
         make_early_inc_range(instructions(function))) {
      auto *store = dyn_cast<StoreInst>(&instruction);
      if (!store || !store->isSimple())
        continue;
      Value *vector = store->getValueOperand();
      auto *type = dyn_cast<FixedVectorType>(vector->getType());
      if (!type)
        continue;
      uint64_t total = type->getPrimitiveSizeInBits() / 8;
      if (total <= bytes || total % bytes != 0)
        continue;
      unsigned lanes = type->getNumElements() * bytes / total;
      IRBuilder<> b(store);
      for (unsigned part : seq<unsigned>(total / bytes)) {
        SmallVector<int> numbers =
            to_vector(seq<int>(part * lanes, (part + 1) * lanes));
        Value *place = b.CreateConstInBoundsGEP1_64(
            b.getInt8Ty(), store->getPointerOperand(), part * bytes);
        StoreInst *made = b.CreateAlignedStore(
            b.CreateShuffleVector(vector, numbers), place,
            commonAlignment(store->getAlign(), part * bytes));
        made->copyMetadata(*store);
      }
      store->eraseFromParent();
    }
}

void rmsnorm::prepareForTarget(Module &module, TargetMachine &machine) {
  storeHalvesAsIntegers(module, machine);
  addUnderMasks(module, machine);
  storePartsInOrder(module, machine);
}
