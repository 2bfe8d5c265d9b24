//===- _core.cpp - The Python module --------------------------------------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Array.h"
#include "Context.h"
#include <atomic>
#include <nanobind/stl/string.h>
#include <optional>

namespace nb = nanobind;
using namespace rmsnorm::python;

/// 0: as many as the runtime has.
static std::atomic<int32_t> numThreads{0};

[[noreturn]] static void raiseValue(const std::string &text) {
  throw nb::value_error(text.c_str());
}

[[noreturn]] static void refuseType(const char *name, const char *expected,
                                    nb::handle found) {
  std::string text = std::string("expected ") + name + " to be " + expected +
                     ", but got " + nb::repr(found).c_str();
  throw nb::type_error(text.c_str());
}

/// The error that Python has raised in place of a number: a TypeError in words
/// of ours, anything else as it is.
[[noreturn]] static void refuseNumber(const char *name, const char *expected,
                                      nb::handle found) {
  if (!PyErr_ExceptionMatches(PyExc_TypeError))
    throw nb::python_error();
  PyErr_Clear();
  refuseType(name, expected, found);
}

static void raiseOverflow(const char *name) {
  PyErr_Format(PyExc_OverflowError,
               "expected %s to fit into 64 bits, but it does not", name);
  throw nb::python_error();
}

/// An int, or what stands for one; not a bool, which is one in Python alone.
static int64_t readInteger(nb::handle object, const char *name,
                           const char *expected, nb::handle whole) {
  if (PyBool_Check(object.ptr()))
    refuseType(name, expected, whole);
  nb::object number = nb::steal<nb::object>(PyNumber_Index(object.ptr()));
  if (!number.is_valid())
    refuseNumber(name, expected, whole);
  int overflow = 0;
  int64_t value = PyLong_AsLongLongAndOverflow(number.ptr(), &overflow);
  if (overflow)
    raiseOverflow(name);
  return value;
}

static double readReal(nb::handle object, const char *name) {
  double value = PyFloat_AsDouble(object.ptr());
  if (value != -1 || !PyErr_Occurred())
    return value;
  if (PyErr_ExceptionMatches(PyExc_OverflowError)) {
    PyErr_Clear();
    raiseOverflow(name);
  }
  refuseNumber(name, "a real number", object);
}

/// A bool of Python or NumPy.
static bool readFlag(nb::handle object, const char *name) {
  if (!PyBool_Check(object.ptr()) && !isNumPyBool(object))
    refuseType(name, "a bool", object);
  return PyObject_IsTrue(object.ptr()) == 1;
}

/// One axis or a sequence of them.
static std::vector<int64_t> readAxes(nb::handle object, const char *name) {
  constexpr char expected[] = "an int or a sequence of ints";
  PyObject *pointer = object.ptr();
  if (PyLong_CheckExact(pointer))
    return {readInteger(object, name, expected, object)};
  bool isText = PyUnicode_Check(pointer) || PyBytes_Check(pointer) ||
                PyByteArray_Check(pointer);
  // An array of rank 0 is an index, and no sequence for all it says.
  Py_ssize_t length =
      isText || !PySequence_Check(pointer) ? -1 : PySequence_Size(pointer);
  std::vector<int64_t> axes;
  if (length < 0) {
    PyErr_Clear();
    axes.push_back(readInteger(object, name, expected, object));
    return axes;
  }
  for (nb::handle item : nb::borrow<nb::sequence>(object))
    axes.push_back(readInteger(item, name, expected, object));
  return axes;
}

static RMSNormCastOrder readCastOrder(nb::handle object) {
  // Literals of it are one object.
  static PyObject *usual = PyUnicode_InternFromString("scale_then_cast");
  if (object.ptr() == usual)
    return RMSNORM_SCALE_THEN_CAST;
  std::string name;
  if (!nb::try_cast(object, name))
    refuseType("cast_order", "'scale_then_cast' or 'cast_then_scale'", object);
  if (name == "scale_then_cast")
    return RMSNORM_SCALE_THEN_CAST;
  if (name == "cast_then_scale")
    return RMSNORM_CAST_THEN_SCALE;
  raiseValue("expected cast_order to be 'scale_then_cast' or "
             "'cast_then_scale', but got '" +
             name + "'");
}

