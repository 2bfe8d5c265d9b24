//===- CodeGen.cpp - From the LLVM dialect to object code -----------------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CodeGen.h"
#include "llvm/Analysis/TargetTransformInfo.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/OptBisect.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/Transforms/InstCombine/InstCombine.h"
#include "llvm/Transforms/Scalar/EarlyCSE.h"
#include "llvm/Transforms/Scalar/LICM.h"
#include "llvm/Transforms/Scalar/LoopPassManager.h"
#include "llvm/Transforms/Scalar/LoopRotation.h"
#include "llvm/Transforms/Scalar/SROA.h"
#include "llvm/Transforms/Scalar/SimplifyCFG.h"
#include "llvm/Transforms/Utils/Cloning.h"

using namespace llvm;
using namespace rmsnorm;

std::string rmsnorm::getPackedName(StringRef name) {
  return (name + ".packed").str();
}

/// Adds the packed form of `info`, which unpacks its arguments, calls the
/// function itself and stores each result:
///
///   void f.packed(void **arguments) { *arguments[n] = f(arguments[0]->...); }
static Error addPackedFunction(Module &module, const FunctionInfo &info) {
  Function *callee = module.getFunction("_mlir_ciface_" + info.name);
  if (!callee)
    return createStringError("expected a C interface of function '" +
                             info.name + "' after the pipeline");
  LLVMContext &context = module.getContext();
  IRBuilder<> b(context);
  auto *type = FunctionType::get(b.getVoidTy(), b.getPtrTy(), false);
  auto *packed = Function::Create(type, GlobalValue::ExternalLinkage,
                                  getPackedName(info.name), module);
  b.SetInsertPoint(BasicBlock::Create(context, "", packed));
  auto addressOf = [&](size_t index) {
    Value *slot = b.CreateConstGEP1_64(b.getPtrTy(), packed->getArg(0), index);
    return b.CreateLoad(b.getPtrTy(), slot);
  };
  SmallVector<Value *> arguments;
  // Several results, or one that is a memref, come back through a pointer.
  bool byPointer = callee->getReturnType()->isVoidTy() && !info.results.empty();
  Value *returned = nullptr;
  Type *returnedType = callee->getReturnType();
  if (byPointer) {
    returnedType = module.getFunction(info.name)->getReturnType();
    returned = b.CreateAlloca(returnedType);
    arguments.push_back(returned);
  }
  for (size_t index = 0; index < info.arguments.size(); ++index) {
    Value *address = addressOf(index);
    Type *expected = callee->getFunctionType()->getParamType(arguments.size());
    bool scalar = info.arguments[index].kind == ValueInfo::Kind::Scalar;
    arguments.push_back(scalar ? b.CreateLoad(expected, address) : address);
  }
  Value *result = b.CreateCall(callee, arguments);
  if (byPointer)
    result = b.CreateLoad(returnedType, returned);
  for (size_t index = 0; index < info.results.size(); ++index) {
    bool single = info.results.size() == 1;
    Value *value =
        single ? result : b.CreateExtractValue(result, unsigned(index));
    b.CreateStore(value, addressOf(info.arguments.size() + index));
  }
  b.CreateRetVoid();
  return Error::success();
}

/// Puts what `function` calls of its module into it, and erases what is called
/// by no other then.
static void inlineCalls(Function &function) {
  auto findCall = [&]() -> CallInst * {
    for (Instruction &instruction : instructions(function))
      if (auto *call = dyn_cast<CallInst>(&instruction))
        if (Function *callee = call->getCalledFunction())
          if (!callee->isDeclaration())
            return call;
    return nullptr;
  };
  while (CallInst *call = findCall()) {
    Function *callee = call->getCalledFunction();
    InlineFunctionInfo info;
    if (!InlineFunction(*call, info).isSuccess())
      return;
    if (callee->use_empty())
      callee->eraseFromParent();
  }
}

/// Defines rmsnorm_parallel_for as `task(context, 0, count)`, if it is called.
static void addSerialFallback(Module &module) {
  Function *callee = module.getFunction("rmsnorm_parallel_for");
  if (!callee || !callee->isDeclaration())
    return;
  IRBuilder<> b(BasicBlock::Create(module.getContext(), "", callee));
  callee->setLinkage(GlobalValue::WeakAnyLinkage);
  auto *type = FunctionType::get(
      b.getVoidTy(), {b.getPtrTy(), b.getInt64Ty(), b.getInt64Ty()}, false);
  b.CreateCall(type, callee->getArg(0),
               {callee->getArg(1), b.getInt64(0), callee->getArg(2)});
  b.CreateRetVoid();
}

