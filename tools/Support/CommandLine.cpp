//===- CommandLine.cpp - Command lines that are refused in one line -------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CommandLine.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

/// The first of LLVM's complaints, in the form of a diagnostic:
///
///   tool: Unknown command line argument '-x'.  Try: 'tool --help'
///   ~> unknown command line argument '-x'
static std::string toDiagnostic(StringRef text, StringRef tool) {
  StringRef line = text.split('\n').first;
  line.consume_front(tool);
  line.consume_front(": ");
  line = line.split(".  Try: ").first.rtrim("!.");
  std::string message = line.str();
  if (!message.empty())
    message[0] = toLower(message[0]);
  return message;
}

bool rmsnorm::parseCommandLine(int argc, char **argv, const char *overview) {
  std::string text;
  raw_string_ostream os(text);
  if (cl::ParseCommandLineOptions(argc, argv, overview, &os))
    return true;
  StringRef tool = sys::path::filename(argv[0]);
  // What is wrong with the value of an option LLVM has printed by itself.
  if (!text.empty())
    errs() << tool << ": error: " << toDiagnostic(text, tool) << "; see "
           << tool << " --help\n";
  return false;
}
