//===- GraphInterfaces.td - Op interfaces ------------------*- tablegen -*-===//
#ifndef GRAPHC_IR_GRAPHINTERFACES_TD
#define GRAPHC_IR_GRAPHINTERFACES_TD

include "mlir/IR/OpBase.td"

def CostOpInterface : OpInterface<"CostOpInterface"> {
  let cppNamespace = "::graphc";
  let description = [{
    Floating-point operations and bytes of an op as functions of a step's `T`, `R` and `S`: what rooflines and speed
    predictions are made of. Every operand counts as read once and every result as written once; an operand without a
    dynamic dimension is a weight. `SymbolicDims::cost` calls it with the dimensions that it derived.
  }];
  let methods = [
    InterfaceMethod<[{
      Cost in a step of the given extents. `operandDims` has one list for each operand, empty for those that are no
      tensors.
    }], "::graphc::Cost", "getCost",
        (ins "::llvm::ArrayRef<::graphc::DimList>":$operandDims, "const ::graphc::StepDims &":$step)>
  ];
}

def DimsOpInterface : OpInterface<"DimsOpInterface"> {
  let cppNamespace = "::graphc";
  let description = [{Which of T, R and S a dynamic extent of a result is, given those of the operands.}];
  let methods = [
    InterfaceMethod<[{
      For every result, its dimensions in order. `operandDims` has one list for each operand, empty for those that are
      no tensors. A list of the wrong length says that the op cannot tell: `SymbolicDims` reports it.
    }], "::llvm::SmallVector<::graphc::DimList>", "inferDims",
        (ins "::llvm::ArrayRef<::graphc::DimList>":$operandDims)>
  ];
}

def DecomposableOpInterface : OpInterface<"DecomposableOpInterface"> {
  let cppNamespace = "::graphc";
  let description = [{
    A fused op says itself which un-fused ops it stands for. The reference, `verify` and the tests that fuse and decompose
    again use it.
  }];
  let methods = [
    InterfaceMethod<[{
      Builds the un-fused ops before this one and returns the values that replace its results. The op itself stays.
    }], "::llvm::FailureOr<::llvm::SmallVector<::mlir::Value>>", "decompose",
        (ins "::mlir::OpBuilder &":$builder)>
  ];
}

#endif // GRAPHC_IR_GRAPHINTERFACES_TD
