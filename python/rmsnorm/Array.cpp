//===- Array.cpp - NumPy arrays as tensors of the C API -------------------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#define NPY_NO_DEPRECATED_API NPY_2_0_API_VERSION
#include "Array.h"
#include <algorithm>
#include <cstdlib>
#include <nanobind/stl/string.h>
#include <numeric>
#include <numpy/arrayobject.h>

namespace nb = nanobind;
using namespace rmsnorm::python;

namespace {

struct NumPyType {
  char kind;
  int size;
  RMSNormType type;
};
constexpr NumPyType numpyTypes[] = {
    {'f', 2, RMSNORM_TYPE_F16},          {'f', 4, RMSNORM_TYPE_F32},
    {'f', 8, RMSNORM_TYPE_F64},          {'c', 8, RMSNORM_TYPE_COMPLEX_F32},
    {'c', 16, RMSNORM_TYPE_COMPLEX_F64}, {'i', 1, RMSNORM_TYPE_I8},
    {'i', 2, RMSNORM_TYPE_I16},          {'i', 4, RMSNORM_TYPE_I32},
    {'i', 8, RMSNORM_TYPE_I64},          {'u', 1, RMSNORM_TYPE_U8},
    {'u', 2, RMSNORM_TYPE_U16},          {'u', 4, RMSNORM_TYPE_U32},
    {'u', 8, RMSNORM_TYPE_U64},          {'b', 1, RMSNORM_TYPE_BOOL}};

/// NumPy and the types that it has from ml_dtypes, looked up once.
struct Modules {
  nb::object numpy, dtype, boolean;
  struct Named {
    nb::object dtype;
    RMSNormType type;
  };
  /// Types that NumPy calls void.
  std::vector<Named> extended;
  /// By RMSNormType, from 1 on.
  nb::object dtypes[RMSNORM_TYPE_BOOL + 1];

  static Modules &get() {
    static Modules *modules = new Modules;
    return *modules;
  }

private:
  Modules() {
    if (PyArray_ImportNumPyAPI() < 0)
      throw nb::python_error();
    numpy = nb::module_::import_("numpy");
    dtype = numpy.attr("dtype");
    boolean = numpy.attr("bool_");
    nb::object ml = nb::module_::import_("ml_dtypes");
    extended = {{dtype(ml.attr("bfloat16")), RMSNORM_TYPE_BF16},
                {dtype(ml.attr("float8_e4m3fn")), RMSNORM_TYPE_F8E4M3FN},
                {dtype(ml.attr("float8_e5m2")), RMSNORM_TYPE_F8E5M2}};
    for (const Named &entry : extended)
      dtypes[entry.type] = entry.dtype;
    for (const NumPyType &entry : numpyTypes)
      dtypes[entry.type] = dtype(nb::str(
          (std::string(1, entry.kind) + std::to_string(entry.size)).c_str()));
  }
};

} // namespace

/// RMSNORM_TYPE_NONE where there is none.
static RMSNormType findType(char kind, int size) {
  for (const NumPyType &entry : numpyTypes)
    if (entry.kind == kind && entry.size == size)
      return entry.type;
  return RMSNORM_TYPE_NONE;
}

/// Types of ml_dtypes. A dtype is nearly always the one object of its type.
static RMSNormType findExtendedType(nb::handle dtype) {
  const std::vector<Modules::Named> &types = Modules::get().extended;
  for (const Modules::Named &entry : types)
    if (entry.dtype.is(dtype))
      return entry.type;
  for (const Modules::Named &entry : types)
    if (entry.dtype.equal(dtype))
      return entry.type;
  return RMSNORM_TYPE_NONE;
}

[[noreturn]] static void raiseType(const char *name, nb::handle found) {
  std::string text = std::string("expected ") + name +
                     " to have a floating, complex, integer or bool type, "
                     "but got " +
                     nb::str(found).c_str();
  throw nb::type_error(text.c_str());
}

RMSNormType rmsnorm::python::getElementType(nb::handle object,
                                            const char *name) {
  nb::object dtype;
  try {
    dtype = Modules::get().dtype(object);
  } catch (nb::python_error &) {
    raiseType(name, object);
  }
  std::string kind = nb::cast<std::string>(dtype.attr("kind"));
  RMSNormType type = findType(kind[0], nb::cast<int>(dtype.attr("itemsize")));
  if (type == RMSNORM_TYPE_NONE)
    type = findExtendedType(dtype);
  if (type == RMSNORM_TYPE_NONE)
    raiseType(name, dtype);
  if (!nb::cast<bool>(dtype.attr("isnative")))
    throw nb::value_error((std::string("expected ") + name +
                           " in the byte order of the machine, but got " +
                           nb::str(dtype).c_str())
                              .c_str());
  return type;
}

bool rmsnorm::python::isNumPyBool(nb::handle object) {
  return nb::isinstance(object, Modules::get().boolean);
}

static void checkSubclass(nb::handle object, const char *name) {
  if (!PyArray_Check(object.ptr())) {
    std::string text =
        std::string("expected ") + name + " to be a numpy.ndarray, but got " +
        nb::str(nb::handle((PyObject *)Py_TYPE(object.ptr())).attr("__name__"))
            .c_str();
    throw nb::type_error(text.c_str());
  }
  nb::object numpy = Modules::get().numpy;
  if (nb::isinstance(object, numpy.attr("ma").attr("MaskedArray"))) {
    std::string text = std::string("expected ") + name +
                       " to be an array without a mask of its own, but got "
                       "a numpy.ma.MaskedArray";
    throw nb::type_error(text.c_str());
  }
}

