//===- TensorOps.td - Constants and ops that change shapes -*- tablegen -*-===//
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
/// Where numbers that share scales may stand as well: weights, and the rows that meet them.
def Graphc_QuantTensor : RankedTensorOf<[Graphc_Float, Graphc_QuantType]>;

/// An op without side effects whose cost and dimensions are known.
class Graphc_PureOp<string mnemonic, list<Trait> traits = []>
    : Graphc_Op<mnemonic, !listconcat(traits, [Pure,
          DeclareOpInterfaceMethods<CostOpInterface>, DeclareOpInterfaceMethods<DimsOpInterface>])>;

def Graphc_TensorDocs : OpDocGroup {
  let summary = "Constants and shapes";
  let description = "Ops that move numbers and change none, but for `cast`, which rounds.";
}

let opDocGroup = Graphc_TensorDocs in {

def Graphc_ConstantOp : Graphc_PureOp<"constant", [
    ConstantLike, AllTypesMatch<["value", "result"]> /* C1 */]> {
  let summary = "Yield a constant tensor";
  let description = [{
    `y = value`. For numbers that belong to a network's definition; weights are `graphc.param`.

    * Result: a static tensor of f32, bf16 or f16.

    Constraints:
    * (C1) `value` has the result's type.

    ```mlir
    %y = graphc.constant dense<1.0e-05> : tensor<1xf32>
    ```
  }];
  let arguments = (ins ElementsAttr:$value);
  let results = (outs Graphc_Tensor:$result);
  let assemblyFormat = "$value attr-dict";
  let hasFolder = 1;
}

def Graphc_ReshapeOp : Graphc_PureOp<"reshape"> {
  let summary = "See the same numbers, in row-major order, with another shape";
  let description = [{
    `y[j] = x[i]` where `i` and `j` are at the same place in row-major order.

    * `input` `x`, result `y`: any shapes of equally many numbers, of one element type. A `?` of the result is that of
      the input at the same place among its `?`: dynamic dimensions keep their order.

    Constraints:
    * (C1) Input and result have the same element type.
    * (C2) They have equally many dynamic dimensions.
    * (C3) The products of their static extents are equal.

    Canonical: a reshape to the same type and a reshape of a reshape fold; a constant is reshaped.

    ```mlir
    // Given %x: tensor<?x2048xf32>
    %y = graphc.reshape %x : tensor<?x2048xf32> -> tensor<?x32x64xf32>
    ```
  }];
  let arguments = (ins Graphc_Tensor:$input);
  let results = (outs Graphc_Tensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
  let hasFolder = 1;
  let hasVerifier = 1;
}

def Graphc_TransposeOp : Graphc_PureOp<"transpose"> {
  let summary = "Permute the dimensions";
  let description = [{
    `y[i[p0], i[p1], ..] = x[i0, i1, ..]` where `p` is the permutation: dimension `d` of the result is dimension `p[d]`
    of the input.

    Constraints:
    * (C1) Input and result have the same element type.
    * (C2) `permutation` has every dimension of the input once.
    * (C3) Extent `d` of the result is extent `permutation[d]` of the input.

    Canonical: the identity and a transpose of a transpose fold.

    ```mlir
    // Given %x: tensor<?x32x64xf32>
    %y = graphc.transpose %x [1, 0, 2] : tensor<?x32x64xf32> -> tensor<32x?x64xf32>
    ```
  }];
  let arguments = (ins Graphc_Tensor:$input, DenseI64ArrayAttr:$permutation);
  let results = (outs Graphc_Tensor:$result);
  let assemblyFormat = "$input $permutation attr-dict `:` type($input) `->` type($result)";
  let hasFolder = 1;
  let hasVerifier = 1;
}

def Graphc_SliceOp : Graphc_PureOp<"slice"> {
  let summary = "Take a range of one static dimension";
  let description = [{
    `y[.., i, ..] = x[.., begin + i, ..]` for `i` from 0 to `end - begin - 1` at dimension `axis`.

    Constraints:
    * (C1) Input and result have the same element type.
    * (C2) `axis` is a dimension of the input with a static extent.
    * (C3) `0 <= begin < end <= extent`.
    * (C4) The result has the input's shape with `end - begin` at `axis`.

    Canonical: the whole range, a slice of a slice along the same axis and a slice of a concat that lies in one of its
    inputs fold.

    ```mlir
    // Given %x: tensor<?x11264xf32>
    %gate = graphc.slice %x axis 1 [0, 5632] : tensor<?x11264xf32> -> tensor<?x5632xf32>
    ```
  }];
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
  let description = [{
    `y = [x0; x1; ..]` along dimension `axis`.

    Constraints:
    * (C1) There is at least one input.
    * (C2) Inputs and result have the same element type and rank.
    * (C3) `axis` is one of their dimensions, with static extents.
    * (C4) At other dimensions than `axis`, all inputs and the result have the same extent.
    * (C5) The result's extent at `axis` is the sum of the inputs'.

    Canonical: a concat of one input folds; a concat along the same axis among the inputs is taken in.

    ```mlir
    // Given %q: tensor<2048x2048xbf16>, %k: tensor<256x2048xbf16>
    %y = graphc.concat %q, %k axis 0 : (tensor<2048x2048xbf16>, tensor<256x2048xbf16>) -> tensor<2304x2048xbf16>
    ```
  }];
  let arguments = (ins Variadic<Graphc_Tensor>:$inputs, I64Attr:$axis);
  let results = (outs Graphc_Tensor:$result);
  let assemblyFormat = "$inputs `axis` $axis attr-dict `:` functional-type($inputs, $result)";
  let hasFolder = 1;
  let hasVerifier = 1;
}

def Graphc_RepeatOp : Graphc_PureOp<"repeat"> {
  let summary = "Repeat every slice of a static dimension";
  let description = [{
    `y[.., i, ..] = x[.., ⌊i / times⌋, ..]` at dimension `axis`: copies stand side by side, as grouped heads need them
    (query head `h` uses key head `⌊h / times⌋`).

    Constraints:
    * (C1) Input and result have the same element type.
    * (C2) `axis` is a dimension of the input with a static extent.
    * (C3) `times >= 1`.
    * (C4) The result has the input's shape with `times` times the extent at `axis`.

    Canonical: `times 1` and a repeat of a repeat along the same axis fold.

    ```mlir
    // Given %x: tensor<4x?x64xf32>
    %y = graphc.repeat %x axis 0 times 8 : tensor<4x?x64xf32> -> tensor<32x?x64xf32>
    ```
  }];
  let arguments = (ins Graphc_Tensor:$input, I64Attr:$axis, I64Attr:$times);
  let results = (outs Graphc_Tensor:$result);
  let assemblyFormat = "$input `axis` $axis `times` $times attr-dict `:` type($input) `->` type($result)";
  let hasFolder = 1;
  let hasVerifier = 1;
}

def Graphc_CastOp : Graphc_PureOp<"cast"> {
  let summary = "Convert to another element type";
  let description = [{
    `y = round(x)`: each number to the result's element type. In a weight's expression, the numbers of a checkpoint tensor that share
    scales become f32.

    Constraints:
    * (C1) Input and result have the same shape.
    * (C2) The input's numbers are floats, or quantized and those of a weight; then the result's are f32.

    Numerics: to nearest, ties to even; too large numbers become infinite. bf16 or f16 to f32 is exact.

    Canonical: a cast to the same type folds; so does a cast of a cast whose first step loses nothing (bf16 or f16 to f32);
    a constant is cast.

    ```mlir
    // Given %x: tensor<?x2048xf32>
    %y = graphc.cast %x : tensor<?x2048xf32> -> tensor<?x2048xbf16>
    ```
  }];
  let arguments = (ins Graphc_QuantTensor:$input);
  let results = (outs Graphc_Tensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
  let hasFolder = 1;
  let hasVerifier = 1;
}

def Graphc_SelectRowsOp : Graphc_PureOp<"select_rows"> {
  let summary = "Keep the rows whose result is wanted";
  let description = [{
    `y[r, ..] = x[out_rows[r], ..]`: of a step's `T` rows, the `R` that are sampled or saved. It stands before the final
    norm, so that the head's product is computed for these rows only.

    * `input` `[T, ..]`, `step`, result `[R, ..]`.

    Constraints:
    * (C1) Input and result have the same type.
    * (C2) Their first dimension is dynamic.

    ```mlir
    // Given %x: tensor<?x2048xf32>, %step: !graphc.step
    %y = graphc.select_rows %x, %step : tensor<?x2048xf32> -> tensor<?x2048xf32>
    ```
  }];
  let arguments = (ins Graphc_Tensor:$input, Graphc_StepType:$step);
  let results = (outs Graphc_Tensor:$result);
  let assemblyFormat = "$input `,` $step attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
}

} // opDocGroup

#endif // GRAPHC_IR_TENSOROPS_TD
