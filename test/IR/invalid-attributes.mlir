// Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The checks C18 to C27 of docs/Semantics.md, and text that is no attribute or
// no op of the dialect.
//
// RUN: rmsnorm-opt %s --split-input-file --verify-diagnostics
// RUN: sed s/expected-error// %s | not rmsnorm-opt --split-input-file 2>&1 \
// RUN:   | %python %S/Inputs/check-diagnostics.py %s

// C18: a group of no device
// expected-error @below {{expected groups of one device or more, but got an empty group}}
#a = #rmsnorm.device_group<"d", groups = [[0, 1], []]>

// -----

// C18: one group of no device
// expected-error @below {{expected groups of one device or more, but got an empty group}}
#a = #rmsnorm.device_group<"d", groups = [[]], weighted>

// -----

// C19: groups that overlap
// expected-error @below {{expected groups that do not overlap, but got device 1 twice}}
#a = #rmsnorm.device_group<"d", groups = [[0, 1], [1, 2]]>

// -----

// C19: a device twice in one group
// expected-error @below {{expected groups that do not overlap, but got device 0 twice}}
#a = #rmsnorm.device_group<"d", groups = [[0, 0]]>

// -----

// C20: a device left out
// expected-error @below {{expected groups of the devices 0 to 3, as there are 4 in them, but got none with device 2}}
#a = #rmsnorm.device_group<"d", groups = [[0, 1], [3, 4]]>

// -----

// C20: a negative device
// expected-error @below {{expected groups of the devices 0 to 1, as there are 2 in them, but got none with device 1}}
#a = #rmsnorm.device_group<"d", groups = [[-1, 0]]>

// -----

// C21: a device axis without a name
// expected-error @below {{expected a name for the device axis, but got ""}}
#a = #rmsnorm.device_group<"">

// -----

// C22: groups of two sizes whose means are averaged
// expected-error @below {{expected groups of one size for mean_of_means, but got sizes 1 and 2}}
#a = #rmsnorm.device_group<"d", groups = [[0], [1, 2]]>

// -----

// C22: written out
// expected-error @below {{expected groups of one size for mean_of_means, but got sizes 3 and 1}}
#a = #rmsnorm.device_group<"d", groups = [[0, 1, 2], [3]], mean_of_means>

// -----

// C23: no step
// expected-error @below {{expected vector to be falling powers of two of at most 1024 that end in 1, but got []}}
#a = #rmsnorm.cpu_schedule<vector = [], normalize_vector = [1]>

// -----

// C23: a last step that is not 1
// expected-error @below {{expected vector to be falling powers of two of at most 1024 that end in 1, but got [8]}}
#a = #rmsnorm.cpu_schedule<vector = [8], normalize_vector = [1]>

// -----

// C23: a step that is no power of two
// expected-error @below {{expected vector to be falling powers of two of at most 1024 that end in 1, but got [12, 1]}}
#a = #rmsnorm.cpu_schedule<vector = [12, 1], normalize_vector = [1]>

// -----

// C23: steps that do not fall
// expected-error @below {{expected vector to be falling powers of two of at most 1024 that end in 1, but got [8, 8, 1]}}
#a = #rmsnorm.cpu_schedule<vector = [8, 8, 1], normalize_vector = [1]>

// -----

// C23: a step of more than 1024
// expected-error @below {{expected vector to be falling powers of two of at most 1024 that end in 1, but got [2048, 1]}}
#a = #rmsnorm.cpu_schedule<vector = [2048, 1], normalize_vector = [1]>

// -----

// C23: a negative step
// expected-error @below {{expected vector to be falling powers of two of at most 1024 that end in 1, but got [-8, 1]}}
#a = #rmsnorm.cpu_schedule<vector = [-8, 1], normalize_vector = [1]>

// -----

// C23: in normalize_vector
// expected-error @below {{expected normalize_vector to be falling powers of two of at most 1024 that end in 1, but got [4, 2]}}
#a = #rmsnorm.cpu_schedule<vector = [1], normalize_vector = [4, 2]>

