//===- NetworkOps.td - Embedding, norms, products ----------*- tablegen -*-===//
#ifndef GRAPHC_IR_NETWORKOPS_TD
#define GRAPHC_IR_NETWORKOPS_TD

include "ir/TensorOps.td"

def Graphc_NetworkDocs : OpDocGroup {
  let summary = "Embedding, norms, products";
  let description = [{
    The parts of a network that are not attention. Sums are accumulated in f32; the reference accumulates in f64.
  }];
}

let opDocGroup = Graphc_NetworkDocs in {

def Graphc_EmbeddingOp : Graphc_PureOp<"embedding"> {
  let summary = "Look up the rows of the step's tokens";
  let description = [{
    `y[t, k] = table[tokens[t], k]`.

    * `table` `[V, K]`, or packed as `graphc.pack` does (a tied head and the embedding share one weight); `step`; result
      `[T, K]`.
    * Elements: those of the table, f32, bf16, f16 or quantized, are converted to the result's.

    Constraints:
    * (C1) `table` is a static matrix, natural or packed.
    * (C2) The result is `[?, K]` with the table's `K`; of a packed table, `K` may leave out columns of the padding.

    ```mlir
    // Given %table: tensor<32000x2048xbf16>, %step: !graphc.step
    %y = graphc.embedding %table, %step : tensor<32000x2048xbf16> -> tensor<?x2048xf32>
    ```
  }];
  let arguments = (ins Graphc_QuantTensor:$table, Graphc_StepType:$step);
  let results = (outs Graphc_Tensor:$result);
  let assemblyFormat = "$table `,` $step attr-dict `:` type($table) `->` type($result)";
  let hasVerifier = 1;
}

def Graphc_InputRowsOp : Graphc_PureOp<"input_rows"> {
  let summary = "Take the rows that the step is given in place of tokens";
  let description = [{
    `y[t, k]` = number `k` of the step's row `t`: what a network begins with that is given rows of numbers, not tokens. A
    part of a network is run alone this way.

    * `step`; result `[T, K]`.
    * Elements: rows are given as f32 and converted to the result's.

    Constraints:
    * (C1) The result is `[?, K]`.

    ```mlir
    // Given %step: !graphc.step
    %y = graphc.input_rows %step : tensor<?x2048xf32>
    ```
  }];
  let arguments = (ins Graphc_StepType:$step);
  let results = (outs Graphc_Tensor:$result);
  let assemblyFormat = "$step attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def Graphc_MeanOp : Graphc_PureOp<"mean"> {
  let summary = "Average over the last dimension, which becomes 1";
  let description = [{
    `y[.., 0] = 1/K · Σ_k x[.., k]`.

    * `input` `x` `[.., K]`, result `[.., 1]`; accumulation: f32.

    Constraints:
    * (C1) Input and result have the same element type.
    * (C2) The input has rank 1 or more.
    * (C3) The result has the input's shape with 1 at the last dimension.

    ```mlir
    // Given %x: tensor<?x2048xf32>
    %y = graphc.mean %x : tensor<?x2048xf32> -> tensor<?x1xf32>
    ```
  }];
  let arguments = (ins Graphc_Tensor:$input);
  let results = (outs Graphc_Tensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
}

def Graphc_RmsNormOp : Graphc_PureOp<"rms_norm", [AllTypesMatch<["input", "result"]> /* C1 */]> {
  let summary = "Normalise rows by their root mean square";
  let description = [{
    `y[.., k] = r · x[.., k] · gamma[k]` with `r = 1 / √(1/K · Σ_k x[.., k]² + eps)`.

    * `input` `x` `[.., K]`, `gamma` `[K]`, result `[.., K]`; accumulation: f32.

    Constraints:
    * (C1) Input and result have the same type.
    * (C2) `gamma` is `[K]` with the static last extent of the input.
    * (C3) `eps >= 0`.

    Numerics: a fused form (`fused_linear` with `rms`) multiplies by `r` behind the product instead, which changes the last
    bits only, as long as no rounding to bf16 stands between.

    ```mlir
    // Given %x: tensor<?x2048xf32>, %gamma: tensor<2048xf32>
    %y = graphc.rms_norm %x, %gamma eps 1.0e-05 : tensor<?x2048xf32>, tensor<2048xf32>
    ```
  }];
  let arguments = (ins Graphc_Tensor:$input, Graphc_Tensor:$gamma, F32Attr:$eps);
  let results = (outs Graphc_Tensor:$result);
  let assemblyFormat = "$input `,` $gamma `eps` custom<Number>($eps) attr-dict `:` type($input) `,` type($gamma)";
  let hasVerifier = 1;
}

def Graphc_LayerNormOp : Graphc_PureOp<"layer_norm", [AllTypesMatch<["input", "result"]> /* C1 */]> {
  let summary = "Normalise rows to mean 0 and variance 1";
  let description = [{
    `y[.., k] = (x[.., k] - m) · gamma[k] / √(v + eps) + beta[k]` with `m = 1/K · Σ_k x[.., k]` and
    `v = 1/K · Σ_k (x[.., k] - m)²`. Without `beta`, nothing is added.

    * `input` `x` `[.., K]`, `gamma` `[K]`, `beta` `[K]`, result `[.., K]`; accumulation: f32.

    Constraints:
    * (C1) Input and result have the same type.
    * (C2) `gamma`, and `beta` if there is one, is `[K]` with the static last extent of the input.
    * (C3) `eps >= 0`.

    ```mlir
    // Given %x: tensor<?x2048xf32>, %gamma: tensor<2048xf32>, %beta: tensor<2048xf32>
    %y = graphc.layer_norm %x, %gamma, %beta eps 1.0e-05 : tensor<?x2048xf32>, tensor<2048xf32>, tensor<2048xf32>
    ```
  }];
  let arguments = (ins Graphc_Tensor:$input, Graphc_Tensor:$gamma, Optional<Graphc_Tensor>:$beta,
                       F32Attr:$eps);
  let results = (outs Graphc_Tensor:$result);
  let assemblyFormat = [{
    $input `,` $gamma (`,` $beta^)? `eps` custom<Number>($eps) attr-dict `:` type($input) `,` type($gamma)
    (`,` type($beta)^)?
  }];
  let hasVerifier = 1;
}

def Graphc_LinearOp : Graphc_PureOp<"linear"> {
  let summary = "Multiply rows by a weight: y = x Wᵀ";
  let description = [{
    `y[.., n] = Σ_k x[.., k] · W[n, k]`.

    * `input` `x` `[.., K]`, `weight` `W` `[N, K]`, result `[.., N]`.
    * In the plan stage the weight may be packed (see `graphc.pack`), `[P, Kp/kp, 32, kp]`, and the input padded with zeros to
      more than `K` columns; `N` is then the result's.
    * Elements: input and weight of one type, or the weight is narrower than rows of f32 and becomes f32, which is exact; the
      result f32 or the input's type; accumulation: f32.

    Constraints:
    * (C1) Input and weight have the same element type, or the input is of f32 and the weight of bf16 or f16.
    * (C2) `weight` is a static matrix, natural or packed.
    * (C3) The input's last extent is the weight's `K`; with a packed weight, it is at least the `K` before padding.
    * (C4) The result has the input's shape with `N` at the last dimension; with a packed weight, `N` needs all `P` panels.
    * (C5) The result's element type is f32 or the input's.

    Numerics: one chain of fused multiply-adds along K, in order.

    ```mlir
    // Given %x: tensor<?x2048xf32>, %w: tensor<5632x2048xf32>
    %y = graphc.linear %x, %w : (tensor<?x2048xf32>, tensor<5632x2048xf32>) -> tensor<?x5632xf32>
    ```
  }];
  let arguments = (ins Graphc_Tensor:$input, Graphc_Tensor:$weight);
  let results = (outs Graphc_Tensor:$result);
  let assemblyFormat = "$input `,` $weight attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def Graphc_MatmulOp : Graphc_PureOp<"matmul"> {
  let summary = "Multiply two matrices of activations";
  let description = [{
    `y[m, n] = Σ_k a[m, k] · b[k, n]`; with `transpose_b`, `y[m, n] = Σ_k a[m, k] · b[n, k]`.

    * `lhs` `a` `[M, K]`, `rhs` `b` `[K, N]` or `[N, K]`, result `[M, N]`.
    * Elements: operands of one type, the result f32 or that type; accumulation: f32.

    Constraints:
    * (C1) Operands have the same element type, the result f32 or that type.
    * (C2) Operands have rank 2.
    * (C3) Their extents `K` are equal.
    * (C4) The result is `[M, N]`.

    ```mlir
    // Given %a: tensor<?x64xf32>, %b: tensor<64x16xf32>
    %y = graphc.matmul %a, %b : (tensor<?x64xf32>, tensor<64x16xf32>) -> tensor<?x16xf32>
    ```
  }];
  let arguments = (ins Graphc_Tensor:$lhs, Graphc_Tensor:$rhs, UnitAttr:$transpose_b);
  let results = (outs Graphc_Tensor:$result);
  let assemblyFormat = [{
    $lhs `,` $rhs (`transpose_b` $transpose_b^)? attr-dict `:` functional-type(operands, results)
  }];
  let hasVerifier = 1;
}

def Graphc_BatchMatmulOp : Graphc_PureOp<"batch_matmul"> {
  let summary = "Multiply two stacks of matrices of activations";
  let description = [{
    `y[.., m, n] = Σ_k a[.., m, k] · b[.., k, n]`; with `transpose_b`, `b[.., n, k]`. A stack's extent 1 gives way to the other's:
    `[4, 8, T, D]` times `[4, 1, D, S]` multiplies eight query heads by each key head.

    * `lhs` `a` `[.., M, K]`, `rhs` `b` `[.., K, N]` or `[.., N, K]`, result `[.., M, N]`.
    * Elements: operands of one type, the result f32 or that type; accumulation: f32.

    Constraints:
    * (C1) Operands have the same element type, the result f32 or that type.
    * (C2) Operands have the same rank, 3 or more.
    * (C3) Their extents `K` are equal.
    * (C4) Their extents before the last two are equal, or one of them is 1.
    * (C5) The result is `[.., M, N]` with the broadcast extents before the last two.

    ```mlir
    // Given %q: tensor<32x?x64xf32>, %k: tensor<32x?x64xf32>
    %y = graphc.batch_matmul %q, %k transpose_b : (tensor<32x?x64xf32>, tensor<32x?x64xf32>) -> tensor<32x?x?xf32>
    ```
  }];
  let arguments = (ins Graphc_Tensor:$lhs, Graphc_Tensor:$rhs, UnitAttr:$transpose_b);
  let results = (outs Graphc_Tensor:$result);
  let assemblyFormat = [{
    $lhs `,` $rhs (`transpose_b` $transpose_b^)? attr-dict `:` functional-type(operands, results)
  }];
  let hasVerifier = 1;
}

} // opDocGroup

#endif // GRAPHC_IR_NETWORKOPS_TD
