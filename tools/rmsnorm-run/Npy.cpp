//===- Npy.cpp - Arrays in .npy files -------------------------------------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Npy.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/raw_ostream.h"
#include <optional>

using namespace llvm;
using namespace rmsnorm;

namespace {
struct DescrInfo {
  ElementType type;
  StringRef name;
  /// The first is written, all are read.
  SmallVector<StringRef, 4> descrs;
};
} // namespace

static const DescrInfo &getDescrInfo(ElementType type) {
  static const DescrInfo infos[] = {
      {ElementType::I1, "bool", {"|b1"}},
      {ElementType::I8, "int8", {"|i1", "<i1"}},
      {ElementType::I16, "int16", {"<i2"}},
      {ElementType::I32, "int32", {"<i4"}},
      {ElementType::I64, "int64", {"<i8"}},
      {ElementType::U8, "uint8", {"|u1", "<u1"}},
      {ElementType::U16, "uint16", {"<u2"}},
      {ElementType::U32, "uint32", {"<u4"}},
      {ElementType::U64, "uint64", {"<u8"}},
      {ElementType::Index, "int64", {"<i8"}},
      {ElementType::F8E4M3FN, "float8_e4m3fn", {"<V1", "|V1", "<f1", "|f1"}},
      {ElementType::F8E5M2, "float8_e5m2", {"<V1", "|V1", "<f1", "|f1"}},
      {ElementType::F16, "float16", {"<f2"}},
      {ElementType::BF16, "bfloat16", {"<V2", "|V2"}},
      {ElementType::F32, "float32", {"<f4"}},
      {ElementType::F64, "float64", {"<f8"}},
      {ElementType::C64, "complex64", {"<c8"}},
      {ElementType::C128, "complex128", {"<c16"}},
  };
  return infos[static_cast<size_t>(type)];
}

bool rmsnorm::fitsDescr(ElementType type, StringRef descr) {
  return is_contained(getDescrInfo(type).descrs, descr);
}

StringRef rmsnorm::getNumpyName(ElementType type) {
  return getDescrInfo(type).name;
}

namespace {
/// Reads the dictionary of a header, a literal of Python:
///
///   {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }
class HeaderParser {
public:
  HeaderParser(StringRef text, NpyArray &array) : rest(text), array(array) {}

  /// False where the text is anything else.
  bool parse() {
    if (!take('{'))
      return false;
    while (!take('}')) {
      std::optional<StringRef> key = parseString();
      if (!key || !take(':') || !parseValue(*key))
        return false;
      if (!take(',') && !peek('}'))
        return false;
    }
    return rest.trim().empty() && hasDescr && hasOrder && hasShape;
  }

private:
  bool peek(char c) {
    rest = rest.ltrim();
    return rest.starts_with(StringRef(&c, 1));
  }

  bool take(char c) {
    if (!peek(c))
      return false;
    rest = rest.drop_front();
    return true;
  }

  std::optional<StringRef> parseString() {
    for (char quote : {'\'', '"'}) {
      if (!take(quote))
        continue;
      size_t end = rest.find(quote);
      if (end == StringRef::npos)
        return std::nullopt;
      StringRef text = rest.take_front(end);
      rest = rest.drop_front(end + 1);
      return text;
    }
    return std::nullopt;
  }

  bool parseValue(StringRef key) {
    rest = rest.ltrim();
    if (key == "descr" && !hasDescr) {
      std::optional<StringRef> text = parseString();
      array.descr = text.value_or("").str();
      return hasDescr = text.has_value();
    }
    if (key == "fortran_order" && !hasOrder) {
      array.fortranOrder = rest.consume_front("True");
      return hasOrder = array.fortranOrder || rest.consume_front("False");
    }
    return key == "shape" && !hasShape && (hasShape = parseShape());
  }

  bool parseShape() {
    if (!take('('))
      return false;
    while (!take(')')) {
      int64_t extent;
      rest = rest.ltrim();
      if (rest.consumeInteger(10, extent) || extent < 0)
        return false;
      array.shape.push_back(extent);
      if (!take(',') && !peek(')'))
        return false;
    }
    return true;
  }

