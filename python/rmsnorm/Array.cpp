//===- Array.cpp - NumPy arrays as tensors of the C API -------------------===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Array.h"
#include <algorithm>
#include <cstdlib>
#include <nanobind/stl/string.h>
#include <numeric>

namespace nb = nanobind;
using namespace rmsnorm::python;

namespace {

/// What the capsule `__array_struct__` holds: NumPy's array interface, version
/// 2, which needs none of NumPy's headers.
struct ArrayInterface {
  int two, nd;
  char typekind;
  int itemsize, flags;
  Py_intptr_t *shape, *strides;
  void *data;
  PyObject *descr;
};
constexpr int flagAligned = 0x100, flagNativeOrder = 0x200,
              flagWriteable = 0x400;

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
  nb::object numpy, ndarray, dtype, boolean, empty;
  /// Names of attributes that each call looks up.
  nb::object arrayStruct, dtypeName;
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
    numpy = nb::module_::import_("numpy");
    ndarray = numpy.attr("ndarray");
    dtype = numpy.attr("dtype");
    boolean = numpy.attr("bool_");
    empty = numpy.attr("empty");
    arrayStruct = nb::steal(PyUnicode_InternFromString("__array_struct__"));
    dtypeName = nb::steal(PyUnicode_InternFromString("dtype"));
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
  Modules &modules = Modules::get();
  if (!nb::isinstance(object, modules.ndarray)) {
    std::string text =
        std::string("expected ") + name + " to be a numpy.ndarray, but got " +
        nb::str(nb::handle((PyObject *)Py_TYPE(object.ptr())).attr("__name__"))
            .c_str();
    throw nb::type_error(text.c_str());
  }
  if (nb::isinstance(object, modules.numpy.attr("ma").attr("MaskedArray"))) {
    std::string text = std::string("expected ") + name +
                       " to be an array without a mask of its own, but got "
                       "a numpy.ma.MaskedArray";
    throw nb::type_error(text.c_str());
  }
}

Array::Array(nb::handle object, const char *name, bool isWritten) {
  Modules &modules = Modules::get();
  // Its own mask would be left out without a word; a subclass may have one.
  if (!Py_IS_TYPE(object.ptr(), (PyTypeObject *)modules.ndarray.ptr()))
    checkSubclass(object, name);
  interface =
      nb::steal(PyObject_GetAttr(object.ptr(), modules.arrayStruct.ptr()));
  if (!interface.is_valid())
    throw nb::python_error();
  check(object, name, isWritten);
}

void Array::check(nb::handle object, const char *name, bool isWritten) {
  auto *array = static_cast<ArrayInterface *>(
      PyCapsule_GetPointer(interface.ptr(), nullptr));
  if (!array)
    throw nb::python_error();
  auto refuse = [&](const std::string &expected) {
    throw nb::value_error(
        (std::string("expected ") + name + " " + expected).c_str());
  };
  tensor.type = findType(array->typekind, array->itemsize);
  bool isExtended = tensor.type == RMSNORM_TYPE_NONE;
  if (isExtended) {
    nb::object dtype = object.attr(Modules::get().dtypeName);
    tensor.type = findExtendedType(dtype);
    if (tensor.type == RMSNORM_TYPE_NONE)
      raiseType(name, dtype);
  }
  if (array->itemsize > 1 && !isExtended && !(array->flags & flagNativeOrder))
    refuse("in the byte order of the machine, but it is swapped");
  if (!(array->flags & flagAligned))
    refuse("aligned to its type, but its memory is not");
  if (isWritten && !(array->flags & flagWriteable))
    refuse("to be writeable, but it is read-only");
  for (int axis = 0; axis < array->nd; ++axis) {
    if (array->shape[axis] > 1 && array->strides[axis] % array->itemsize != 0)
      refuse("with strides of whole elements, but got " +
             std::to_string(array->strides[axis]) + " bytes on axis " +
             std::to_string(axis));
    shape[axis] = array->shape[axis];
    strides[axis] = array->strides[axis] / array->itemsize;
  }
  tensor.data = array->data;
  tensor.rank = array->nd;
  tensor.shape = shape;
  tensor.strides = strides;
}

/// A new array with its axes, slowest first, in `order` in memory. Large ones
/// begin at a cache line, so that they can be written around the cache; NumPy
/// aligns to 16 bytes.
static nb::object allocateInOrder(const std::vector<int64_t> &shape,
                                  const std::vector<size_t> &order,
                                  RMSNormType type) {
  constexpr int64_t line = 64, large = int64_t(1) << 16;
  Modules &modules = Modules::get();
  const nb::object &dtype = modules.dtypes[type];
  int64_t size = rmsnormTypeGetSize(type);
  nb::list extents;
  for (int64_t extent : shape)
    extents.append(extent);
  nb::object extentTuple = nb::tuple(extents);
  // Not as much memory as the other extents would take.
  if (std::find(shape.begin(), shape.end(), 0) != shape.end())
    return modules.empty(extentTuple, dtype);
  bool isInOrder = std::is_sorted(order.begin(), order.end());
  std::vector<int64_t> strides(shape.size());
  int64_t bytes = size;
  for (auto axis = order.rbegin(); axis != order.rend(); ++axis) {
    strides[*axis] = bytes;
    // NumPy refuses what does not fit; here nothing may wrap.
    if (__builtin_mul_overflow(bytes, std::max<int64_t>(shape[*axis], 1),
                               &bytes))
      return modules.empty(extentTuple, dtype);
  }
  if (isInOrder && bytes < large)
    return modules.empty(extentTuple, dtype);
  nb::object memory = modules.empty(bytes + line, "u1");
  int64_t address = nb::cast<int64_t>(memory.attr("ctypes").attr("data"));
  nb::list steps;
  for (int64_t stride : strides)
    steps.append(stride);
  return modules.ndarray(extentTuple, dtype, memory, -address & (line - 1),
                         nb::tuple(steps));
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
