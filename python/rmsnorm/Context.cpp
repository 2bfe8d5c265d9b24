//===- Context.cpp - The context that the module's calls use --------------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Context.h"
#include <atomic>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

namespace nb = nanobind;
using namespace rmsnorm::python;

void rmsnorm::python::check(RMSNormStatus status) {
  if (!status)
    return;
  std::string message = rmsnormStatusGetMessage(status);
  RMSNormCode code = rmsnormStatusGetCode(status);
  rmsnormStatusDestroy(status);
  PyObject *type = PyExc_RuntimeError;
  if (code == RMSNORM_INVALID_ARGUMENT)
    type = PyExc_ValueError;
  else if (code == RMSNORM_INVALID_TYPE)
    type = PyExc_TypeError;
  else if (code == RMSNORM_OVERFLOW)
    type = PyExc_OverflowError;
  else if (code == RMSNORM_UNSUPPORTED)
    type = PyExc_NotImplementedError;
  PyErr_SetString(type, message.c_str());
  throw nb::python_error();
}

static std::atomic<RMSNormContext> current{nullptr};

static RMSNormContext createContext(const RMSNormContextOptions *options) {
  RMSNormContext created = nullptr;
  check(rmsnormContextCreate(options, &created));
  return created;
}

RMSNormContext rmsnorm::python::getContext() {
  if (RMSNormContext context = current.load(std::memory_order_acquire))
    return context;
  RMSNormContext created = createContext(nullptr), expected = nullptr;
  if (current.compare_exchange_strong(expected, created))
    return created;
  rmsnormContextDestroy(created);
  return expected;
}

namespace {
/// What the program has asked for. No text: as the C API has it.
struct Settings {
  std::optional<std::string> directory, schedule;
  int64_t cacheSize = 0;
};
} // namespace

/// Behind the lock of the interpreter.
static Settings settings;

/// Makes a context with `wanted`. The context before stays: other threads may
/// be running a norm with it.
static void apply(Settings wanted) {
  auto toText = [](const std::optional<std::string> &text) {
    return text ? text->c_str() : nullptr;
  };
  RMSNormContextOptions options = {};
  options.cacheDirectory = toText(wanted.directory);
  options.cacheSize = wanted.cacheSize;
  options.schedule = toText(wanted.schedule);
  current.store(createContext(&options), std::memory_order_release);
  settings = std::move(wanted);
}

static void setCacheDirectory(nb::handle directory, nb::handle maxBytes) {
  Settings wanted = settings;
  wanted.directory = "";
  wanted.cacheSize = 0;
  if (!directory.is_none()) {
    PyObject *bytes = nullptr;
    if (!PyUnicode_FSConverter(directory.ptr(), &bytes)) {
      if (!PyErr_ExceptionMatches(PyExc_TypeError))
        throw nb::python_error();
      PyErr_Clear();
      throw nb::type_error((std::string("expected directory to be a path or "
                                        "None, but got ") +
                            nb::repr(directory).c_str())
                               .c_str());
    }
    nb::object path = nb::steal(bytes);
    wanted.directory = PyBytes_AS_STRING(bytes);
  }
  if (!maxBytes.is_none()) {
    bool isInteger =
        PyLong_Check(maxBytes.ptr()) && !PyBool_Check(maxBytes.ptr());
    int overflow = 0;
    if (isInteger)
      wanted.cacheSize =
          PyLong_AsLongLongAndOverflow(maxBytes.ptr(), &overflow);
    std::string text = std::string("expected max_bytes to be a positive int of "
                                   "64 bits or None, but got ") +
                       nb::repr(maxBytes).c_str();
    if (!isInteger)
      throw nb::type_error(text.c_str());
    if (overflow || wanted.cacheSize <= 0)
      throw nb::value_error(text.c_str());
  }
  apply(std::move(wanted));
}

static void setSchedule(std::optional<std::string> schedule) {
  Settings wanted = settings;
  wanted.schedule = std::move(schedule);
  apply(std::move(wanted));
}

static nb::dict getCacheInfo() {
  RMSNormCacheInfo info = rmsnormContextGetCacheInfo(getContext());
  auto toText = [](const char *text) -> nb::object {
    return *text ? nb::steal(PyUnicode_DecodeFSDefault(text)) : nb::none();
  };
  nb::dict result;
  result["directory"] = toText(info.directory);
  result["problem"] = toText(info.problem);
  result["compiled"] = info.numCompiled;
  result["loaded"] = info.numLoaded;
  result["rejected"] = info.numRejected;
  result["not_stored"] = info.numNotStored;
  return result;
}

void rmsnorm::python::addCacheFunctions(nb::module_ &module) {
  using namespace nb::literals;
  module.def("get_num_compiled",
             [] { return rmsnormContextGetNumCompiled(getContext()); });
  module.def("get_cache_info", &getCacheInfo);
  module.def("set_cache_directory", &setCacheDirectory, "directory"_a.none(),
             "max_bytes"_a.none() = nb::none());
  module.def("set_schedule", &setSchedule, "schedule"_a.none());
}
