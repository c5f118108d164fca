//===- WeightOps.td - Weights as expressions ---------------*- tablegen -*-===//
#ifndef GRAPHC_IR_WEIGHTOPS_TD
#define GRAPHC_IR_WEIGHTOPS_TD

include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/IR/SymbolInterfaces.td"
include "ir/TensorOps.td"

def Graphc_WeightOp : Graphc_Op<"weight", [Symbol, IsolatedFromAbove, SingleBlock]> {
  let summary = "Define a weight by an expression over checkpoint tensors";
  let arguments = (ins SymbolNameAttr:$sym_name, I64Attr:$layers, TypeAttrOf<Graphc_Tensor>:$type);
  let regions = (region SizedRegion<1>:$body);
  let hasCustomAssemblyFormat = 1;
  let hasRegionVerifier = 1;
  let skipDefaultBuilders = 1;
  let builders = [OpBuilder<(ins "::llvm::StringRef":$name, "int64_t":$layers, "::mlir::Type":$type)>];
  let extraClassDeclaration = [{
    /// The region's argument: the layer whose weight is wanted.
    ::mlir::BlockArgument getLayer() { return getBody().getArgument(0); }
    ::mlir::RankedTensorType getTensorType() {
      return ::llvm::cast<::mlir::RankedTensorType>(getType());
    }
    /// The value that the expression yields.
    ::mlir::Value getYielded();
  }];
}

def Graphc_YieldOp : Graphc_Op<"yield", [Pure, Terminator, ReturnLike]> {
  let summary = "End a region with its values";
  let arguments = (ins Variadic<AnyType>:$values);
  let assemblyFormat = "($values^ `:` type($values))? attr-dict";

}

def Graphc_ParamOp : Graphc_PureOp<"param", [DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "Use a weight of a layer";
  let arguments = (ins FlatSymbolRefAttr:$weight, Index:$layer);
  let results = (outs Graphc_Tensor:$result);
  let assemblyFormat = "$weight `[` $layer `]` attr-dict `:` type($result)";
}

def Graphc_CheckpointOp : Graphc_PureOp<"checkpoint"> {
  let summary = "Read a tensor of the checkpoint";
  let arguments = (ins StrAttr:$tensor, Index:$layer);
  let results = (outs Graphc_Tensor:$result);
  let assemblyFormat = "$tensor `[` $layer `]` attr-dict `:` type($result)";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// The tensor's name with `{layer}` replaced.
    std::string nameForLayer(int64_t layer);
  }];
}

def Graphc_RopeTableOp : Graphc_PureOp<"rope_table"> {
  let summary = "Tabulate the cosines and sines of rotary positions";
  let arguments = (ins DenseF64ArrayAttr:$inverse_frequencies);
  let results = (outs Graphc_Tensor:$result);
  let assemblyFormat = "$inverse_frequencies attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def Graphc_PackOp : Graphc_PureOp<"pack"> {
  let summary = "Lay a matrix out in panels of 32 output channels";
  let arguments = (ins Graphc_Tensor:$input, DefaultValuedAttr<I64Attr, "0">:$groups);
  let results = (outs Graphc_Tensor:$result);
  let assemblyFormat = "$input (`groups` $groups^)? attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
}

#endif // GRAPHC_IR_WEIGHTOPS_TD