// -----

// C24: a chain of no terms
// expected-error @below {{expected chain to be from 1 to 8, but got 0}}
#a = #rmsnorm.cpu_schedule<vector = [64, 1], normalize_vector = [1], chain = 0>

// -----

// C24: a chain that is too long
// expected-error @below {{expected chain to be from 1 to 8, but got 9}}
#a = #rmsnorm.cpu_schedule<vector = [64, 1], normalize_vector = [1], chain = 9>

// -----

// C24: a block of no chains
// expected-error @below {{expected block to be from 1 to 16, but got 0}}
#a = #rmsnorm.cpu_schedule<vector = [1], normalize_vector = [1], block = 0>

// -----

// C24: a block that is too long
// expected-error @below {{expected block to be from 1 to 16, but got 17}}
#a = #rmsnorm.cpu_schedule<vector = [1], normalize_vector = [1], block = 17>

// -----

// C25: a negative part
// expected-error @below {{expected part to be 0 or more, but got -1}}
#a = #rmsnorm.cpu_schedule<vector = [1], normalize_vector = [1], part = -1>

// -----

// C25: a negative length of what is converted once
// expected-error @below {{expected convert to be 0 or more, but got -1}}
#a = #rmsnorm.cpu_schedule<vector = [1], normalize_vector = [1], convert = -1>

// -----

// C25: a negative panel
// expected-error @below {{expected panel to be 0 or more, but got -1}}
#a = #rmsnorm.cpu_schedule<vector = [1], normalize_vector = [1], panel = -1>

// -----

// C25: a negative overlap
// expected-error @below {{expected overlap to be 0 or more, but got -4}}
#a = #rmsnorm.cpu_schedule<vector = [1], normalize_vector = [1], overlap = -4>

// -----

// C25: a negative prefetch
// expected-error @below {{expected prefetch to be 0 or more, but got -2}}
#a = #rmsnorm.cpu_schedule<vector = [1], normalize_vector = [1], prefetch = -2>

// -----

// C25: a negative nontemporal
// expected-error @below {{expected nontemporal to be 0 or more, but got -1}}
#a = #rmsnorm.cpu_schedule<vector = [1], normalize_vector = [1], nontemporal = -1>

// -----

// C25: a negative write_ahead
// expected-error @below {{expected write_ahead to be 0 or more, but got -64}}
#a = #rmsnorm.cpu_schedule<vector = [1], normalize_vector = [1], write_ahead = -64>

// -----

// C25: a negative far
// expected-error @below {{expected far to be 0 or more, but got -1}}
#a = #rmsnorm.cpu_schedule<vector = [1], normalize_vector = [1], far = -1>

// -----

// C25: a negative far_panel
// expected-error @below {{expected far_panel to be 0 or more, but got -1}}
#a = #rmsnorm.cpu_schedule<vector = [1], normalize_vector = [1], far_panel = -1>

// -----

// C25: a negative far_aspect
// expected-error @below {{expected far_aspect to be 0 or more, but got -1}}
#a = #rmsnorm.cpu_schedule<vector = [1], normalize_vector = [1], far_aspect = -1>

// -----

// C25: a negative far_ahead
// expected-error @below {{expected far_ahead to be 0 or more, but got -1}}
#a = #rmsnorm.cpu_schedule<vector = [1], normalize_vector = [1], far_ahead = -1>

// -----

// C25: a negative grain
// expected-error @below {{expected grain to be 0 or more, but got -8}}
#a = #rmsnorm.cpu_schedule<vector = [1], normalize_vector = [1], grain = -8>

// -----

// C26: no rows
// expected-error @below {{expected rows to be a power of two from 1 to 16, but got 0}}
#a = #rmsnorm.cpu_schedule<vector = [1], normalize_vector = [1], rows = 0>

// -----

// C26: rows that do not halve to one
// expected-error @below {{expected rows to be a power of two from 1 to 16, but got 6}}
#a = #rmsnorm.cpu_schedule<vector = [1], normalize_vector = [1], rows = 6>

