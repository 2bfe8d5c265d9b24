//===- RMSNormAttrs.td - Attributes of the rmsnorm dialect -*- tablegen -*-===//
//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RMSNORM_IR_RMSNORMATTRS_TD
#define RMSNORM_IR_RMSNORMATTRS_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "rmsnorm/IR/RMSNormDialect.td"

//===----------------------------------------------------------------------===//
// Enumerations
//===----------------------------------------------------------------------===//

def RMSNorm_CastOrder : I32EnumAttr<"CastOrder",
    "where the normalised value is rounded to x's type", [
      I32EnumAttrCase<"scale_then_cast", 0>,
      I32EnumAttrCase<"cast_then_scale", 1>,
    ]> {
  let cppNamespace = "::rmsnorm";
  let genSpecializedAttr = 0;
}
def RMSNorm_CastOrderAttr
    : EnumAttr<RMSNorm_Dialect, RMSNorm_CastOrder, "cast_order"> {
  let assemblyFormat = "`<` $value `>`";
}

def RMSNorm_Combination : I32EnumAttr<"Combination",
    "how the statistics of the devices of a group become one", [
      I32EnumAttrCase<"mean_of_means", 0>,
      I32EnumAttrCase<"weighted", 1>,
    ]> {
  let cppNamespace = "::rmsnorm";
  let genSpecializedAttr = 0;
}
def RMSNorm_CombinationAttr
    : EnumAttr<RMSNorm_Dialect, RMSNorm_Combination, "combination">;

//===----------------------------------------------------------------------===//
// Attributes
//===----------------------------------------------------------------------===//

/// `[1, 2, 3]`
class RMSNorm_Int64ListParameter<string desc>
    : ArrayRefParameter<"int64_t", desc> {
  let parser = "::rmsnorm::parseInt64List($_parser)";
  let printer = "::rmsnorm::printInt64List($_printer, $_self)";
}

/// `[[0, 1], [2, 3]]`
def RMSNorm_GroupsParameter
    : ArrayRefParameter<"::mlir::DenseI64ArrayAttr", "sets of device indices"> {
  let parser = "::rmsnorm::parseGroups($_parser)";
  let printer = "::rmsnorm::printGroups($_printer, $_self)";
  let defaultValue = "::llvm::SmallVector<::mlir::DenseI64ArrayAttr>()";
  let comparator = "::llvm::ArrayRef<::mlir::DenseI64ArrayAttr>($_lhs) == "
                   "::llvm::ArrayRef<::mlir::DenseI64ArrayAttr>($_rhs)";
}

class RMSNorm_Attr<string name, string attrMnemonic>
    : AttrDef<RMSNorm_Dialect, name> {
  let mnemonic = attrMnemonic;
}

