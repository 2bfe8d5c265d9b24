//===- Target.cpp - A processor to compile for ----------------------------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "rmsnorm/Compiler/Target.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/Target/TargetOptions.h"
#include "llvm/TargetParser/Host.h"
#include <unistd.h>

using namespace rmsnorm;

/// LLVM's description of this machine's architecture, initialised once.
static const llvm::Target &nativeTarget() {
  static const llvm::Target *target = [] {
    llvm::InitializeNativeTarget();
    llvm::InitializeNativeTargetAsmPrinter();
    llvm::InitializeNativeTargetAsmParser();
    std::string error;
    const llvm::Target *found = llvm::TargetRegistry::lookupTarget(
        llvm::Triple(llvm::sys::getProcessTriple()), error);
    if (!found)
      llvm::reportFatalInternalError(llvm::StringRef(error));
    return found;
  }();
  return *target;
}

static std::unique_ptr<llvm::MCSubtargetInfo>
createSubtarget(llvm::StringRef triple, llvm::StringRef cpu,
                llvm::StringRef features) {
  return std::unique_ptr<llvm::MCSubtargetInfo>(
      nativeTarget().createMCSubtargetInfo(llvm::Triple(triple), cpu,
                                           features));
}

/// The features that a subtarget of `cpu` and `features` ends up with, and, as
/// -name, those that the name of `cpu` stands for and it does not have: so that
/// neither what a name stands for nor what a feature implies has to be known
/// elsewhere.
static std::string expandFeatures(llvm::StringRef triple, llvm::StringRef cpu,
                                  llvm::StringRef features) {
  llvm::SmallVector<std::string> names;
  llvm::StringSet<> enabled;
  for (const llvm::SubtargetFeatureKV &feature :
       createSubtarget(triple, cpu, features)->getEnabledProcessorFeatures()) {
    enabled.insert(feature.Key);
    names.push_back("+" + llvm::StringRef(feature.Key).str());
  }
  for (const llvm::SubtargetFeatureKV &feature :
       createSubtarget(triple, cpu, "")->getEnabledProcessorFeatures())
    if (!enabled.contains(feature.Key))
      names.push_back("-" + llvm::StringRef(feature.Key).str());
  llvm::sort(names);
  return llvm::join(names, ",");
}

/// Of this machine's cache of the last level; 0: not to be had.
static int64_t measureCache() {
#ifdef _SC_LEVEL3_CACHE_SIZE
  return std::max<int64_t>(sysconf(_SC_LEVEL3_CACHE_SIZE), 0);
#else
  return 0;
#endif
}

Target Target::host() {
  static const Target target = [] {
    nativeTarget();
    Target host;
    host.triple = llvm::sys::getProcessTriple();
    host.cpu = llvm::sys::getHostCPUName().str();
    if (int64_t bytes = measureCache())
      host.cacheSize = bytes;
    llvm::SmallVector<std::string> features;
    for (const auto &feature : llvm::sys::getHostCPUFeatures())
      features.push_back((feature.second ? "+" : "-") + feature.first().str());
    llvm::sort(features);
    host.features =
        expandFeatures(host.triple, host.cpu, llvm::join(features, ","));
    return host;
  }();
  return target;
}

/// LLVM gives up on code for a 64-bit process where the processor has no such
/// mode. Only x86 has a feature of this name.
static bool hasProcessMode(llvm::StringRef triple, llvm::StringRef cpu) {
  auto has = [&](llvm::StringRef cpu) {
    return llvm::any_of(
        createSubtarget(triple, cpu, "")->getEnabledProcessorFeatures(),
        [](const llvm::SubtargetFeatureKV &feature) {
          return llvm::StringRef(feature.Key) == "64bit";
        });
  };
  return has(cpu) || !has(llvm::sys::getHostCPUName());
}

static llvm::Error invalidTarget(const llvm::Twine &expected,
                                 llvm::StringRef got) {
  return llvm::createStringError("expected the target's " + expected +
                                 ", but got '" + got + "'");
}

