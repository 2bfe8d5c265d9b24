//===- KnownCalls.cpp - Calls like one that was checked before ------------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KnownCalls.h"
#include "NormalForm.h"
#include "Overlap.h"
#include "llvm/ADT/bit.h"
#include <type_traits>

using namespace rmsnorm;
using llvm::ArrayRef;

//===----------------------------------------------------------------------===//
// Keys
//===----------------------------------------------------------------------===//

void CallKey::add(uint64_t word) {
  if (count < mostCallWords)
    words[count] = word;
  ++count;
  sum = llvm::rotl(sum, 5) ^ word;
}

/// The first word says how many there are, so that keys which differ in what
/// their words mean differ in one of them.
void CallKey::add(Operand operand, const TensorRef &tensor) {
  size_t rank = tensor.shape.size();
  add(uint64_t(operand) | uint64_t(tensor.type) << 8 |
      uint64_t(tensor.strides != nullptr) << 16 | uint64_t(rank) << 24);
  if (rank > size_t(maxRank)) {
    count = mostCallWords + 1;
    return;
  }
  for (int64_t extent : tensor.shape)
    add(uint64_t(extent));
  if (tensor.strides)
    for (int64_t stride : ArrayRef(tensor.strides, rank))
      add(uint64_t(stride));
}

CallKey::CallKey(uint64_t cache, const NormOptions &options,
                 const NormAxes &axes, const Operands &operands)
    : count(0), sum(0) {
  add(cache);
  add(llvm::bit_cast<uint64_t>(options.epsilon));
  add(llvm::bit_cast<uint64_t>(options.scaleOffset));
  add(uint64_t(options.castThenScale) | uint64_t(options.stable) << 1 |
      (options.statsType ? uint64_t(*options.statsType) + 1 : 0) << 8);
  add(uint64_t(axes.reduced) << 32 | axes.features);
  for (Operand operand : allOperands)
    if (const TensorRef *tensor = operands[operand])
      add(operand, *tensor);
}

size_t CallKey::hash() const { return sum * 0x9e3779b97f4a7c15 >> 32; }

void CallKey::assign(const CallKey &other) {
  count = other.count;
  sum = other.sum;
  std::copy(other.words, other.words + count, words);
}

bool CallKey::operator==(const CallKey &other) const {
  return count == other.count && std::equal(words, words + count, other.words);
}

//===----------------------------------------------------------------------===//
// Calls
//===----------------------------------------------------------------------===//

bool KnownCall::run(const Operands &operands) const {
  uint64_t addresses[numOperands], begins[numOperands], ends[numOperands];
  for (size_t i = 0; i < numMemories; ++i) {
    const Memory &memory = memories[i];
    uint64_t address =
        reinterpret_cast<uintptr_t>(operands[memory.operand]->data);
    addresses[i] = address;
    begins[i] = memory.isEmpty ? 0 : address + memory.begin;
    ends[i] = memory.isEmpty ? 0 : address + memory.end;
    if (!memory.isEmpty && (address == 0 || (address & memory.misalignment) ||
                            begins[i] > address || ends[i] < address))
      return false;
    for (size_t other = 0; memory.isWritten && other < i; ++other)
      if (begins[i] < ends[other] && begins[other] < ends[i] &&
          !(contains(memory.replaceable, memories[other].operand) &&
            addresses[other] == address))
        return false;
  }
  if (!function)
    return true;
  int64_t words[mostCallWords];
  void *pointers[numOperands];
  std::copy(descriptors, descriptors + numDescriptorWords, words);
  for (size_t i = 0; i < numMemories; ++i) {
    int64_t *descriptor = words + memories[i].descriptor;
    descriptor[0] = descriptor[1] = int64_t(addresses[i]);
    pointers[i] = descriptor;
  }
  function(pointers);
  return true;
}

//===----------------------------------------------------------------------===//
// Each thread's calls
//===----------------------------------------------------------------------===//

/// A model has a handful of norms, at a time in one or two numbers of rows.
static constexpr size_t numPlaces = 16;

/// Calls may be made when other thread-local variables are gone already, so
/// these are never destroyed. All zero, their keys are no keys.
static KnownCall &getPlace(const CallKey &key) {
  static_assert(std::is_trivial_v<KnownCall>);
  static thread_local KnownCall calls[numPlaces] = {};
  return calls[key.hash() % numPlaces];
}

const KnownCall *KnownCall::lookup(const CallKey &key) {
  const KnownCall &call = getPlace(key);
  return call.key == key ? &call : nullptr;
}

void KnownCall::remember(const CallKey &key, const CheckedOperands &operands,
                         const PerOperand<OperandSet> &replaceable,
                         const IndexSpace &space, const Kernel *kernel) {
  Arguments arguments;
  arguments.add(space);
  ArrayRef<int64_t> words = arguments.getWords();
  if (!key.fits() || words.size() > mostCallWords)
    return;
  KnownCall &call = getPlace(key);
  call.key.assign(key);
  call.function = kernel ? kernel->getFunction() : nullptr;
  call.numDescriptorWords = words.size();
  std::copy(words.begin(), words.end(), call.descriptors);
  call.numMemories = 0;
  for (Operand operand : allOperands) {
    const CheckedTensor &checked = operands[operand];
    if (!checked.tensor)
      continue;
    uint64_t address = reinterpret_cast<uintptr_t>(checked.tensor->data);
    call.memories[call.numMemories] = {
        operand,
        checked.isEmpty(),
        isWritten(operand),
        replaceable[operand],
        uint64_t(getAlignment(checked.tensor->type) - 1),
        checked.begin - address,
        checked.end - address,
        arguments.getStart(call.numMemories)};
    ++call.numMemories;
  }
}
