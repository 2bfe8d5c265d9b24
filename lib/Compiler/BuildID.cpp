//===- BuildID.cpp - What compiles ----------------------------------------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BuildID.h"
#include "mlir/IR/Verifier.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/MC/TargetRegistry.h"
#include <elf.h>
#include <link.h>
#include <string>

using namespace rmsnorm;

namespace {
/// The build ID of the file that an address of this process was loaded from.
struct Search {
  uintptr_t address;
  std::string id;
};
} // namespace

/// The build ID among the notes of a segment; empty where there is none.
static llvm::StringRef findBuildID(llvm::StringRef notes) {
  auto pad = [](size_t size) { return (size + 3) / 4 * 4; };
  while (notes.size() >= sizeof(ElfW(Nhdr))) {
    auto *note = reinterpret_cast<const ElfW(Nhdr) *>(notes.data());
    size_t nameSize = pad(note->n_namesz), size = note->n_descsz;
    if (sizeof(*note) + nameSize + size > notes.size())
      break;
    llvm::StringRef rest = notes.drop_front(sizeof(*note));
    if (note->n_type == NT_GNU_BUILD_ID &&
        rest.take_front(note->n_namesz) == llvm::StringRef("GNU\0", 4))
      return rest.substr(nameSize, size);
    notes = rest.drop_front(std::min(rest.size(), nameSize + pad(size)));
  }
  return {};
}

/// A callback of dl_iterate_phdr, which goes on while it returns 0.
static int visit(dl_phdr_info *file, size_t, void *data) {
  auto &search = *static_cast<Search *>(data);
  llvm::ArrayRef<ElfW(Phdr)> segments(file->dlpi_phdr, file->dlpi_phnum);
  auto isInside = [&](const ElfW(Phdr) & segment) {
    uintptr_t begin = file->dlpi_addr + segment.p_vaddr;
    return segment.p_type == PT_LOAD && search.address >= begin &&
           search.address - begin < segment.p_memsz;
  };
  if (llvm::none_of(segments, isInside))
    return 0;
  for (const ElfW(Phdr) & segment : segments)
    if (segment.p_type == PT_NOTE && search.id.empty())
      search.id = llvm::toHex(findBuildID(
          {reinterpret_cast<const char *>(file->dlpi_addr + segment.p_vaddr),
           segment.p_filesz}));
  return 1;
}

static std::string getFileID(const void *address) {
  Search search{reinterpret_cast<uintptr_t>(address), ""};
  dl_iterate_phdr(visit, &search);
  return search.id;
}

/// The versions of LLVM and MLIR do not tell patched ones apart, so the files
/// that they are loaded from are named too.
llvm::StringRef rmsnorm::getBuildID() {
  static const std::string id = [] {
    std::string text =
#include "rmsnorm/Compiler/SourceHash.inc"
        ;
    text += " LLVM " LLVM_VERSION_STRING " ";
    // Data of LLVM itself; a function's address may be one of a stub of ours.
    auto targets = llvm::TargetRegistry::targets();
    if (targets.begin() != targets.end())
      text += getFileID(&*targets.begin());
    auto verify = static_cast<llvm::LogicalResult (*)(mlir::Operation *, bool)>(
        &mlir::verify);
    text += " MLIR " + getFileID(reinterpret_cast<const void *>(verify));
    return text;
  }();
  return id;
}