Array::Array(nb::handle object, const char *name, bool isWritten)
    : owner(nb::borrow(object)) {
  Modules::get();
  // Its own mask would be left out without a word; a subclass may have one.
  if (!PyArray_CheckExact(object.ptr()))
    checkSubclass(object, name);
  auto *array = reinterpret_cast<PyArrayObject *>(object.ptr());
  PyArray_Descr *descr = PyArray_DESCR(array);
  int64_t size = PyArray_ITEMSIZE(array);
  auto refuse = [&](const std::string &expected) {
    throw nb::value_error(
        (std::string("expected ") + name + " " + expected).c_str());
  };
  tensor.type = findType(descr->kind, size);
  bool isExtended = tensor.type == RMSNORM_TYPE_NONE;
  if (isExtended) {
    nb::handle dtype(reinterpret_cast<PyObject *>(descr));
    tensor.type = findExtendedType(dtype);
    if (tensor.type == RMSNORM_TYPE_NONE)
      raiseType(name, dtype);
  }
  if (size > 1 && !isExtended && PyArray_ISBYTESWAPPED(array))
    refuse("in the byte order of the machine, but it is swapped");
  if (!PyArray_ISALIGNED(array))
    refuse("aligned to its type, but its memory is not");
  if (isWritten && !PyArray_ISWRITEABLE(array))
    refuse("to be writeable, but it is read-only");
  const npy_intp *extents = PyArray_DIMS(array),
                 *bytes = PyArray_STRIDES(array);
  tensor.rank = PyArray_NDIM(array);
  for (int axis = 0; axis < tensor.rank; ++axis) {
    if (extents[axis] > 1 && bytes[axis] % size != 0)
      refuse("with strides of whole elements, but got " +
             std::to_string(bytes[axis]) + " bytes on axis " +
             std::to_string(axis));
    shape[axis] = extents[axis];
    strides[axis] = bytes[axis] / size;
  }
  tensor.data = PyArray_DATA(array);
  tensor.shape = shape;
  tensor.strides = strides;
}

/// A new array of NumPy's, last axis fastest. NumPy refuses what does not fit.
static nb::object createArray(const std::vector<npy_intp> &shape,
                              nb::object dtype) {
  // The reference to the type goes over to the array.
  auto *descr = reinterpret_cast<PyArray_Descr *>(dtype.release().ptr());
  nb::object array = nb::steal(
      PyArray_Empty(int(shape.size()), shape.data(), descr, /*fortran=*/0));
  if (!array.is_valid())
    throw nb::python_error();
  return array;
}

/// A new array with its axes, slowest first, in `order` in memory. Large ones
/// begin at a cache line, so that they can be written around the cache; NumPy
/// aligns to 16 bytes.
static nb::object allocateInOrder(const std::vector<int64_t> &shape,
                                  const std::vector<size_t> &order,
                                  RMSNormType type) {
  constexpr int64_t line = 64, large = int64_t(1) << 16;
  Modules &modules = Modules::get();
  std::vector<npy_intp> extents(shape.begin(), shape.end());
  int64_t bytes = rmsnormTypeGetSize(type);
  std::vector<npy_intp> strides(shape.size());
  bool fits = true;
  for (auto axis = order.rbegin(); axis != order.rend(); ++axis) {
    strides[*axis] = bytes;
    fits = fits && !__builtin_mul_overflow(
                       bytes, std::max<int64_t>(shape[*axis], 1), &bytes);
  }
  // Not as much memory as the other extents would take.
  bool isEmpty = std::find(shape.begin(), shape.end(), 0) != shape.end();
  bool isInOrder = std::is_sorted(order.begin(), order.end());
  if (isEmpty || !fits || (isInOrder && bytes < large))
    return createArray(extents, modules.dtypes[type]);
  nb::object memory =
      createArray({bytes + line}, modules.dtypes[RMSNORM_TYPE_U8]);
  auto *room = reinterpret_cast<PyArrayObject *>(memory.ptr());
  char *data = PyArray_BYTES(room);
  data += -reinterpret_cast<uintptr_t>(data) & (line - 1);
  nb::object dtype = modules.dtypes[type];
  nb::object array = nb::steal(PyArray_NewFromDescr(
      &PyArray_Type, reinterpret_cast<PyArray_Descr *>(dtype.release().ptr()),
      int(extents.size()), extents.data(), strides.data(), data,
      NPY_ARRAY_WRITEABLE, nullptr));
  if (!array.is_valid() ||
      PyArray_SetBaseObject(reinterpret_cast<PyArrayObject *>(array.ptr()),
                            memory.release().ptr()) < 0)
    throw nb::python_error();
  return array;
}

nb::object rmsnorm::python::allocate(const std::vector<int64_t> &shape,
                                     RMSNormType type) {
  std::vector<size_t> order(shape.size());
  std::iota(order.begin(), order.end(), 0);
  return allocateInOrder(shape, order, type);
}

nb::object rmsnorm::python::allocateLike(const Array &array, RMSNormType type) {
  std::vector<int64_t> shape = array.getShape();
  std::vector<size_t> order(shape.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](size_t lhs, size_t rhs) {
    int64_t left = std::abs(array.strides[lhs]);
    int64_t right = std::abs(array.strides[rhs]);
    return left != right ? left > right : lhs < rhs;
  });
  return allocateInOrder(shape, order, type);
}