// -----

// C26: too many rows
// expected-error @below {{expected rows to be a power of two from 1 to 16, but got 32}}
#a = #rmsnorm.cpu_schedule<vector = [1], normalize_vector = [1], rows = 32>

// -----

// C26: far rows that do not halve to one
// expected-error @below {{expected far_rows to be a power of two from 1 to 16, but got 3}}
#a = #rmsnorm.cpu_schedule<vector = [1], normalize_vector = [1], far_rows = 3>

// -----

// C27: a negative fold
// expected-error @below {{expected fold to be 0 or a power of two up to 1024, but got -8}}
#a = #rmsnorm.cpu_schedule<vector = [1], normalize_vector = [1], fold = -8>

// -----

// C27: a fold that is no power of two
// expected-error @below {{expected fold to be 0 or a power of two up to 1024, but got 6}}
#a = #rmsnorm.cpu_schedule<vector = [1], normalize_vector = [1], fold = 6>

// -----

// C27: a fold of more lanes than a step may have
// expected-error @below {{expected fold to be 0 or a power of two up to 1024, but got 2048}}
#a = #rmsnorm.cpu_schedule<vector = [1], normalize_vector = [1], fold = 2048>

// -----

// Syntax: a device group without its axis
// expected-error @below {{expected string}}
// expected-error @below {{failed to parse RMSNorm_DeviceGroupAttr parameter 'axis' which is to be a `::llvm::StringRef`}}
#a = #rmsnorm.device_group<groups = [[0]]>

// -----

// Syntax: groups that are no list
// expected-error @below {{expected '['}}
// expected-error @below {{failed to parse RMSNorm_DeviceGroupAttr parameter 'groups' which is to be a `::llvm::ArrayRef<::mlir::DenseI64ArrayAttr>`}}
#a = #rmsnorm.device_group<"d", groups = 3>

// -----

// Syntax: a group that is no list
// expected-error @below {{expected '['}}
// expected-error @below {{failed to parse RMSNorm_DeviceGroupAttr parameter 'groups' which is to be a `::llvm::ArrayRef<::mlir::DenseI64ArrayAttr>`}}
#a = #rmsnorm.device_group<"d", groups = [0, 1]>

// -----

// Syntax: a device that is no number
// expected-error @below {{expected integer value}}
// expected-error @below {{failed to parse RMSNorm_DeviceGroupAttr parameter 'groups' which is to be a `::llvm::ArrayRef<::mlir::DenseI64ArrayAttr>`}}
#a = #rmsnorm.device_group<"d", groups = [[zero]]>

// -----

// Syntax: an unknown combination
// expected-error @below {{expected 'groups'}}
#a = #rmsnorm.device_group<"d", sum>

// -----

// Syntax: an unknown cast order
// expected-error @below {{expected ::rmsnorm::CastOrder to be one of: scale_then_cast, cast_then_scale}}
// expected-error @below {{failed to parse RMSNorm_CastOrderAttr parameter 'value' which is to be a `::rmsnorm::CastOrder`}}
#a = #rmsnorm.cast_order<never>

// -----

// Syntax: an unknown schedule parameter
// expected-error @below {{duplicate or unknown struct parameter name: width}}
#a = #rmsnorm.cpu_schedule<vector = [1], normalize_vector = [1], width = 8>

// -----

// Syntax: a schedule parameter twice
// expected-error @below {{duplicate or unknown struct parameter name: vector}}
#a = #rmsnorm.cpu_schedule<vector = [1], normalize_vector = [1], vector = [1]>

// -----

// Syntax: a schedule without vector
// expected-error @below {{struct is missing required parameter: vector}}
#a = #rmsnorm.cpu_schedule<normalize_vector = [1]>

// -----