  StringRef rest;
  NpyArray &array;
  bool hasDescr = false, hasOrder = false, hasShape = false;
};
} // namespace

/// Splits `file` into the header's text and the data. Empty: no such file.
static std::optional<std::pair<StringRef, StringRef>>
splitHeader(StringRef file) {
  if (!file.consume_front("\x93NUMPY") || file.size() < 2)
    return std::nullopt;
  unsigned major = static_cast<unsigned char>(file[0]);
  if (major < 1 || major > 3)
    return std::nullopt;
  size_t width = major == 1 ? 2 : 4;
  file = file.drop_front(2);
  if (file.size() < width)
    return std::nullopt;
  size_t length = width == 2 ? support::endian::read16le(file.data())
                             : support::endian::read32le(file.data());
  file = file.drop_front(width);
  if (file.size() < length)
    return std::nullopt;
  return std::make_pair(file.take_front(length), file.drop_front(length));
}

/// Bytes of an element: the number at the end of `<f4`, `|b1`, `<V2`. Other
/// types (big-endian, strings, objects, records) are none of ours.
static std::optional<int64_t> getItemSize(StringRef descr) {
  int64_t bytes;
  if (descr.size() < 3 || !StringRef("<|").contains(descr[0]) ||
      !StringRef("biufcV").contains(descr[1]) ||
      descr.drop_front(2).getAsInteger(10, bytes) || bytes < 1 || bytes > 16)
    return std::nullopt;
  return bytes;
}

/// Foreign text for a diagnostic: its beginning, on one line.
static std::string quote(StringRef text) {
  constexpr size_t most = 120;
  std::string quoted;
  raw_string_ostream os(quoted);
  printEscapedString(text.take_front(most), os);
  if (text.size() > most)
    os << "...";
  return quoted;
}

Expected<NpyArray> rmsnorm::readNpy(StringRef path) {
  auto fail = [&](const Twine &message) {
    return createStringError("'" + path + "': " + message);
  };
  ErrorOr<std::unique_ptr<MemoryBuffer>> file =
      MemoryBuffer::getFile(path, /*IsText=*/false,
                            /*RequiresNullTerminator=*/false);
  if (!file)
    return fail(file.getError().message());
  NpyArray array;
  array.buffer = std::move(*file);
  auto parts = splitHeader(array.buffer->getBuffer());
  if (!parts)
    return fail("expected a .npy file of version 1, 2 or 3, but its header is "
                "missing or cut off");
  if (!HeaderParser(parts->first, array).parse())
    return fail("expected a header with descr, fortran_order and shape, but "
                "got " +
                quote(parts->first.trim()));
  std::optional<int64_t> bytes = getItemSize(array.descr);
  if (!bytes)
    return fail("expected little-endian numbers, but got dtype '" +
                quote(array.descr) + "'");
  // An extent of 0 makes the array empty however large the others are.
  bool empty = is_contained(array.shape, 0);
  for (int64_t extent : array.shape)
    if (!empty && MulOverflow(*bytes, extent, *bytes))
      return fail("expected a size below 2^63 bytes, but the shape exceeds it");
  int64_t expected = empty ? 0 : *bytes;
  if (int64_t(parts->second.size()) != expected)
    return fail("expected " + Twine(expected) + " bytes of data, but got " +
                Twine(parts->second.size()));
  array.data = parts->second.data();
  return array;
}

std::string rmsnorm::makeNpyHeader(ElementType type, ArrayRef<int64_t> shape) {
  std::string text = "{'descr': '" + getDescrInfo(type).descrs[0].str() +
                     "', 'fortran_order': False, 'shape': (";
  for (int64_t extent : shape)
    text += std::to_string(extent) + ", ";
  if (shape.size() > 1)
    text.resize(text.size() - 2);
  text += "), }";
  // The data begins at a multiple of 64.
  size_t before = 10;
  text.append(63 - (before + text.size()) % 64, ' ');
  text += '\n';
  std::string header("\x93NUMPY\x01\x00", 8);
  header += char(text.size() & 0xff);
  header += char(text.size() >> 8);
  return header + text;
}
