// RUN: not rmsnorm-opt %s --rmsnorm-expand-floats=native-f16=perhaps 2>&1 | FileCheck %s --check-prefix=VALUE
// VALUE: for the --native-f16 option: 'perhaps' is invalid value for boolean argument! Try 0 or 1
// VALUE-NOT: {{func|module|bug|Stack}}

// RUN: not rmsnorm-opt %s --rmsnorm-expand-floats=native-f8=true 2>&1 | FileCheck %s --check-prefix=OPTION
// OPTION: no such option native-f8
// OPTION-NOT: {{func|module|bug|Stack}}

// RUN: not rmsnorm-opt %s --rmsnorm-expand-floats=f16-store-lanes=-16 2>&1 | FileCheck %s --check-prefix=LANES
// LANES: error: expected f16-store-lanes not to be negative, but got -16
// LANES-NOT: {{func|module|bug|Stack}}

func.func @f(%x: f16) -> f32 {
  %y = arith.extf %x : f16 to f32
  return %y : f32
}