static bool isInteger(RMSNormType type) {
  return type >= RMSNORM_TYPE_I8 && type <= RMSNORM_TYPE_BOOL;
}

/// The type of the statistics, as the op's documentation has it.
static RMSNormType statisticsType(RMSNormType requested, RMSNormType x) {
  if (requested != RMSNORM_TYPE_NONE)
    return requested;
  return x == RMSNORM_TYPE_F64 || x == RMSNORM_TYPE_COMPLEX_F64
             ? RMSNORM_TYPE_F64
             : RMSNORM_TYPE_F32;
}

static bool isComplex(RMSNormType type) {
  return type == RMSNORM_TYPE_COMPLEX_F32 || type == RMSNORM_TYPE_COMPLEX_F64;
}

/// The type of x + residual: the residual's, if it can hold it.
static RMSNormType residualType(RMSNormType residual, RMSNormType x) {
  if (isComplex(x) && !isComplex(residual))
    return x;
  return isInteger(residual) ? RMSNORM_TYPE_F32 : residual;
}

static std::vector<int64_t> shapeOfRstd(const Array &x,
                                        const std::vector<int64_t> &axes) {
  std::vector<int64_t> shape = x.getShape();
  int64_t rank = shape.size();
  for (int64_t axis : axes) {
    int64_t counted = axis < 0 ? axis + rank : axis;
    if (counted >= 0 && counted < rank)
      shape[counted] = 1;
  }
  return shape;
}

namespace {
/// The results asked for: arrays of the caller or new ones.
class Results {
public:
  /// `out` is None, the array for y, or a tuple with an array or None for each
  /// of the `count` results.
  Results(nb::handle out, size_t count) {
    if (!PyTuple_Check(out.ptr())) {
      results[0] = nb::borrow(out);
      return;
    }
    size_t given = size_t(PyTuple_GET_SIZE(out.ptr()));
    if (given != count)
      raiseValue("expected out to hold " + std::to_string(count) +
                 " arrays, one for each result, but got " +
                 std::to_string(given));
    for (size_t index = 0; index < count; ++index)
      results[index] = nb::borrow(PyTuple_GET_ITEM(out.ptr(), index));
  }

  template <typename Allocate>
  const RMSNormTensor *add(const char *name, Allocate allocate) {
    nb::object &array = results[count];
    if (!array.is_valid() || array.is_none())
      array = allocate();
    return tensors[count++]
        .emplace(array, name, /*isWritten=*/true)
        .getTensor();
  }

  nb::object take() {
    if (count == 1)
      return std::move(results[0]);
    if (count == 2)
      return nb::make_tuple(results[0], results[1]);
    return nb::make_tuple(results[0], results[1], results[2]);
  }

private:
  static constexpr size_t most = 3;
  size_t count = 0;
  nb::object results[most];
  std::optional<Array> tensors[most];
};
} // namespace

