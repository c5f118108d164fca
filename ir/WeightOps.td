//===- WeightOps.td - Weights as expressions ---------------*- tablegen -*-===//
#ifndef GRAPHC_IR_WEIGHTOPS_TD
#define GRAPHC_IR_WEIGHTOPS_TD

include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/IR/SymbolInterfaces.td"
include "ir/TensorOps.td"

def Graphc_WeightDocs : OpDocGroup {
  let summary = "Weights";
  let description = [{
    A weight is a symbol that holds an expression over checkpoint tensors, of the same pure ops as the network. Passes rewrite
    compute and weight together; the bytes are made when a plan is written.
  }];
}

let opDocGroup = Graphc_WeightDocs in {

def Graphc_WeightOp : Graphc_Op<"weight", [Symbol, IsolatedFromAbove, SingleBlock]> {
  let summary = "Define a weight by an expression over checkpoint tensors";
  let description = [{
    `@name[layer] = expression(layer)` for `layer` in `[0, layers)`: a family of tensors of one type, one for each layer that uses
    it; `layers` is 1 for a weight that is not of a layer. The region computes the tensor of the layer that its argument
    says and ends in `graphc.yield`.

    Constraints:
    * (C1) `layers` is in `[1, 65536]`.
    * (C2) The type is static.
    * (C3) The region has one argument of type `index`.
    * (C4) It has only ops of this dialect that neither read a step nor a cache, and constants of the layer's number.
    * (C5) It yields one value of the weight's type.

    ```mlir
    graphc.weight @attn.qk[%layer in 22] : tensor<2304x2048xbf16> {
      %q = graphc.checkpoint "model.layers.{layer}.self_attn.q_proj.weight"[%layer] : tensor<2048x2048xbf16>
      %k = graphc.checkpoint "model.layers.{layer}.self_attn.k_proj.weight"[%layer] : tensor<256x2048xbf16>
      %w = graphc.concat %q, %k axis 0 : (tensor<2048x2048xbf16>, tensor<256x2048xbf16>) -> tensor<2304x2048xbf16>
      graphc.yield %w : tensor<2304x2048xbf16>
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, I64Attr:$layers, TypeAttrOf<Graphc_QuantTensor>:$type);
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

def Graphc_YieldOp : Graphc_Op<"yield", [
    Pure, Terminator, ReturnLike, ParentOneOf<["WeightOp", "KernelOp"]> /* C1 */]> {
  let summary = "End a region with its values";
  let description = [{
    The values of a weight's expression or the results of a kernel.

    Constraints:
    * (C1) It stands in a `graphc.weight` or a `graphc.kernel`.

    ```mlir
    graphc.weight @one[%layer in 1] : tensor<1xf32> {
      %one = graphc.constant dense<1.0> : tensor<1xf32>
      graphc.yield %one : tensor<1xf32>
    }
    ```
  }];
  let arguments = (ins Variadic<AnyType>:$values);
  let assemblyFormat = "($values^ `:` type($values))? attr-dict";
}

def Graphc_ParamOp : Graphc_PureOp<"param", [DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "Use a weight of a layer";
  let description = [{
    `y = @weight[layer]`. Outside a layer's function and for weights that are not of a layer, `layer` is a constant. In the
    expression of another weight it refers to a weight that stands for itself.

    Constraints:
    * (C1) `weight` names a `graphc.weight`.
    * (C2) The result has its type.
    * (C3) A constant `layer` is in `[0, layers)`.
    * (C4) Expressions do not refer to each other in a circle.

    ```mlir
    graphc.weight @norm[%layer in 22] : tensor<2048xf32> {
      %w = graphc.checkpoint "model.layers.{layer}.input_layernorm.weight"[%layer] : tensor<2048xf32>
      graphc.yield %w : tensor<2048xf32>
    }
    func.func private @decoder(%layer: index) -> tensor<2048xf32> {
      %w = graphc.param @norm[%layer] : tensor<2048xf32>
      return %w : tensor<2048xf32>
    }
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$weight, Index:$layer);
  let results = (outs Graphc_QuantTensor:$result);
  let assemblyFormat = "$weight `[` $layer `]` attr-dict `:` type($result)";
}

def Graphc_CheckpointOp : Graphc_PureOp<"checkpoint", [HasParent<"WeightOp"> /* C1 */]> {
  let summary = "Read a tensor of the checkpoint";
  let description = [{
    `y` = the tensor named `tensor`, with each `{layer}` in the name replaced by the number `layer`. Numbers of
    another stored type are converted to the result's. Shapes are compared as matrices (`ir/WeightSource.h`): the leading extent, and
    the product of the others.

    Constraints:
    * (C1) It stands in a `graphc.weight`.
    * (C2) The name is not empty, and no braces are in it but those of `{layer}`.
    * (C3) The result is static.

    ```mlir
    graphc.weight @norm[%layer in 22] : tensor<2048xf32> {
      %w = graphc.checkpoint "model.layers.{layer}.input_layernorm.weight"[%layer] : tensor<2048xf32>
      graphc.yield %w : tensor<2048xf32>
    }
    ```
  }];
  let arguments = (ins StrAttr:$tensor, Index:$layer);
  let results = (outs Graphc_QuantTensor:$result);
  let assemblyFormat = "$tensor `[` $layer `]` attr-dict `:` type($result)";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// The tensor's name with `{layer}` replaced.
    std::string nameForLayer(int64_t layer);
  }];
}

