//===- GraphInterfaces.td - Op interfaces ------------------*- tablegen -*-===//
#ifndef GRAPHC_IR_GRAPHINTERFACES_TD
#define GRAPHC_IR_GRAPHINTERFACES_TD

include "mlir/IR/OpBase.td"

def CostOpInterface : OpInterface<"CostOpInterface"> {
  let cppNamespace = "::graphc";
  let description = [{
    Floating-point operations and bytes of an op as functions of a step's `T`, `R` and `S`: what rooflines and speed
    predictions are made of.
  }];
  let methods = [
    InterfaceMethod<[{
      Cost for a step of the given dimensions. `S` is the sum over the step's sequences of their cached rows; `dims` says
      which symbol each dynamic extent of the op's operands and results is.
    }], "::graphc::Cost", "getCost", (ins "const ::graphc::StepDims &":$dims)>
  ];
}

def DimsOpInterface : OpInterface<"DimsOpInterface"> {
  let cppNamespace = "::graphc";
  let description = [{Which of T, R and S a dynamic extent of a result is, given those of the operands.}];
  let methods = [
    InterfaceMethod<[{
      For every result (tensors only), the dimensions in order. Operands that are no tensors have an empty list.
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
