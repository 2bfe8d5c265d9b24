//===- KnownCalls.h - Calls like one that was checked before ----*- C++ -*-===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Programs call the same few norms over and over, on memory at other addresses.
// What does not depend on the addresses (that shapes go together, the normal
// form, the kernel) is kept for them; what does is looked at in every call.
//
//===----------------------------------------------------------------------===//

#ifndef RMSNORM_LIB_COMPILER_KNOWNCALLS_H
#define RMSNORM_LIB_COMPILER_KNOWNCALLS_H

#include "IndexSpace.h"

namespace rmsnorm {

/// The most words of a call's key and of its descriptors: enough for a few
/// dozen dimensions in all. Larger calls are not kept.
inline constexpr size_t mostCallWords = 64;

/// All of a call but addresses, in a form that compares fast.
class CallKey {
public:
  /// Keys of a call in a cache, whose `cache` is no other's. x is present; its
  /// rank is one that was checked, those of others may be anything.
  CallKey(uint64_t cache, const NormOptions &options, const NormAxes &axes,
          const Operands &operands);

  bool fits() const { return count <= mostCallWords; }
  size_t hash() const;
  bool operator==(const CallKey &other) const;

private:
  friend class KnownCall;
  /// No key: equal to none.
  CallKey() = default;

  /// Copies a key that fits, no more words than it has.
  void assign(const CallKey &other);
  void add(uint64_t word);
  void add(Operand operand, const TensorRef &tensor);

  size_t count;
  uint64_t sum;
  uint64_t words[mostCallWords];
};

/// A call that was found right.
class KnownCall {
public:
  /// The call like `key` that this thread made before; null where there was
  /// none, or where others have taken its place.
  static const KnownCall *lookup(const CallKey &key);

  /// Keeps a call for this thread. `space` is in its normal form. `kernel` is
  /// null where there is nothing to write, and lives as long as keys of its
  /// cache are looked up.
  static void remember(const CallKey &key, const CheckedOperands &operands,
                       const PerOperand<OperandSet> &replaceable,
                       const IndexSpace &space, const Kernel *kernel);

  /// Runs the norm on operands at other addresses. False, and nothing is done,
  /// where these ask for a closer look: null, out of alignment, or so near to
  /// each other that they may overlap.
  bool run(const Operands &operands) const;

private:
  /// What there is to know of an operand's memory without its address.
  struct Memory {
    Operand operand;
    bool isEmpty, isWritten;
    /// The operands whose memory it may be.
    OperandSet replaceable;
    /// Bits of the address that must be 0.
    uint64_t misalignment;
    /// From the address to the first byte and behind the last one.
    uint64_t begin, end;
    /// Where in `descriptors` its own begins.
    size_t descriptor;
  };

  CallKey key;
  size_t numMemories, numDescriptorWords;
  Executable::PackedFunction function;
  Memory memories[numOperands];
  int64_t descriptors[mostCallWords];
};

} // namespace rmsnorm

#endif // RMSNORM_LIB_COMPILER_KNOWNCALLS_H