def Graphc_RopeTableOp : Graphc_PureOp<"rope_table"> {
  let summary = "Tabulate the cosines and sines of rotary positions";
  let description = [{
    `y[p, i] = cos(p · f[i])` and `y[p, D/2 + i] = sin(p · f[i])` for positions `p` in `[0, C)` and `i` in `[0, D/2)`, where `f` are the
    inverse frequencies (`theta^(-2i/D)`, scaled as the model's configuration says).

    * Result `[C, D]`.

    Constraints:
    * (C1) The result is a static matrix of f32.
    * (C2) There are `D/2` inverse frequencies.

    Numerics: frequencies, positions and the angles `p · f[i]` are rounded to f32, as by the Hugging Face implementation that models
    are trained with: at position 100000, the last bit of an angle is a hundredth of a radian. The cosine and sine of such an angle
    are computed in f64 and rounded to f32 once.

    ```mlir
    graphc.weight @rope[%layer in 1] : tensor<2048x4xf32> {
      %t = graphc.rope_table [1.0, 0.01] : tensor<2048x4xf32>
      graphc.yield %t : tensor<2048x4xf32>
    }
    ```
  }];
  let arguments = (ins DenseF64ArrayAttr:$inverse_frequencies);
  let results = (outs Graphc_Tensor:$result);
  // Printed so that they are read back to the bit: a dump is an input again.
  let assemblyFormat = "custom<ExactNumbers>($inverse_frequencies) attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def Graphc_QuantizeOp : Graphc_PureOp<"quantize"> {
  let summary = "Round a matrix to small integers that share scales";
  let description = [{
    `y[n, k] = s[n, ⌊k / G⌋] · q[n, k]`: each group of `G` numbers of a row gets a scale `s`, a number of f16, and integers `q` in
    `[-8, 7]` (i4) or `[-127, 127]` (i8).

    * `absmax`: `s = max_k |x[n, k]| / 7` (or `/ 127`), `q = round(x / s)`.
    * `search`: of a fixed list of scales near that one, negative ones included with i4, the one whose integers, with the
      scale that fits them best, have the least squared error; never worse than `absmax`. See `ir/QuantFormat.cpp`.

    * `keep`: the numbers are those of checkpoint tensors that have integers and scales of the result's type already: these, as
      they are. Only casts to f32, and concats and slices of rows, may stand between.

    Rounding is to nearest, ties to even.

    Constraints:
    * (C1) `input` is a static matrix of f32, bf16 or f16.
    * (C2) The result has its shape and elements of a `quant` type of weights, of i4 or i8 with one level of scales unless they
      are kept.

    ```mlir
    graphc.weight @down[%layer in 22] : tensor<2048x5632x!graphc.quant<i4:f16, 32>> {
      %w = graphc.checkpoint "model.layers.{layer}.mlp.down_proj.weight"[%layer] : tensor<2048x5632xf32>
      %q = graphc.quantize search %w : tensor<2048x5632xf32> -> tensor<2048x5632x!graphc.quant<i4:f16, 32>>
      graphc.yield %q : tensor<2048x5632x!graphc.quant<i4:f16, 32>>
    }
    ```
  }];
  let arguments = (ins Graphc_Tensor:$input, Graphc_ScaleRuleAttr:$rule);
  let results = (outs Graphc_QuantTensor:$result);
  let assemblyFormat = "custom<Keyword>($rule) $input attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
}

def Graphc_PackOp : Graphc_PureOp<"pack"> {
  let summary = "Lay a matrix out in panels of 32 output channels";
  let description = [{
    The layout that matmul kernels read, one contiguous stream per panel (see `ir/PanelLayout.h`):
    `y[c / 32, k / kp, c % 32, k % kp] = x[n, k]` where `c` is the channel that row `n` becomes; all else is 0.

    * Without `groups`, `c = n`.
    * With `groups G > 0`, the rows are `G` groups of `2h`: a first half and a second half of `h` rows each. Each half is padded with
      zero rows to a multiple of 16, and 16-row blocks alternate: first, second, first, second, .. One panel then holds 16
      channels of a first half and the 16 of the second half that belong to them: gate and up (`G = 1`), the halves that rope
      turns into each other (`G` = heads of q, k and v).

    Operands:
    * `input` `x` `[N, K]`, result `[P, Kp/kp, 32, kp]`: `kp` is 1 for f32 and f16, 2 for bf16 and the group for quantized numbers, `Kp`
      is `K` rounded up to a multiple of `kp`, `P` is `⌈N / 32⌉`, with groups `G · ⌈h / 16⌉`. How a block of 32 channels of a
      group stands in memory says `ir/QuantFormat.h`.
    * A vector (a bias) `[N]` becomes `[32 P]`: `y[c] = x[n]`.

    Constraints:
    * (C1) `input` is a static matrix or vector of f32, bf16 or f16, or a static matrix of quantized numbers.
    * (C2) `groups >= 0`, and with groups `N` is a multiple of `2 G`.
    * (C3) The result has the type that follows from these.

    ```mlir
    graphc.weight @gate_up[%layer in 22] : tensor<352x1024x32x2xbf16> {
      %gate = graphc.checkpoint "model.layers.{layer}.mlp.gate_proj.weight"[%layer] : tensor<5632x2048xbf16>
      %up = graphc.checkpoint "model.layers.{layer}.mlp.up_proj.weight"[%layer] : tensor<5632x2048xbf16>
      %w = graphc.concat %gate, %up axis 0 : (tensor<5632x2048xbf16>, tensor<5632x2048xbf16>) -> tensor<11264x2048xbf16>
      %p = graphc.pack %w groups 1 : tensor<11264x2048xbf16> -> tensor<352x1024x32x2xbf16>
      graphc.yield %p : tensor<352x1024x32x2xbf16>
    }
    ```
  }];
  let arguments = (ins Graphc_QuantTensor:$input, DefaultValuedAttr<I64Attr, "0">:$groups);
  let results = (outs Graphc_QuantTensor:$result);
  let assemblyFormat = "$input (`groups` $groups^)? attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// Layout of a matrix or vector when packed. `input` is static, as C1 says, and its rows are a multiple of 2 groups.
    static ::graphc::PanelLayout layoutOf(::mlir::RankedTensorType input, int64_t groups);
    /// The result's type for such an input.
    static ::mlir::RankedTensorType packedType(::mlir::RankedTensorType input, int64_t groups);
    ::graphc::PanelLayout getLayout() { return layoutOf(getInput().getType(), getGroups()); }
  }];
}

} // opDocGroup

#endif // GRAPHC_IR_WEIGHTOPS_TD
