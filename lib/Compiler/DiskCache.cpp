//===- DiskCache.cpp - Object code kept between processes -----------------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// An entry is a file: a header, the key, the content. It is written under
// another name and renamed, so it appears as a whole whenever its writer is
// killed; what is left under the other name goes as other old files do.
//
// Not by llvm::localCache and llvm::pruneCache: the one installs signal
// handlers in the process of whoever uses this library, the other ends that
// process where the directory goes away meanwhile.
//
//===----------------------------------------------------------------------===//

#include "rmsnorm/Compiler/DiskCache.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/BLAKE3.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Support/xxhash.h"
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

using namespace rmsnorm;
using llvm::StringRef;
using llvm::Twine;
namespace fs = llvm::sys::fs;

//===----------------------------------------------------------------------===//
// Entries
//===----------------------------------------------------------------------===//

namespace {
struct Header {
  char magic[8];
  uint64_t keySize, contentSize;
  /// Of the sizes, the key and the content.
  uint64_t checksum[2];
};
/// The last two characters are the version of the format.
constexpr char magic[9] = "RMSNOR01";
} // namespace

static void setChecksum(Header &header, StringRef key, StringRef content) {
  std::string all;
  all.reserve(sizeof(header) + key.size() + content.size());
  llvm::raw_string_ostream os(all);
  os << header.keySize << ' ' << header.contentSize << ' ' << key << content;
  llvm::XXH128_hash_t hash =
      llvm::xxh3_128bits(llvm::arrayRefFromStringRef(all));
  header.checksum[0] = hash.low64;
  header.checksum[1] = hash.high64;
}

static Header makeHeader(StringRef key, StringRef content) {
  Header header = {};
  std::memcpy(header.magic, magic, sizeof(header.magic));
  header.keySize = key.size();
  header.contentSize = content.size();
  setChecksum(header, key, content);
  return header;
}

/// The content of the entry of `key` in `file`; none where it is another entry
/// or not what was written.
static std::optional<StringRef> parseEntry(StringRef file, StringRef key) {
  if (file.size() < sizeof(Header) + key.size())
    return std::nullopt;
  StringRef content = file.drop_front(sizeof(Header) + key.size());
  Header expected = makeHeader(key, content);
  if (std::memcmp(file.data(), &expected, sizeof(expected)) != 0 ||
      file.substr(sizeof(Header), key.size()) != key)
    return std::nullopt;
  return content;
}

//===----------------------------------------------------------------------===//
// Environment
//===----------------------------------------------------------------------===//

/// A program with more rights than its user takes nothing from that user's
/// environment.
static StringRef getVariable(const char *name) {
  const char *value = ::secure_getenv(name);
  return value ? StringRef(value) : StringRef();
}

static std::string getDefaultDirectory() {
  if (StringRef given = getVariable("RMSNORM_CACHE_DIR"); !given.empty())
    return given.str();
  llvm::SmallString<128> path(getVariable("XDG_CACHE_HOME"));
  // A relative one is to be ignored, says its specification.
  if (!llvm::sys::path::is_absolute(path)) {
    path = getVariable("HOME");
    if (path.empty())
      return "";
    llvm::sys::path::append(path, ".cache");
  }
  llvm::sys::path::append(path, "rmsnorm");
  return std::string(path);
}

DiskCache::DiskCache(const DiskCacheOptions &options) {
  readEnvironment(options);
  if (directory.empty())
    return;
  // The program may change its working directory.
  llvm::SmallString<128> path(directory);
  fs::make_absolute(path);
  directory = std::string(path);
}

/// What cannot be read turns the cache off: somebody wanted to limit it.
void DiskCache::readEnvironment(const DiskCacheOptions &options) {
  constexpr uint64_t megabyte = 1 << 20, mostMegabytes = uint64_t(1) << 40;
  maxBytes = options.maxBytes.value_or(256 * megabyte);
  StringRef size = getVariable("RMSNORM_CACHE_SIZE");
  if (!options.maxBytes && !size.empty()) {
    uint64_t megabytes;
    if (size.getAsInteger(10, megabytes) || megabytes > mostMegabytes)
      return note(("expected RMSNORM_CACHE_SIZE to be a number of megabytes, "
                   "but got '" +
                   size + "'")
                      .str());
    maxBytes = megabytes * megabyte;
  }
  if (options.directory) {
    directory = *options.directory;
    return;
  }
  StringRef state = getVariable("RMSNORM_CACHE");
  if (state == "0")
    return;
  if (!state.empty() && state != "1")
    return note(
        ("expected RMSNORM_CACHE to be 0 or 1, but got '" + state + "'").str());
  directory = getDefaultDirectory();
  if (directory.empty())
    note("expected RMSNORM_CACHE_DIR, XDG_CACHE_HOME or HOME to name a "
         "directory, but none does");
}

const char *DiskCache::getProblem() const {
  const std::string *text = problem.load(std::memory_order_acquire);
  return text ? text->c_str() : "";
}

void DiskCache::note(const std::string &text) {
  std::lock_guard<std::mutex> lock(mutex);
  if (problemStorage)
    return;
  problemStorage = std::make_unique<std::string>(text);
  problem.store(problemStorage.get(), std::memory_order_release);
}

//===----------------------------------------------------------------------===//
// Files
//===----------------------------------------------------------------------===//

