//===- Header.cpp - C headers of compiled functions -----------------------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Header.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;
using namespace rmsnorm;

namespace {
/// How C holds an element, and what it is called in names of structs.
struct CType {
  StringRef name, tag, note;
};

class HeaderWriter {
public:
  HeaderWriter(const ArgumentNames &names, raw_ostream &os)
      : names(names), os(os) {}

  void writePreamble(const HeaderInfo &info);
  Error writeFunction(const FunctionInfo &info);

private:
  std::string declare(const ValueInfo &info, StringRef name, bool isArgument);
  void writeStruct(const ValueInfo &info);
  void writeResults(const FunctionInfo &info);
  void writeDocumentation(const FunctionInfo &info,
                          ArrayRef<std::string> arguments);
  std::vector<std::string> getArgumentNames(const FunctionInfo &info);

  const ArgumentNames &names;
  raw_ostream &os;
  /// Structs that this header has already.
  StringSet<> structs;
};
} // namespace

static CType getCType(ElementType type) {
  switch (type) {
  case ElementType::I1:
    return {"uint8_t", "bool", "0 or 1"};
  case ElementType::I8:
    return {"int8_t", "i8", ""};
  case ElementType::I16:
    return {"int16_t", "i16", ""};
  case ElementType::I32:
    return {"int32_t", "i32", ""};
  case ElementType::I64:
  case ElementType::Index:
    return {"int64_t", "i64", ""};
  case ElementType::U8:
    return {"uint8_t", "u8", ""};
  case ElementType::U16:
    return {"uint16_t", "u16", ""};
  case ElementType::U32:
    return {"uint32_t", "u32", ""};
  case ElementType::U64:
    return {"uint64_t", "u64", ""};
  case ElementType::F8E4M3FN:
    return {"uint8_t", "f8e4m3fn", "the bits of a float with 4 exponent bits"};
  case ElementType::F8E5M2:
    return {"uint8_t", "f8e5m2", "the bits of a float with 5 exponent bits"};
  case ElementType::F16:
    return {"uint16_t", "f16", "the bits of an IEEE half"};
  case ElementType::BF16:
    return {"uint16_t", "bf16", "the upper 16 bits of a float"};
  case ElementType::F32:
    return {"float", "f32", ""};
  case ElementType::F64:
    return {"double", "f64", ""};
  case ElementType::C64:
    return {"rmsnorm_complex_f32", "c64", ""};
  case ElementType::C128:
    return {"rmsnorm_complex_f64", "c128", ""};
  }
  llvm_unreachable("all element types are covered");
}

static std::string getStructName(const ValueInfo &info) {
  return ("rmsnorm_memref_" + getCType(info.elementType).tag + "_" +
          Twine(info.getRank()))
      .str();
}

/// Words of C11 and C++17 that name nothing.
static bool isKeyword(StringRef name) {
  static const StringSet<> keywords = {"alignas",
                                       "alignof",
                                       "and",
                                       "and_eq",
                                       "asm",
                                       "auto",
                                       "bitand",
                                       "bitor",
                                       "bool",
                                       "break",
                                       "case",
                                       "catch",
                                       "char",
                                       "char16_t",
                                       "char32_t",
                                       "class",
                                       "compl",
                                       "const",
                                       "const_cast",
                                       "constexpr",
                                       "continue",
                                       "decltype",
                                       "default",
                                       "delete",
                                       "do",
                                       "double",
                                       "dynamic_cast",
                                       "else",
                                       "enum",
                                       "explicit",
                                       "export",
                                       "extern",
                                       "false",
                                       "float",
                                       "for",
                                       "friend",
                                       "goto",
                                       "if",
                                       "inline",
                                       "int",
                                       "long",
                                       "mutable",
                                       "namespace",
                                       "new",
                                       "noexcept",
                                       "not",
                                       "not_eq",
                                       "nullptr",
                                       "operator",
                                       "or",
                                       "or_eq",
                                       "private",
                                       "protected",
                                       "public",
                                       "register",
                                       "reinterpret_cast",
                                       "restrict",
                                       "return",
                                       "short",
                                       "signed",
                                       "sizeof",
                                       "static",
                                       "static_assert",
                                       "static_cast",
                                       "struct",
                                       "switch",
                                       "template",
                                       "this",
                                       "thread_local",
                                       "throw",
                                       "true",
                                       "try",
                                       "typedef",
                                       "typeid",
                                       "typename",
                                       "union",
                                       "unsigned",
                                       "using",
                                       "virtual",
                                       "void",
                                       "volatile",
                                       "wchar_t",
                                       "while",
                                       "xor",
                                       "xor_eq",
                                       "_Alignas",
                                       "_Alignof",
                                       "_Atomic",
                                       "_Bool",
                                       "_Complex",
                                       "_Generic",
                                       "_Imaginary",
                                       "_Noreturn",
                                       "_Static_assert",
                                       "_Thread_local"};
  return keywords.contains(name);
}

