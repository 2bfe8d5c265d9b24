//===- CInterface.cpp - Functions that C may call -------------------------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//   const char *f(struct f_results *results, const memref *x, float s, ...) {
//     if (!x) return "f: argument 0: expected a descriptor, but got null";
//     if (x->sizes[1] != 1000) return "f: argument 0: expected extent 1000
//     ...";
//     ...
//     _mlir_ciface_f(results, x, s, ...);
//     return NULL;
//   }
//
//===----------------------------------------------------------------------===//

#include "CodeGen.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/Module.h"

using namespace llvm;
using namespace rmsnorm;

namespace {
/// Writes the checks of the arguments of one function.
class Checker {
public:
  Checker(Function *function, StringRef name)
      : function(function), name(name),
        b(BasicBlock::Create(function->getContext(), "", function)) {}

  void checkMemRef(size_t index, const ValueInfo &info, Value *descriptor);
  void checkResults(Value *results) {
    prefix = (name + ": ").str();
    refuse(b.CreateIsNull(results), "expected room for results, but got null");
  }

  IRBuilder<> &getBuilder() { return b; }

private:
  /// Returns the message where `wrong` is true.
  void refuse(Value *wrong, const Twine &message);

  /// Word number `index` of a descriptor; all its fields have 64 bits.
  Value *load(Value *descriptor, int64_t index) {
    Value *address =
        b.CreateConstGEP1_64(b.getInt64Ty(), descriptor, uint64_t(index));
    return b.CreateLoad(b.getInt64Ty(), address);
  }

  void checkExtents(const ValueInfo &info);
  void checkStrides(const ValueInfo &info);
  void checkPointer(const ValueInfo &info, Value *descriptor);

  Function *function;
  StringRef name;
  IRBuilder<> b;
  /// Of the argument that is being checked.
  std::string prefix;
  SmallVector<Value *> extents, strides;
  Value *offset = nullptr, *elements = nullptr;
};
} // namespace

void Checker::refuse(Value *wrong, const Twine &message) {
  LLVMContext &context = function->getContext();
  BasicBlock *bad = BasicBlock::Create(context, "", function);
  BasicBlock *good = BasicBlock::Create(context, "", function);
  b.CreateCondBr(wrong, bad, good);
  b.SetInsertPoint(bad);
  b.CreateRet(b.CreateGlobalString((prefix + message).str()));
  b.SetInsertPoint(good);
}

/// Static extents as they are, others not negative, and a size below 2^63.
void Checker::checkExtents(const ValueInfo &info) {
  elements = b.getInt64(getByteSize(info.elementType));
  Value *overflow = b.getFalse();
  for (int64_t axis = 0; axis < info.getRank(); ++axis) {
    Value *extent = extents[axis];
    std::string on = " on axis " + std::to_string(axis);
    if (info.shape[axis] != ValueInfo::dynamic)
      refuse(b.CreateICmpNE(extent, b.getInt64(info.shape[axis])),
             "expected extent " + Twine(info.shape[axis]) + on +
                 ", but got another");
    else
      refuse(b.CreateICmpSLT(extent, b.getInt64(0)),
             "expected an extent that is not negative" + Twine(on));
    Value *product = b.CreateBinaryIntrinsic(Intrinsic::smul_with_overflow,
                                             elements, extent);
    overflow = b.CreateOr(overflow, b.CreateExtractValue(product, 1));
    elements = b.CreateExtractValue(product, 0);
  }
  refuse(overflow, "expected a size below 2^63 bytes");
}