/// What is in the cache is run: nobody else may have had a hand in it.
static bool isOurs(const struct stat &status) {
  return status.st_uid == ::geteuid() &&
         (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/// Makes the directory if need be, and makes sure that it is ours.
bool DiskCache::prepare() {
  std::call_once(prepared, [&] {
    if (std::error_code error = fs::create_directories(
            directory, /*IgnoreExisting=*/true, fs::owner_all))
      return note("cannot make the cache directory '" + directory +
                  "': " + error.message());
    struct stat status;
    if (::stat(directory.c_str(), &status) != 0)
      return note("cannot use the cache directory '" + directory +
                  "': " + std::strerror(errno));
    if (!isOurs(status))
      return note("expected the cache directory '" + directory +
                  "' to belong to the user and to be writeable by nobody "
                  "else, but it is not so");
    isUsable = true;
  });
  return isUsable;
}

/// A folder for each first digit of the name: each is kept in its bound by
/// itself, so that a new entry has few others to look at.
static constexpr uint64_t numFolders = 16;

std::string DiskCache::getPath(StringRef key) const {
  std::array<uint8_t, 16> hash =
      llvm::BLAKE3::hash<16>(llvm::arrayRefFromStringRef(key));
  std::string name = llvm::toHex(hash, /*LowerCase=*/true);
  llvm::SmallString<128> path(directory);
  llvm::sys::path::append(path, StringRef(name).take_front(), name);
  return std::string(path);
}

/// Null, without an error, where there is no file. The file is read, not
/// mapped: it could be cut short meanwhile.
static llvm::ErrorOr<std::unique_ptr<llvm::MemoryBuffer>>
readOwnFile(const std::string &path) {
  // Neither a link to elsewhere nor a pipe that nobody writes to.
  int file = ::open(path.c_str(),
                    O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
  if (file < 0) {
    if (errno == ENOENT)
      return nullptr;
    return std::error_code(errno, std::generic_category());
  }
  struct stat status;
  llvm::ErrorOr<std::unique_ptr<llvm::MemoryBuffer>> buffer =
      std::make_error_code(std::errc::permission_denied);
  if (::fstat(file, &status) == 0 && S_ISREG(status.st_mode) &&
      isOurs(status)) {
    buffer = llvm::MemoryBuffer::getOpenFile(
        file, path, uint64_t(status.st_size), /*RequiresNullTerminator=*/false,
        /*IsVolatile=*/true);
    // The time of the last use, which prune goes by; a directory that cannot
    // be written to is not pruned either.
    (void)::futimens(file, nullptr);
  }
  ::close(file);
  return buffer;
}

bool DiskCache::load(StringRef key,
                     llvm::function_ref<bool(StringRef content)> accept) {
  if (!isEnabled() || !prepare())
    return false;
  std::string path = getPath(key);
  llvm::ErrorOr<std::unique_ptr<llvm::MemoryBuffer>> buffer = readOwnFile(path);
  if (buffer && !*buffer)
    return false;
  std::optional<StringRef> content;
  if (buffer)
    content = parseEntry((*buffer)->getBuffer(), key);
  if (!content || !accept(*content)) {
    ++numRejected;
    note("the cache entry '" + path + "' " +
         (buffer ? "is damaged"
                 : "cannot be used: " + buffer.getError().message()));
    return false;
  }
  ++numLoaded;
  return true;
}

/// Under a name of its own first.
bool DiskCache::write(StringRef path, StringRef entry) {
  int file;
  llvm::SmallString<128> temporary;
  auto fail = [&](std::error_code error) {
    note(("cannot write the cache entry '" + path + "': ").str() +
         error.message());
    return false;
  };
  StringRef folder = llvm::sys::path::parent_path(path);
  if (std::error_code error =
          fs::create_directory(folder, /*IgnoreExisting=*/true, fs::owner_all))
    return fail(error);
  if (std::error_code error =
          fs::createUniqueFile(path + ".%%%%%%%%", file, temporary, fs::OF_None,
                               fs::owner_read | fs::owner_write))
    return fail(error);
  llvm::raw_fd_ostream os(file, /*shouldClose=*/true);
  os << entry;
  os.close();
  std::error_code error = os.error();
  // Else the destructor ends the process.
  os.clear_error();
  if (!error)
    error = fs::rename(temporary, path);
  if (!error)
    return true;
  fs::remove(temporary);
  return fail(error);
}

void DiskCache::store(StringRef key, StringRef content) {
  if (!isEnabled() || !prepare())
    return;
  Header header = makeHeader(key, content);
  std::string entry(reinterpret_cast<const char *>(&header), sizeof(header));
  entry.append(key.begin(), key.end());
  entry.append(content.begin(), content.end());
  std::string path = getPath(key);
  if (!write(path, entry)) {
    ++numNotStored;
    return;
  }
  prune(llvm::sys::path::parent_path(path));
}

/// Removes the files that were not used for longest. Another process may do the
/// same meanwhile: a file that is gone already is as good.
void DiskCache::prune(StringRef folder) const {
  struct File {
    llvm::sys::TimePoint<> used;
    uint64_t size;
    std::string path;
  };
  std::vector<File> files;
  uint64_t total = 0;
  std::error_code error;
  for (fs::directory_iterator it(folder, error, /*follow_symlinks=*/false), end;
       !error && it != end; it.increment(error)) {
    llvm::ErrorOr<fs::basic_file_status> status = it->status();
    if (!status)
      continue;
    files.push_back(
        {status->getLastModificationTime(), status->getSize(), it->path()});
    total += files.back().size;
  }
  uint64_t most = maxBytes / numFolders;
  if (total <= most)
    return;
  llvm::sort(files, [](const File &a, const File &b) {
    return std::tie(a.used, a.path) < std::tie(b.used, b.path);
  });
  for (const File &file : files) {
    if (total <= most)
      break;
    fs::remove(file.path);
    total -= file.size;
  }
}
