//===- TensorOps.td - Constants, shapes and elementwise ops -*- tablegen -*-===//
#ifndef GRAPHC_IR_TENSOROPS_TD
#define GRAPHC_IR_TENSOROPS_TD

include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "ir/GraphAttrs.td"
include "ir/GraphInterfaces.td"
include "ir/GraphTypes.td"

/// A tensor of floating-point numbers that graphc computes with.
def Graphc_Float : AnyTypeOf<[F32, BF16, F16]>;
def Graphc_Tensor : RankedTensorOf<[Graphc_Float]>;

/// An op without side effects whose cost and dimensions are known.
class Graphc_PureOp<string mnemonic, list<Trait> traits = []>
    : Graphc_Op<mnemonic, !listconcat(traits, [Pure,
          DeclareOpInterfaceMethods<CostOpInterface>, DeclareOpInterfaceMethods<DimsOpInterface>])>;

def Graphc_ConstantOp : Graphc_PureOp<"constant", [ConstantLike, AllTypesMatch<["value", "result"]>]> {
  let summary = "Yield a constant tensor";
  let arguments = (ins ElementsAttr:$value);
  let results = (outs Graphc_Tensor:$result);
  let assemblyFormat = "$value attr-dict";
  let hasFolder = 1;
}

def Graphc_ReshapeOp : Graphc_PureOp<"reshape"> {
  let summary = "See the same numbers, in row-major order, with another shape";
  let arguments = (ins Graphc_Tensor:$input);
  let results = (outs Graphc_Tensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
  let hasFolder = 1;
  let hasVerifier = 1;
}

def Graphc_TransposeOp : Graphc_PureOp<"transpose"> {
  let summary = "Permute the dimensions";
  let arguments = (ins Graphc_Tensor:$input, DenseI64ArrayAttr:$permutation);
  let results = (outs Graphc_Tensor:$result);
  let assemblyFormat = "$input $permutation attr-dict `:` type($input) `->` type($result)";
  let hasFolder = 1;
  let hasVerifier = 1;
}

def Graphc_SliceOp : Graphc_PureOp<"slice"> {
  let summary = "Take a range of one static dimension";
  let arguments = (ins Graphc_Tensor:$input, I64Attr:$axis, I64Attr:$begin, I64Attr:$end);
  let results = (outs Graphc_Tensor:$result);
  let assemblyFormat = [{
    $input `axis` $axis `[` $begin `,` $end `]` attr-dict `:` type($input) `->` type($result)
  }];
  let hasFolder = 1;
  let hasVerifier = 1;
}

def Graphc_ConcatOp : Graphc_PureOp<"concat"> {
  let summary = "Put tensors one after the other along a static dimension";
  let arguments = (ins Variadic<Graphc_Tensor>:$inputs, I64Attr:$axis);
  let results = (outs Graphc_Tensor:$result);
  let assemblyFormat = "$inputs `axis` $axis attr-dict `:` functional-type($inputs, $result)";
  let hasFolder = 1;
  let hasVerifier = 1;
}

def Graphc_RepeatOp : Graphc_PureOp<"repeat"> {
  let summary = "Repeat every slice of a static dimension";
  let arguments = (ins Graphc_Tensor:$input, I64Attr:$axis, I64Attr:$times);
  let results = (outs Graphc_Tensor:$result);
  let assemblyFormat = "$input `axis` $axis `times` $times attr-dict `:` type($input) `->` type($result)";
  let hasFolder = 1;
  let hasVerifier = 1;
}

def Graphc_CastOp : Graphc_PureOp<"cast", [SameOperandsAndResultShape]> {
  let summary = "Convert to another element type";
  let arguments = (ins Graphc_Tensor:$input);
  let results = (outs Graphc_Tensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
  let hasFolder = 1;
}

def Graphc_SelectRowsOp : Graphc_PureOp<"select_rows"> {
  let summary = "Keep the rows whose result is wanted";
  let arguments = (ins Graphc_Tensor:$input, Graphc_StepType:$step);
  let results = (outs Graphc_Tensor:$result);
  let assemblyFormat = "$input `,` $step attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Elementwise
//===----------------------------------------------------------------------===//

class Graphc_BinaryOp<string mnemonic, list<Trait> traits = []> : Graphc_PureOp<mnemonic, traits> {
  let arguments = (ins Graphc_Tensor:$lhs, Graphc_Tensor:$rhs);
  let results = (outs Graphc_Tensor:$result);
  let assemblyFormat = "$lhs `,` $rhs attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def Graphc_AddOp : Graphc_BinaryOp<"add", [Commutative]> { let summary = "Add"; }
def Graphc_SubOp : Graphc_BinaryOp<"sub"> { let summary = "Subtract"; }
def Graphc_MulOp : Graphc_BinaryOp<"mul", [Commutative]> { let summary = "Multiply elementwise"; }
def Graphc_DivOp : Graphc_BinaryOp<"div"> { let summary = "Divide elementwise"; }

class Graphc_UnaryOp<string mnemonic> : Graphc_PureOp<mnemonic, [SameOperandsAndResultType]> {
  let arguments = (ins Graphc_Tensor:$input);
  let results = (outs Graphc_Tensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($result)";
}

def Graphc_ScaleOp : Graphc_PureOp<"scale", [SameOperandsAndResultType]> {
  let summary = "Multiply by a number";
  let arguments = (ins Graphc_Tensor:$input, F32Attr:$factor);
  let results = (outs Graphc_Tensor:$result);
  let assemblyFormat = "$input `by` $factor attr-dict `:` type($result)";
  let hasFolder = 1;
}

def Graphc_RsqrtOp : Graphc_UnaryOp<"rsqrt"> { let summary = "Take the reciprocal square root"; }
def Graphc_SiluOp : Graphc_UnaryOp<"silu"> { let summary = "Apply SiLU"; }
def Graphc_ReluOp : Graphc_UnaryOp<"relu"> { let summary = "Apply ReLU"; }
def Graphc_TanhOp : Graphc_UnaryOp<"tanh"> { let summary = "Apply the hyperbolic tangent"; }

def Graphc_GeluOp : Graphc_PureOp<"gelu", [SameOperandsAndResultType]> {
  let summary = "Apply GELU, in the error-function or the tanh form";
  let arguments = (ins Graphc_Tensor:$input, Graphc_GeluFormAttr:$form);
  let results = (outs Graphc_Tensor:$result);
  let assemblyFormat = "$form $input attr-dict `:` type($result)";
}

#endif // GRAPHC_IR_TENSOROPS_TD