static nb::object rmsNorm(nb::handle xObject, nb::handle scale, nb::handle bias,
                          nb::handle residual, nb::handle mask,
                          nb::handle epsilon, nb::handle reductionAxes,
                          nb::handle featureAxes, nb::handle scaleOffset,
                          nb::handle castOrder, nb::handle dtype,
                          nb::handle statsDType, nb::handle stable,
                          nb::handle wantsRstd, nb::handle wantsResidual,
                          nb::handle out) {
  RMSNormOptions options = rmsnormOptionsDefault();
  options.epsilon = readReal(epsilon, "epsilon");
  options.scaleOffset = readReal(scaleOffset, "scale_offset");
  options.castOrder = readCastOrder(castOrder);
  options.stable = readFlag(stable, "stable");
  bool returnRstd = readFlag(wantsRstd, "return_rstd");
  bool returnResidual = readFlag(wantsResidual, "return_residual");
  if (!statsDType.is_none())
    options.statsType = getElementType(statsDType, "stats_dtype");
  std::vector<int64_t> reduced = readAxes(reductionAxes, "reduction_axes");
  std::vector<int64_t> features = readAxes(featureAxes, "feature_axes");
  // A pointer that is not null says that there are no axes.
  static const int64_t none = 0;
  options.reductionAxes = reduced.empty() ? &none : reduced.data();
  options.numReductionAxes = static_cast<int32_t>(reduced.size());
  options.featureAxes = features.empty() ? &none : features.data();
  options.numFeatureAxes = static_cast<int32_t>(features.size());
  if (returnResidual && residual.is_none())
    raiseValue("expected a residual with return_residual, but got None");

  Array x(xObject, "x", false);
  RMSNormOperands operands = {};
  operands.x = x.getTensor();
  std::optional<Array> inputs[4];
  auto read = [&](size_t index, nb::handle object,
                  const char *name) -> const RMSNormTensor * {
    if (object.is_none())
      return nullptr;
    return inputs[index].emplace(object, name, false).getTensor();
  };
  operands.scale = read(0, scale, "scale");
  operands.bias = read(1, bias, "bias");
  operands.residual = read(2, residual, "residual");
  operands.mask = read(3, mask, "mask");

  Results results(out, 1 + returnResidual + returnRstd);
  RMSNormType type = isInteger(x.getType()) ? RMSNORM_TYPE_F32 : x.getType();
  if (!dtype.is_none())
    type = getElementType(dtype, "dtype");
  operands.y = results.add("out", [&] { return allocateLike(x, type); });
  if (!dtype.is_none() && operands.y->type != type)
    throw nb::type_error(("expected out to have the type '" +
                          std::string(rmsnormTypeGetName(type)) +
                          "' that dtype asks for, " + "but got '" +
                          rmsnormTypeGetName(operands.y->type) + "'")
                             .c_str());
  if (returnResidual)
    operands.residualOut = results.add("out[1]", [&] {
      return allocateLike(x, residualType(inputs[2]->getType(), x.getType()));
    });
  if (returnRstd)
    operands.rstd = results.add("out for rstd", [&] {
      return allocate(shapeOfRstd(x, reduced),
                      statisticsType(options.statsType, x.getType()));
    });
  rmsnorm_executor executor = {};
  executor.num_threads = numThreads.load(std::memory_order_relaxed);
  RMSNormStatus status;
  RMSNormContext context = getContext();
  {
    nb::gil_scoped_release release;
    status = rmsnormRun(context, &options, &operands, &executor);
  }
  check(status);
  return results.take();
}

/// Parameters are objects and may be None, so that what cannot be taken is
/// refused in words of ours.
NB_MODULE(_core, module) {
  using namespace nb::literals;
  nb::object none = nb::none();
  module.def("rms_norm", &rmsNorm, "x"_a.none(), "scale"_a.none() = none,
             "bias"_a.none() = none, nb::kw_only(), "residual"_a.none() = none,
             "mask"_a.none() = none, "epsilon"_a.none() = 1e-6,
             "reduction_axes"_a.none() = -1, "feature_axes"_a.none() = -1,
             "scale_offset"_a.none() = 0.0,
             "cast_order"_a.none() = "scale_then_cast", "dtype"_a.none() = none,
             "stats_dtype"_a.none() = none, "stable"_a.none() = false,
             "return_rstd"_a.none() = false, "return_residual"_a.none() = false,
             "out"_a.none() = none);
  module.def("get_num_threads", [] { return numThreads.load(); });
  module.def(
      "set_num_threads",
      [](nb::handle object) {
        int64_t count = readInteger(object, "count", "an int", object);
        if (count < 0 || count > 65536)
          raiseValue("expected a number of threads of 0 to 65536, but got " +
                     std::to_string(count));
        numThreads = static_cast<int32_t>(count);
      },
      "count"_a.none());
  addCacheFunctions(module);
}
