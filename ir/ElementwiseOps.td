//===- ElementwiseOps.td - Arithmetic on each number -------*- tablegen -*-===//
#ifndef GRAPHC_IR_ELEMENTWISEOPS_TD
#define GRAPHC_IR_ELEMENTWISEOPS_TD

include "ir/TensorOps.td"

def Graphc_ElementwiseDocs : OpDocGroup {
  let summary = "Elementwise";
  let description = [{
    Each number of the result is a function of the operands' numbers at the same place. It is computed in f32 and rounded
    once to the element type.
  }];
}

let opDocGroup = Graphc_ElementwiseDocs in {

/// `y = a <symbol> b` with broadcast.
class Graphc_BinaryOp<string mnemonic, string symbol, list<Trait> traits = []>
    : Graphc_PureOp<mnemonic, traits> {
  let description = !strconcat("`y = a ", symbol, [{ b`, each number with the one at the same place.

    * `lhs` `a`, `rhs` `b`, result `y`. Shapes broadcast as numpy's do: they are aligned at the last dimension, and an
      extent 1 or a missing dimension gives way to the other's extent.

    Constraints:
    * (C1) Operands and result have the same element type.
    * (C2) Aligned extents are equal, or one of them is 1.
    * (C3) The result has the broadcast shape.

    ```mlir
    // Given %a: tensor<?x2048xf32>, %b: tensor<2048xf32>
    %y = graphc.}], mnemonic, [{ %a, %b : (tensor<?x2048xf32>, tensor<2048xf32>) -> tensor<?x2048xf32>
    ```
  }]);
  let arguments = (ins Graphc_Tensor:$lhs, Graphc_Tensor:$rhs);
  let results = (outs Graphc_Tensor:$result);
  let assemblyFormat = "$lhs `,` $rhs attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def Graphc_AddOp : Graphc_BinaryOp<"add", "+", [Commutative]> { let summary = "Add"; }
def Graphc_SubOp : Graphc_BinaryOp<"sub", "-"> { let summary = "Subtract"; }
def Graphc_MulOp : Graphc_BinaryOp<"mul", "·", [Commutative]> { let summary = "Multiply elementwise"; }
def Graphc_DivOp : Graphc_BinaryOp<"div", "/"> { let summary = "Divide elementwise"; }

def Graphc_ScaleOp : Graphc_PureOp<"scale", [SameOperandsAndResultType /* C1 */]> {
  let summary = "Multiply by a number";
  let description = [{
    `y = factor · x`.

    Constraints:
    * (C1) Input and result have the same type.

    Numerics: `factor` is f32, whatever the element type.

    Canonical: a factor of 1 folds.

    ```mlir
    // Given %x: tensor<32x?x?xf32>
    %y = graphc.scale %x by 0.125 : tensor<32x?x?xf32>
    ```
  }];
  let arguments = (ins Graphc_Tensor:$input, F32Attr:$factor);
  let results = (outs Graphc_Tensor:$result);
  let assemblyFormat = "$input `by` custom<Number>($factor) attr-dict `:` type($result)";
  let hasFolder = 1;
}

/// `y = <equation>` of one operand.
class Graphc_UnaryOp<string mnemonic, string equation>
    : Graphc_PureOp<mnemonic, [SameOperandsAndResultType /* C1 */]> {
  let description = !strconcat("`y = ", equation, [{`.

    Constraints:
    * (C1) Input and result have the same type.

    ```mlir
    // Given %x: tensor<?x5632xf32>
    %y = graphc.}], mnemonic, [{ %x : tensor<?x5632xf32>
    ```
  }]);
  let arguments = (ins Graphc_Tensor:$input);
  let results = (outs Graphc_Tensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($result)";
}

def Graphc_RsqrtOp : Graphc_UnaryOp<"rsqrt", "1 / √x"> {
  let summary = "Take the reciprocal square root";
}
def Graphc_SiluOp : Graphc_UnaryOp<"silu", "x / (1 + exp(-x))"> { let summary = "Apply SiLU"; }
def Graphc_ReluOp : Graphc_UnaryOp<"relu", "max(x, 0)"> { let summary = "Apply ReLU"; }
def Graphc_TanhOp : Graphc_UnaryOp<"tanh", "tanh(x)"> {
  let summary = "Apply the hyperbolic tangent";
}

def Graphc_GeluOp : Graphc_PureOp<"gelu", [SameOperandsAndResultType /* C1 */]> {
  let summary = "Apply GELU, in the error-function or the tanh form";
  let description = [{
    * `erf`: `y = x/2 · (1 + erf(x / √2))`
    * `tanh`: `y = x/2 · (1 + tanh(√(2/π) · (x + 0.044715 x³)))`

    Constraints:
    * (C1) Input and result have the same type.

    ```mlir
    // Given %x: tensor<?x5632xf32>
    %y = graphc.gelu tanh %x : tensor<?x5632xf32>
    ```
  }];
  let arguments = (ins Graphc_Tensor:$input, Graphc_GeluFormAttr:$form);
  let results = (outs Graphc_Tensor:$result);
  let assemblyFormat = "custom<Keyword>($form) $input attr-dict `:` type($result)";
}

} // opDocGroup

#endif // GRAPHC_IR_ELEMENTWISEOPS_TD