/// The stride of an axis with at most one element means nothing.
void Checker::checkStrides(const ValueInfo &info) {
  Value *packed = b.getInt64(1);
  for (int64_t axis = info.getRank() - 1; axis >= 0; --axis) {
    Value *several = b.CreateICmpSGT(extents[axis], b.getInt64(1));
    Value *expected = nullptr;
    if (info.contiguous)
      expected = packed;
    else if (info.strides[axis] != ValueInfo::dynamic)
      expected = b.getInt64(info.strides[axis]);
    if (expected) {
      Value *differs = b.CreateICmpNE(strides[axis], expected);
      // An array without elements has no strides.
      Value *any = b.CreateICmpNE(elements, b.getInt64(0));
      refuse(b.CreateAnd(any, b.CreateAnd(several, differs)),
             "expected the stride of " + info.getTypeName() + " on axis " +
                 Twine(axis) + ", but got another");
    }
    packed = b.CreateMul(packed, extents[axis]);
  }
  if (info.offset != ValueInfo::dynamic)
    refuse(b.CreateICmpNE(offset, b.getInt64(info.offset)),
           "expected offset " + Twine(info.offset) + ", but got another");
}

void Checker::checkPointer(const ValueInfo &info, Value *descriptor) {
  Value *address = load(descriptor, 1);
  Value *any = b.CreateICmpNE(elements, b.getInt64(0));
  Value *null = b.CreateICmpEQ(address, b.getInt64(0));
  refuse(b.CreateAnd(any, null), "expected an address, but got null");
  bool isComplex = info.elementType == ElementType::C64 ||
                   info.elementType == ElementType::C128;
  int64_t alignment = getByteSize(info.elementType) / (isComplex ? 2 : 1);
  if (alignment == 1)
    return;
  Value *rest = b.CreateAnd(address, b.getInt64(alignment - 1));
  refuse(b.CreateICmpNE(rest, b.getInt64(0)),
         "expected an address that is a multiple of " + Twine(alignment));
}

void Checker::checkMemRef(size_t index, const ValueInfo &info,
                          Value *descriptor) {
  prefix = (name + ": argument " + Twine(index) + ": ").str();
  refuse(b.CreateIsNull(descriptor), "expected a descriptor, but got null");
  extents.clear();
  strides.clear();
  offset = load(descriptor, 2);
  for (int64_t axis = 0; axis < info.getRank(); ++axis) {
    extents.push_back(load(descriptor, 3 + axis));
    strides.push_back(load(descriptor, 3 + info.getRank() + axis));
  }
  checkExtents(info);
  checkStrides(info);
  checkPointer(info, descriptor);
}

Error rmsnorm::addCFunction(Module &module, const FunctionInfo &info) {
  Function *callee = module.getFunction("_mlir_ciface_" + info.name);
  Function *expanded = module.getFunction(info.name);
  if (!callee || !expanded)
    return createStringError("expected a C interface of function '" +
                             info.name + "' after the pipeline");
  // The name is for C; what MLIR made of the function is called by it only.
  for (Function *inner : {callee, expanded})
    inner->setLinkage(GlobalValue::InternalLinkage);
  expanded->setName(info.name + ".expanded");

  LLVMContext &context = module.getContext();
  SmallVector<Type *> types;
  bool returnsScalar = !callee->getReturnType()->isVoidTy();
  if (returnsScalar)
    types.push_back(PointerType::get(context, 0));
  append_range(types, callee->getFunctionType()->params());
  auto *type = FunctionType::get(PointerType::get(context, 0), types,
                                 /*isVarArg=*/false);
  auto *function =
      Function::Create(type, GlobalValue::ExternalLinkage, info.name, module);

  Checker checker(function, info.name);
  size_t first = info.results.empty() ? 0 : 1;
  if (first)
    checker.checkResults(function->getArg(0));
  for (auto [index, argument] : enumerate(info.arguments))
    if (argument.kind != ValueInfo::Kind::Scalar)
      checker.checkMemRef(index, argument, function->getArg(first + index));
  IRBuilder<> &b = checker.getBuilder();
  SmallVector<Value *> arguments;
  for (Argument &argument : drop_begin(function->args(), returnsScalar))
    arguments.push_back(&argument);
  Value *result = b.CreateCall(callee, arguments);
  if (returnsScalar)
    b.CreateStore(result, function->getArg(0));
  b.CreateRet(ConstantPointerNull::get(b.getPtrTy()));
  return Error::success();
}