def RMSNorm_DeviceGroupAttr : RMSNorm_Attr<"DeviceGroup", "device_group"> {
  let summary = "the devices that share one statistic";
  let description = [{
    `axis` names the device axis. `groups` partition its devices into sets that
    share a statistic; no groups: the whole axis is one. `combination` says how
    the statistics of a group are combined. C18 to C22 of
    [Semantics.md](Semantics.md#what-is-accepted) govern it.

    ```mlir
    #rmsnorm.device_group<"data">
    #rmsnorm.device_group<"data", groups = [[0, 1], [2, 3]], weighted>
    ```
  }];
  let parameters = (ins
    StringRefParameter<"name of the device axis">:$axis,
    RMSNorm_GroupsParameter:$groups,
    DefaultValuedParameter<"::rmsnorm::Combination",
                           "::rmsnorm::Combination::mean_of_means">:$combination);
  let assemblyFormat = "`<` $axis (`,` `groups` `=` $groups^)? (`,` $combination^)? `>`";
  let genVerifyDecl = 1;
}

def RMSNorm_CPUScheduleAttr : RMSNorm_Attr<"CPUSchedule", "cpu_schedule"> {
  let summary = "how a norm maps to the loops and vectors of a CPU";
  let description = [{
    Every performance decision of the CPU path, as data. `rmsnorm-schedule`
    computes it; it may as well be written by hand or set by the transform
    dialect. Later passes read it and decide nothing. C23 to C27 of
    [Semantics.md](Semantics.md#what-is-accepted) govern it.

    | parameter | meaning |
    | --- | --- |
    | `vector` | numbers of elements a step of the reduction covers: a first loop runs by the first number as long as whole steps fit, the next takes what is left by the second, and so on; the last is 1. Where a row has a known length, what the others leave of it is one more vector, as long as the shortest of them, that ends where the row does |
    | `normalize_vector` | the same for the second pass |
    | `chain` | terms that a lane of an accumulator takes up before it is added to a total of twice the precision, and starts again at 0 |
    | `block` | chains of columns that are added up before their sum is added to the totals, which lie in memory; more than 1 is for results with fewer digits than the terms |
    | `fold` | lanes down to which a finished chain is summed before it is added to the totals of a row, which have as many; 0: all lanes have totals of their own |
    | `part` | terms of a sum that are summed by themselves, and may be by another thread, where there are more than two times as many; 0: all |
    | `panel` | elements of the vector axis that one task holds where that axis is not reduced |
    | `rows` | rows that one task holds where the vector axis is reduced: their sums are finished side by side in one vector |
    | `share_rows` | the second pass goes over the columns outside and the rows of a task inside: what its rows share is read and converted once |
    | `convert` | elements of the vector axis up to which inputs that many rows read alike, as scales are, are converted once for all of them: before the tasks that share them, which have to be eight where a task is one row, or, where one task does not with the next, before its rows; 0: never |
    | `overlap` | bytes of input and output from which the sums of a task are made while the results of the one before it are written, where tasks are all of one size; 0: never, 1: always, of whatever size tasks are |
    | `prefetch` | bytes from which the next inputs are fetched while results are written, where no sums are made beside them; 0: never |
    | `write_ahead` | bytes ahead of the results at hand of those that are fetched to be written, where stores do not bypass the caches; 0: none |
    | `nontemporal` | bytes from which stores bypass the caches; 0: never |
    | `far` | bytes of input and output of a norm from which its tasks hold `far_rows` rows instead, which share as by `share_rows` where there are several, do not overlap and fetch the next inputs; 0: never |
    | `far_rows` | see `far` |
    | `far_panel` | `panel` from `far` on; 0: the same |
    | `far_aspect` | columns of a panel for each term of its sums, from `far` on, in whole multiples of 256 and at most `far_panel`; 0: `far_panel` |
    | `far_ahead` | terms ahead of those at hand that the sums of columns fetch, from `far` on; 0: none |
    | `grain` | bytes of x below which a task is not worth a thread of its own |

    The bytes of `overlap`, `prefetch` and `nontemporal` are what one thread
    moves, or half of what all threads do together.

    ```mlir
    #rmsnorm.cpu_schedule<vector = [64, 8, 1], normalize_vector = [32, 8, 1]>
    ```
  }];
  let parameters = (ins
    RMSNorm_Int64ListParameter<"steps of the reduction">:$vector,
    RMSNorm_Int64ListParameter<"steps of the second pass">:$normalize_vector,
    DefaultValuedParameter<"int64_t", "4">:$chain,
    DefaultValuedParameter<"int64_t", "1">:$block,
    DefaultValuedParameter<"int64_t", "0">:$fold,
    DefaultValuedParameter<"int64_t", "0">:$part,
    DefaultValuedParameter<"int64_t", "0">:$panel,
    DefaultValuedParameter<"int64_t", "1">:$rows,
    DefaultValuedParameter<"bool", "false">:$share_rows,
    DefaultValuedParameter<"int64_t", "0">:$convert,
    DefaultValuedParameter<"int64_t", "0">:$overlap,
    DefaultValuedParameter<"int64_t", "0">:$prefetch,
    DefaultValuedParameter<"int64_t", "0">:$write_ahead,
    DefaultValuedParameter<"int64_t", "0">:$nontemporal,
    DefaultValuedParameter<"int64_t", "0">:$far,
    DefaultValuedParameter<"int64_t", "1">:$far_rows,
    DefaultValuedParameter<"int64_t", "0">:$far_panel,
    DefaultValuedParameter<"int64_t", "0">:$far_aspect,
    DefaultValuedParameter<"int64_t", "0">:$far_ahead,
    DefaultValuedParameter<"int64_t", "0">:$grain);
  let extraClassDeclaration = [{
    /// For norms that move `far` bytes or more, and for those that move less,
    /// as all do where `far` is 0; it is 0 in either.
    CPUScheduleAttr ofFar() const;
    CPUScheduleAttr ofNear() const;

    /// For tasks of which neither a thread moves `bytes` nor all together twice
    /// as much: what such bytes are for is left out.
    CPUScheduleAttr ofTasksBelow(int64_t bytes) const;
  }];
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

#endif // RMSNORM_IR_RMSNORMATTRS_TD