// Syntax: a schedule parameter of another type
// expected-error @below {{expected '['}}
// expected-error @below {{failed to parse RMSNorm_CPUScheduleAttr parameter 'vector' which is to be a `::llvm::ArrayRef<int64_t>`}}
#a = #rmsnorm.cpu_schedule<vector = 8, normalize_vector = [1]>

// -----

// Syntax: a schedule flag of another type
// expected-error @below {{integer value too large}}
// expected-error @below {{failed to parse RMSNorm_CPUScheduleAttr parameter 'share_rows' which is to be a `bool`}}
#a = #rmsnorm.cpu_schedule<vector = [1], normalize_vector = [1], share_rows = 2>

// -----

// Syntax: an attribute that the dialect does not have
// expected-error @below {{unknown attribute `gpu_plan` in dialect `rmsnorm`}}
#a = #rmsnorm.gpu_plan<1>

// -----

// Syntax: an axis that is no number
func.func @f(%x: memref<8x64xf32>, %y: memref<8x64xf32>) {
  // expected-error @below {{custom op 'rmsnorm.rms_norm' expected integer value}}
  rmsnorm.rms_norm ins(%x : memref<8x64xf32>) outs(%y : memref<8x64xf32>) reduce [last]
  return
}

// -----

// Syntax: axes that are no list
func.func @f(%x: memref<8x64xf32>, %y: memref<8x64xf32>) {
  // expected-error @below {{expected '['}}
  rmsnorm.rms_norm ins(%x : memref<8x64xf32>) outs(%y : memref<8x64xf32>) reduce 1
  return
}

// -----

// Syntax: features before reduce
func.func @f(%x: memref<8x64xf32>, %y: memref<8x64xf32>) {
  // expected-error @below {{custom op 'reduce' is unknown (tried 'func.reduce' as well)}}
  rmsnorm.rms_norm ins(%x : memref<8x64xf32>) outs(%y : memref<8x64xf32>) features [1] reduce [1]
  return
}

// -----

// Syntax: an op that the dialect does not have
func.func @f(%x: memref<8x64xf32>, %y: memref<8x64xf32>) {
  // expected-error @below {{custom op 'rmsnorm.layer_norm' is unknown}}
  rmsnorm.layer_norm ins(%x : memref<8x64xf32>) outs(%y : memref<8x64xf32>)
  return
}

// -----

// Syntax: no destination
func.func @f(%x: memref<8x64xf32>) {
  // expected-error @+2 {{custom op 'rmsnorm.rms_norm' expected 'outs'}}
  rmsnorm.rms_norm ins(%x : memref<8x64xf32>)
  return
}

// -----

// Syntax: a cast order of another attribute
func.func @f(%x: memref<8x64xf32>, %y: memref<8x64xf32>) {
  // expected-error @below {{custom op 'rmsnorm.rms_norm' 'rmsnorm.rms_norm' op attribute 'cast_order' failed to satisfy constraint: where the normalised value is rounded to x's type}}
  rmsnorm.rms_norm ins(%x : memref<8x64xf32>) outs(%y : memref<8x64xf32>) {cast_order = 1 : i32}
  return
}

// -----

// Syntax: a schedule of another attribute
func.func @f(%x: memref<8x64xf32>, %y: memref<8x64xf32>) {
  // expected-error @below {{custom op 'rmsnorm.rms_norm' 'rmsnorm.rms_norm' op attribute 'schedule' failed to satisfy constraint: how a norm maps to the loops and vectors of a CPU}}
  rmsnorm.rms_norm ins(%x : memref<8x64xf32>) outs(%y : memref<8x64xf32>) {schedule = "fast"}
  return
}

// -----

// Syntax: a device group of another attribute
func.func @f(%x: memref<8x64xf32>, %y: memref<8x64xf32>) {
  // expected-error @below {{custom op 'rmsnorm.rms_norm' 'rmsnorm.rms_norm' op attribute 'device_group' failed to satisfy constraint: the devices that share one statistic}}
  rmsnorm.rms_norm ins(%x : memref<8x64xf32>) outs(%y : memref<8x64xf32>) {device_group = "d"}
  return
}