static bool isIdentifier(StringRef name) {
  return !name.empty() && !isDigit(name[0]) && !isKeyword(name) &&
         all_of(name, [](char c) { return isAlnum(c) || c == '_'; });
}

/// A scalar that C passes in another register than LLVM, or in several.
static bool isPlainScalar(ElementType type) {
  return type != ElementType::F16 && type != ElementType::BF16 &&
         type != ElementType::C64 && type != ElementType::C128 &&
         type != ElementType::F8E4M3FN && type != ElementType::F8E5M2;
}

void HeaderWriter::writePreamble(const HeaderInfo &info) {
  os << "/* Functions of " << info.source
     << ", compiled by rmsnorm-compile for " << info.target << ".\n"
     << R"( *
 * Each function checks the descriptors of its arguments and returns NULL, or a
 * text that says what is wrong with them; it has touched no memory then. Extents
 * that several arguments share, and memory that overlaps, are not checked. All
 * functions may be called by several threads at once. They run their work by
 *
 *   void rmsnorm_parallel_for(void (*task)(void *context, int64_t begin,
 *                                          int64_t end),
 *                             void *context, int64_t count, int64_t grain);
 *
 * which the code defines weakly, as one call of the task, unless it was compiled
 * with --external-parallel-for: define it, or link librmsnorm_runtime. A task
 * may call it again; to run that on the calling thread will do. A program that
 * defines it may say on how many threads it runs tasks at most by
 *
 *   int64_t rmsnorm_max_threads(void);
 *
 * for few long rows then go to the threads as a whole where they come out even. */

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef RMSNORM_COMPLEX
#define RMSNORM_COMPLEX
typedef struct { float re, im; } rmsnorm_complex_f32;
typedef struct { double re, im; } rmsnorm_complex_f64;
#endif
)";
}

/// Headers of several objects may be included together.
void HeaderWriter::writeStruct(const ValueInfo &info) {
  CType type = getCType(info.elementType);
  std::string name = getStructName(info);
  if (!structs.insert(name).second)
    return;
  std::string guard = StringRef(name).upper();
  os << "\n#ifndef " << guard << "\n#define " << guard << "\n/* "
     << (info.getRank() == 0
             ? std::string("One element")
             : ("Memory of rank " + Twine(info.getRank())).str())
     << " of type " << rmsnorm::getName(info.elementType)
     << (type.note.empty() ? "" : ", ") << type.note
     << ". Element [i, ...] is at\n * aligned[offset + i * strides[0] + ...]; "
        "`allocated` is not used. */\ntypedef struct "
     << name << " {\n  " << type.name << " *allocated;\n  " << type.name
     << " *aligned;\n  int64_t offset;\n";
  if (info.getRank() > 0)
    os << "  int64_t sizes[" << info.getRank() << "];\n  int64_t strides["
       << info.getRank() << "];\n";
  os << "} " << name << ";\n#endif\n";
}

std::string HeaderWriter::declare(const ValueInfo &info, StringRef name,
                                  bool isArgument) {
  if (info.kind == ValueInfo::Kind::Scalar)
    return (getCType(info.elementType).name + " " + name).str();
  if (isArgument)
    return ("const " + getStructName(info) + " *" + name).str();
  return (getStructName(info) + " " + name).str();
}