/// Has kernels take the number of threads for the largest where no
/// rmsnorm_max_threads is linked.
static void allowUnknownThreads(Module &module) {
  Function *callee = module.getFunction("rmsnorm_max_threads");
  if (!callee || !callee->isDeclaration())
    return;
  auto *asked =
      Function::Create(callee->getFunctionType(), GlobalValue::InternalLinkage,
                       "max_threads", module);
  callee->replaceAllUsesWith(asked);
  callee->setLinkage(GlobalValue::ExternalWeakLinkage);
  auto addBlock = [&] {
    return BasicBlock::Create(module.getContext(), "", asked);
  };
  BasicBlock *entry = addBlock(), *unknown = addBlock(), *known = addBlock();
  IRBuilder<> b(entry);
  b.CreateCondBr(b.CreateIsNull(callee), unknown, known);
  b.SetInsertPoint(unknown);
  b.CreateRet(b.getInt64(std::numeric_limits<int64_t>::max()));
  b.SetInsertPoint(known);
  b.CreateRet(b.CreateCall(callee));
}

/// What the vector code of the pipeline needs of LLVM. The full pipeline takes
/// several times as long and gives the same speed: the loops are vectorised and
/// unrolled already.
static void optimize(Module &module, TargetMachine &machine) {
  LoopAnalysisManager loops;
  FunctionAnalysisManager functions;
  CGSCCAnalysisManager graph;
  ModuleAnalysisManager modules;
  PassBuilder builder(&machine);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(graph);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, graph, modules);

  FunctionPassManager passes;
  passes.addPass(SROAPass(SROAOptions::ModifyCFG));
  passes.addPass(EarlyCSEPass());
  passes.addPass(InstCombinePass());
  passes.addPass(SimplifyCFGPass());
  LoopPassManager loopPasses;
  loopPasses.addPass(LoopRotatePass());
  loopPasses.addPass(LICMPass(LICMOptions()));
  passes.addPass(createFunctionToLoopPassAdaptor(std::move(loopPasses),
                                                 /*UseMemorySSA=*/true));
  passes.addPass(EarlyCSEPass());
  passes.addPass(SimplifyCFGPass());
  for (Function &function : module)
    if (!function.isDeclaration())
      passes.run(function, functions);
}

namespace {
/// Leaves out passes of the code generator that take more time than they are
/// worth, by a gate of the LLVMContext, as LLVM's own switches are global to
/// the process:
///
///  * the second scheduler, as processors that vector code counts on reorder
///    instructions themselves: a twelfth of the time, no speed;
///  * the search for the best addresses in loops, in long functions: up to a
///    third of the time, as its own grows faster than they do. Kernels for
///    short rows, which take many rows a step, run 2 to 7 % faster for it, and
///    most are below the bound; others are as fast without.
class PassGate : public OptPassGate {
public:
  explicit PassGate(Module &module) {
    for (Function &function : module)
      instructions += function.getInstructionCount();
  }

  bool shouldRunPass(StringRef pass, StringRef) const override {
    if (pass == "Post RA top-down list latency scheduler")
      return false;
    return instructions <= most || pass != "Loop Strength Reduction";
  }
  bool isEnabled() const override { return true; }

private:
  static constexpr unsigned most = 550;
  unsigned instructions = 0;
};
} // namespace

/// Writes the target into each function, so that the IR stands on its own; but
/// without arithmetic in f16, of which there is none: vectors of f16 are then
/// integers to the code generator, for prepareForTarget.
static void setTarget(Module &module, TargetMachine &machine) {
  module.setTargetTriple(machine.getTargetTriple());
  module.setDataLayout(machine.createDataLayout());
  std::string features = machine.getTargetFeatureString().str();
  if (StringRef(features).contains("+avx512fp16"))
    features += ",-avx512fp16";
  for (Function &function : module) {
    if (function.isDeclaration())
      continue;
    function.addFnAttr("target-cpu", machine.getTargetCPU());
    function.addFnAttr("target-features", features);
  }
}

Expected<std::string> rmsnorm::generateCode(Module &module,
                                            TargetMachine &machine,
                                            ArrayRef<FunctionInfo> functions,
                                            const CompileOptions &options) {
  if (options.packedInterface)
    for (const FunctionInfo &info : functions)
      if (Error error = addPackedFunction(module, info))
        return error;
  if (options.packedOnly)
    for (const FunctionInfo &info : functions)
      inlineCalls(*module.getFunction(getPackedName(info.name)));
  if (options.cInterface)
    for (const FunctionInfo &info : functions)
      if (Error error = addCFunction(module, info))
        return error;
  if (options.serialFallback)
    addSerialFallback(module);
  allowUnknownThreads(module);
  setTarget(module, machine);
  optimize(module, machine);
  prepareForTarget(module, machine);
  SmallString<0> code;
  raw_svector_ostream stream(code);
  if (options.output == OutputKind::LLVMIR) {
    module.print(stream, nullptr);
    return std::string(code);
  }
  PassGate gate(module);
  module.getContext().setOptPassGate(gate);
  legacy::PassManager passes;
  auto fileType = options.output == OutputKind::Assembly
                      ? CodeGenFileType::AssemblyFile
                      : CodeGenFileType::ObjectFile;
  if (machine.addPassesToEmitFile(passes, stream, nullptr, fileType))
    return createStringError("the target cannot write this kind of output");
  passes.run(module);
  return std::string(code);
}