llvm::Expected<Target> Target::parse(llvm::StringRef text) {
  auto [name, list] = text.split(',');
  Target target = host();
  std::string base;
  if (name == "host") {
    base = target.features;
  } else {
    std::unique_ptr<llvm::MCSubtargetInfo> known =
        createSubtarget(target.triple, "", "");
    if (name.empty() || !known->isCPUStringValid(name))
      return invalidTarget("processor to be 'host' or one that LLVM knows, "
                           "such as x86-64, haswell or sapphirerapids",
                           name);
    if (!hasProcessMode(target.triple, name))
      return invalidTarget("processor to be one with a 64-bit mode", name);
    target.cpu = name.str();
    target.cacheSize = usualCacheSize;
  }
  llvm::StringSet<> known;
  for (const llvm::SubtargetFeatureKV &feature :
       createSubtarget(target.triple, "", "")->getAllProcessorFeatures())
    known.insert(feature.Key);
  llvm::SmallVector<llvm::StringRef> features;
  list.split(features, ',', -1, /*KeepEmpty=*/false);
  for (llvm::StringRef feature : features)
    if (feature.size() < 2 || !llvm::StringRef("+-").contains(feature[0]) ||
        !known.contains(feature.drop_front()))
      return invalidTarget("features to be such as +avx2 or -fma", feature);
  if (!base.empty() && !list.empty())
    base += ",";
  target.features =
      expandFeatures(target.triple, target.cpu, base + list.str());
  return target;
}

llvm::Expected<Target> Target::usual() {
  const char *name = ::secure_getenv("RMSNORM_TARGET");
  if (!name || !*name)
    return host();
  llvm::Expected<Target> target = parse(name);
  if (!target)
    return llvm::createStringError("RMSNORM_TARGET: " +
                                   llvm::toString(target.takeError()));
  return target;
}

/// Instructions that only an intrinsic asks for: ordinary code for a processor
/// that has them runs where they are missing.
static bool isOnlyForIntrinsics(llvm::StringRef feature) {
  static const llvm::StringSet<> names = {
      "cldemote", "clflushopt", "clwb",      "clzero",   "enqcmd", "fsgsbase",
      "fxsr",     "hreset",     "invpcid",   "kl",       "lwp",    "movdir64b",
      "movdiri",  "movrs",      "mwaitx",    "pconfig",  "pku",    "prefetchi",
      "prfchw",   "ptwrite",    "raoint",    "rdpid",    "rdpru",  "rdrnd",
      "rdseed",   "rtm",        "serialize", "sgx",      "shstk",  "tsxldtrk",
      "uintr",    "usermsr",    "waitpkg",   "wbnoinvd", "widekl", "xsave",
      "xsavec",   "xsaveopt",   "xsaves"};
  return names.contains(feature) || feature.starts_with("amx-");
}

std::string Target::getKey() const {
  return triple + ";" + cpu + ";" + features + ";" + std::to_string(cacheSize);
}

llvm::Error Target::checkRunsHere() const {
  // What the map has no entry for says how to make code fast.
  static const llvm::StringMap<bool> here = llvm::sys::getHostCPUFeatures();
  llvm::SmallVector<llvm::StringRef> wanted;
  llvm::StringRef(features).split(wanted, ',', -1, /*KeepEmpty=*/false);
  for (llvm::StringRef feature : wanted) {
    auto found = here.find(feature.drop_front());
    if (feature.front() == '+' && found != here.end() && !found->second &&
        !isOnlyForIntrinsics(found->first()))
      return llvm::createStringError(
          "expected a target that this machine can run, but '" + cpu +
          "' needs " + found->first() + ", which '" + host().cpu + "' lacks");
  }
  return llvm::Error::success();
}

std::unique_ptr<llvm::TargetMachine> Target::createTargetMachine() const {
  // Loops start where caches of decoded instructions have a line start: kernels
  // that differ little then differ little in speed.
  llvm::TargetOptions options;
  options.LoopAlignment = 64;
  // What this level leaves out has a tenth of the time, and no kernel is faster
  // for it.
  constexpr auto level = llvm::CodeGenOptLevel::Less;
  return std::unique_ptr<llvm::TargetMachine>(
      nativeTarget().createTargetMachine(llvm::Triple(triple), cpu, features,
                                         options, llvm::Reloc::PIC_,
                                         /*CM=*/std::nullopt, level));
}