void HeaderWriter::writeResults(const FunctionInfo &info) {
  if (info.results.empty())
    return;
  os << "\n/* What " << info.name
     << " gives. Memory in it belongs to the caller: free(allocated). */\n"
     << "typedef struct " << info.name << "_results {\n";
  for (auto [index, result] : enumerate(info.results))
    os << "  " << declare(result, "result" + std::to_string(index), false)
       << ";\n";
  os << "} " << info.name << "_results;\n";
}

void HeaderWriter::writeDocumentation(const FunctionInfo &info,
                                      ArrayRef<std::string> arguments) {
  size_t width = 0;
  for (const std::string &name : arguments)
    width = std::max(width, name.size());
  if (!info.results.empty())
    width = std::max<size_t>(width, StringRef("result0").size());
  auto line = [&](StringRef name, const ValueInfo &value) {
    os << " *   " << left_justify(name, width) << "  " << value.getTypeName();
    if (value.kind != ValueInfo::Kind::Scalar && value.contiguous &&
        value.getRank() > 0)
      os << ", the last axis fastest, without gaps";
    os << '\n';
  };
  os << "\n/* " << info.name << ":\n";
  for (auto [name, value] : zip(arguments, info.arguments))
    line(name, value);
  for (auto [index, value] : enumerate(info.results))
    line("result" + std::to_string(index), value);
  os << " */\n";
}

/// The names of the source, where each is an identifier and they differ.
std::vector<std::string>
HeaderWriter::getArgumentNames(const FunctionInfo &info) {
  std::vector<std::string> numbered;
  for (size_t index = 0; index < info.arguments.size(); ++index)
    numbered.push_back("arg" + std::to_string(index));
  auto found = names.find(info.name);
  if (found == names.end() || found->second.size() != numbered.size())
    return numbered;
  StringSet<> seen;
  for (const std::string &name : found->second)
    if (!isIdentifier(name) || name == "results" || !seen.insert(name).second)
      return numbered;
  return found->second;
}

Error HeaderWriter::writeFunction(const FunctionInfo &info) {
  if (!isIdentifier(info.name))
    return createStringError("expected a function whose name C can spell, but "
                             "got '" +
                             info.name + "'");
  for (const ValueInfo &value :
       concat<const ValueInfo>(info.arguments, info.results)) {
    if (value.kind != ValueInfo::Kind::Scalar)
      writeStruct(value);
    else if (!isPlainScalar(value.elementType))
      return createStringError(
          "'" + info.name + "': expected scalars that C passes as LLVM does, " +
          "but got " + rmsnorm::getName(value.elementType) +
          ": take a memref of rank 0");
  }
  std::vector<std::string> arguments = getArgumentNames(info);
  writeResults(info);
  writeDocumentation(info, arguments);
  os << "const char *" << info.name << "(";
  SmallVector<std::string> parameters;
  if (!info.results.empty())
    parameters.push_back(info.name + "_results *results");
  for (auto [name, value] : zip(arguments, info.arguments))
    parameters.push_back(declare(value, name, true));
  if (parameters.empty())
    parameters.push_back("void");
  os << join(parameters, ",\n    ") << ");\n";
  return Error::success();
}

Expected<std::string> rmsnorm::makeHeader(ArrayRef<FunctionInfo> functions,
                                          const ArgumentNames &names,
                                          const HeaderInfo &info) {
  std::string guard = "RMSNORM_";
  for (char c : info.fileName)
    guard += isAlnum(c) ? toUpper(c) : '_';
  std::string text;
  raw_string_ostream os(text);
  HeaderWriter writer(names, os);
  os << "#ifndef " << guard << "\n#define " << guard << "\n\n";
  writer.writePreamble(info);
  for (const FunctionInfo &function : functions)
    if (Error error = writer.writeFunction(function))
      return error;
  os << "\n#ifdef __cplusplus\n}\n#endif\n\n#endif /* " << guard << " */\n";
  return text;
}
