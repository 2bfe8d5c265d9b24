//===- Executable.cpp - Compiled functions in this process ----------------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "rmsnorm/Compiler/Executable.h"
#include "CodeGen.h"
#include "rmsnorm-c/Runtime.h"
#include "llvm/ExecutionEngine/Orc/AbsoluteSymbols.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/Support/MemoryBuffer.h"
#include <atomic>
#include <mutex>

using namespace rmsnorm;
using llvm::orc::LLJIT;

namespace {
/// The linker of the process. It lives as long as something is loaded.
class Session {
public:
  static llvm::Expected<std::shared_ptr<Session>> get();

  explicit Session(std::unique_ptr<LLJIT> jit) : jit(std::move(jit)) {}

  llvm::Expected<llvm::orc::JITDylib &> createLibrary() {
    return jit->createJITDylib("rmsnorm." + std::to_string(next++));
  }

  LLJIT &getJIT() { return *jit; }

  /// Keeps what the linker reports beside the errors that it returns, such as
  /// the names of missing symbols, for takeErrors; nothing is printed.
  void collectErrors() {
    jit->getExecutionSession().setErrorReporter([this](llvm::Error error) {
      std::lock_guard<std::mutex> lock(mutex);
      reported += llvm::toString(std::move(error)) + "; ";
    });
  }

  std::string takeErrors() {
    std::lock_guard<std::mutex> lock(mutex);
    return std::exchange(reported, std::string());
  }

private:
  llvm::Error defineRuntime();

  std::unique_ptr<LLJIT> jit;
  std::atomic<uint64_t> next{0};
  std::mutex mutex;
  std::string reported;
};
} // namespace

/// Defines what compiled kernels call. Other symbols, such as those of libm,
/// are looked up in the process.
llvm::Error Session::defineRuntime() {
  llvm::orc::SymbolMap symbols;
  auto add = [&](llvm::StringRef name, auto *function) {
    symbols[jit->mangleAndIntern(name)] = {
        llvm::orc::ExecutorAddr::fromPtr(function),
        llvm::JITSymbolFlags::Exported | llvm::JITSymbolFlags::Callable};
  };
  add("rmsnorm_parallel_for", &rmsnorm_parallel_for);
  add("rmsnorm_max_threads", &rmsnorm_max_threads);
  add("rmsnorm_check_failed", &rmsnorm_check_failed);
  return jit->getMainJITDylib().define(
      llvm::orc::absoluteSymbols(std::move(symbols)));
}

llvm::Expected<std::shared_ptr<Session>> Session::get() {
  static std::mutex mutex;
  static std::weak_ptr<Session> current;
  std::lock_guard<std::mutex> lock(mutex);
  if (std::shared_ptr<Session> session = current.lock())
    return session;
  // Makes sure that LLVM's description of the target is initialised.
  Target host = Target::host();
  auto jit = llvm::orc::LLJITBuilder()
                 .setJITTargetMachineBuilder(llvm::orc::JITTargetMachineBuilder(
                     llvm::Triple(host.getTriple())))
                 // The code has no static constructors to run.
                 .setPlatformSetUp(llvm::orc::setUpInactivePlatform)
                 .create();
  if (!jit)
    return jit.takeError();
  auto session = std::make_shared<Session>(std::move(*jit));
  session->collectErrors();
  if (llvm::Error error = session->defineRuntime())
    return error;
  current = session;
  return session;
}

struct Executable::Impl {
  Impl(std::shared_ptr<Session> session, llvm::orc::JITDylib &library)
      : session(std::move(session)), library(&library) {}
  Impl(const Impl &) = delete;
  Impl &operator=(const Impl &) = delete;
  ~Impl() {
    llvm::consumeError(
        session->getJIT().getExecutionSession().removeJITDylib(*library));
  }

  std::shared_ptr<Session> session;
  llvm::orc::JITDylib *library;
};

Executable::Executable(CompiledModule module, std::unique_ptr<Impl> impl)
    : module(std::move(module)), impl(std::move(impl)) {}

Executable::~Executable() = default;

llvm::Expected<std::unique_ptr<Executable>>
Executable::load(CompiledModule module) {
  if (llvm::Error error = module.target.checkRunsHere())
    return error;
  llvm::Expected<std::shared_ptr<Session>> session = Session::get();
  if (!session)
    return session.takeError();
  auto library = (*session)->createLibrary();
  if (!library)
    return library.takeError();
  LLJIT &jit = (*session)->getJIT();
  auto impl = std::make_unique<Impl>(*session, *library);
  library->addToLinkOrder(jit.getMainJITDylib());
  if (llvm::Error error =
          jit.addObjectFile(*library, llvm::MemoryBuffer::getMemBufferCopy(
                                          module.code, library->getName())))
    return error;
  return std::unique_ptr<Executable>(
      new Executable(std::move(module), std::move(impl)));
}

llvm::Expected<void *> Executable::lookupSymbol(llvm::StringRef symbol) const {
  auto address = impl->session->getJIT().lookup(*impl->library, symbol);
  if (!address)
    return llvm::createStringError(
        "linking failed: " + impl->session->takeErrors() +
        llvm::toString(address.takeError()));
  return address->toPtr<void *>();
}

llvm::Expected<Executable::PackedFunction>
Executable::lookup(llvm::StringRef name) const {
  if (!module.lookup(name))
    return llvm::createStringError("expected the name of a public function, "
                                   "but got '" +
                                   name + "'");
  llvm::Expected<void *> address = lookupSymbol(getPackedName(name));
  if (!address)
    return address.takeError();
  return reinterpret_cast<PackedFunction>(*address);
}
