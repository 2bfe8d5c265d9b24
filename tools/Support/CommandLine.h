//===- CommandLine.h - Command lines that are refused in one line -*- C++ -*-=//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RMSNORM_TOOLS_SUPPORT_COMMANDLINE_H
#define RMSNORM_TOOLS_SUPPORT_COMMANDLINE_H

namespace rmsnorm {

/// Sets the options that are registered. False where it cannot, after saying
/// why as the tools say all that is wrong: `TOOL: error: ...`, one line.
bool parseCommandLine(int argc, char **argv, const char *overview);

} // namespace rmsnorm

#endif // RMSNORM_TOOLS_SUPPORT_COMMANDLINE_H
