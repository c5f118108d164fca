//===- FusedOps.td - The operators that kernels are made for -*- tablegen -*-===//
#ifndef GRAPHC_IR_FUSEDOPS_TD
#define GRAPHC_IR_FUSEDOPS_TD

include "ir/AttentionOps.td"
include "ir/NetworkOps.td"

def Graphc_FusedDocs : OpDocGroup {
  let summary = "Fused";
  let description = [{
    What a decoder layer becomes: `fused_qkv`, `flash_attention`, `fused_linear` (output projection, residual), `fused_linear` (gate
    and up), `fused_linear` (down, residual). Where more than a rotation stands between the projections and the cache, a
    `fused_linear` and `append_qkv` take the place of `fused_qkv`; where a block ends with a norm, `norm_add` that of the residual.
    Each says by `DecomposableOpInterface` which un-fused ops it stands for.

    **Prologue** of `fused_linear` and `fused_qkv`, what happens to a row `x` `[K]` before the product:

    * `layer_norm(eps)`: `x` becomes `(x - m) / √(v + eps)` with its mean `m` and variance `v` (see `graphc.layer_norm`);
    * `gamma(g)`: `x` is multiplied by `g` `[K]`;
    * `beta(b)`: `b` `[K]` is added, with `layer_norm` only;
    * the row is rounded to `rows(type)`, or to the weight's element type; with a quantized weight and no `rows`, it keeps
      its own. `rows(f32)` with a weight of bf16 or f16 makes f32 numbers of the weight, which is exact: f16 has no other way;
    * `rms(eps)`: the product is multiplied by `r = 1 / √(1/K · Σ_k x[k]² + eps)`, where `x` is the input as it came, so that
      `r · ((x · g) Wᵀ)` is the product of the normalised row;
    * `row_factor(r)`: `r` `[T]` is an operand instead (plan stage: `prepare_rows` computed it, and applied gamma).

    At most one of `rms`, `row_factor` and `layer_norm` is given.

    **Weights** are natural, `[N, K]`, or packed, `[P, Kp/kp, 32, kp]` (plan stage; see `graphc.pack`). With a packed weight the
    input may have more than `K` columns, the rest zeros, and `bias` is packed with the same groups, `[32 P]`. Weights are of f32,
    bf16, f16 or quantized; the rows that meet them are of the same type or of f32, those that meet a quantized one of f32, bf16
    or quantized themselves, and no rows are of f16. An op with a packed or a
    quantized weight does not decompose.

    With quantized rows and weights, the products of a span of 32 columns (or of 16, if the weight's groups are as small) are
    added as integers, exactly; then `part = fma(float(dot), s_weight, part)` span by span, and with minimums
    `part = fma(float(Σ q_row), m_weight, part)`; and `sum = fma(part, s_row, sum)` for each group of the rows. With rows of f32 or bf16 and weights with minimums, the rows' sums are
    multiplied with them in the same way, or `fma(q, s_weight, m_weight)` number by number. With rows of f32 or bf16 and quantized weights, runs of 8 columns are
    chains of fused multiply-adds with the integers, and `sum = fma(run, s_weight, sum)`; with rows of bf16 on a target whose dot
    product of bf16 pays, runs of 32 columns are chains of dot products of pairs.
  }];
}

class Graphc_FusedOp<string mnemonic, list<Trait> traits = []>
    : Graphc_Op<mnemonic, !listconcat(traits, [
          DeclareOpInterfaceMethods<CostOpInterface>, DeclareOpInterfaceMethods<DimsOpInterface>,
          DeclareOpInterfaceMethods<DecomposableOpInterface>])> {
  let hasVerifier = 1;
}

let opDocGroup = Graphc_FusedDocs in {

def Graphc_PrepareRowsOp : Graphc_FusedOp<"prepare_rows", [Pure, AttrSizedOperandSegments]> {
  let summary = "Get rows ready for a matmul kernel: norm factor, gamma, conversion, padding";
  let description = [{
    The prologue of a matmul as a dispatch of its own (plan stage):

    * `rows[t, k] = round(x[t, k] · gamma[k])` for `k < K`, and 0 for `k` in `[K, Kp)`;
    * `factor[t] = 1 / √(1/K · Σ_k x[t, k]² + eps)`, with `rms`;
    * with `layer_norm` instead, `rows[t, k] = round((x[t, k] - m) / √(v + eps) · gamma[k] + beta[k])`, where `m` and `v` are the
      row's mean and variance.

    Quantized rows are rounded in the groups of their type: the scale is `max |x · gamma| / 127`, f32. Beside it stands the sum of
    the group's integers times `-offset`, what a kernel starts from that adds `offset` to every integer of its weight; the sum
    itself (`offset -1`) for a weight with minimums.

    Operands:
    * `input` `x` `[T, K]`, `gamma` `[K]` (absent: 1), `beta` `[K]` (absent: 0), results `rows` `[T, Kp]`, `factor` `[T]` (with
      `rms` only).
    * Elements: `rows` f32, bf16 or quantized, `factor` f32; accumulation: f32.

    Constraints:
    * (C1) `input` is `[?, K]`.
    * (C2) `gamma` and `beta` are `[K]`; there is a `beta` with `layer_norm` only.
    * (C3) `rows` is `[?, Kp]` with `Kp >= K`, of f32, bf16 or the quantized type of rows, `Kp` then a multiple of its group.
    * (C4) There is a `factor` if and only if there is an `rms`; it is `tensor<?xf32>`. Not both of `rms` and `layer_norm` are
      given; their `eps >= 0`.

    Decomposes if `Kp = K` (no un-fused op makes T rows of zeros).

    ```mlir
    // Given %x: tensor<?x2048xf32>, %gamma: tensor<2048xf32>
    %rows, %factor = graphc.prepare_rows %x rms(1.0e-05) gamma(%gamma)
        : (tensor<?x2048xf32>, tensor<2048xf32>) -> (tensor<?x2048xbf16>, tensor<?xf32>)
    ```
  }];
  let arguments = (ins Graphc_Tensor:$input, Optional<Graphc_Tensor>:$gamma, Optional<Graphc_Tensor>:$beta,
                       OptionalAttr<F32Attr>:$eps, OptionalAttr<F32Attr>:$layer_eps,
                       DefaultValuedAttr<I64Attr, "0">:$offset);
  let results = (outs Graphc_QuantTensor:$rows, Optional<Graphc_Tensor>:$factor);
  let assemblyFormat = [{
    $input (`rms` `(` custom<Number>($eps)^ `)`)? (`layer_norm` `(` custom<Number>($layer_eps)^ `)`)?
    (`gamma` `(` $gamma^ `)`)? (`beta` `(` $beta^ `)`)? (`offset` $offset^)? attr-dict `:`
    functional-type(operands, results)
  }];
}

def Graphc_FusedLinearOp : Graphc_FusedOp<"fused_linear", [Pure, AttrSizedOperandSegments]> {
  let summary = "Multiply rows by a weight, with what happens to a row before and after";
  let description = [{
    With the prologue described above, `z[t, n] = r[t] · Σ_k round(x[t, k] · g[k]) · W[n, k] + bias[n]` and

    * without `gate`: `y[t, n] = z[t, n] + residual[t, n]`; with `act(act)`, `act(z)` stands for `z`; with `cap(c)`,
      `c · tanh(z / c)` does;
    * with `gate(act)`: the weight has `2F` rows, first those of the gate, then those of up, and
      `y[t, f] = act(z[t, f]) · z[t, F + f] + residual[t, f]`.

    What is absent is left out (`r = 1`, `g = 1`, `bias = 0`, `residual = 0`).

    Operands:
    * `input` `x` `[T, K]`, `weight` `W` `[N, K]`, `gamma` and `beta` `[K]`, `row_factor` `[T]`, `bias` `[N]`, `residual` `[T, F]`,
      result `y` `[T, F]`, where `F` is `N/2` with a gate and `N` without.
    * Elements: the product's operands are as said above; accumulation and epilogue: f32; `y` is rounded once.

    Constraints:
    * (C1) `input` is `[?, K]`.
    * (C2) `weight` is a static matrix, natural or packed, of f32, bf16, f16 or quantized; rows and weight fit as said above.
    * (C3) The input's `K` is the weight's; with a packed weight, at least the `K` before padding.
    * (C4) `gamma` and `beta` are `[K]`; there is a `beta` with `layer_norm` only.
    * (C5) At most one of `rms`, `layer_norm` and `row_factor` is given; `eps >= 0`; `row_factor` is `tensor<?xf32>`.
    * (C6) The result is `[?, F]` of f32 or bf16, and the weight has `F` rows, or `2F` with a gate; a packed weight has as
      many panels as these rows need.
    * (C7) `bias` has as many numbers as the weight has rows; with a packed weight it is packed too, `[32 P]`.
    * (C8) `residual` is `[?, F]`.
    * (C9) At most one of `gate`, `act` and `cap` is given; `cap > 0`.

    Numerics: one chain of fused multiply-adds along K, in order. Against norm and product one by one, `r` multiplies the sum
    instead of each number: in f32 a difference of the last bits; in bf16 the rounded numbers are `x·g` instead of `r·x·g`, with
    the same relative error of 2⁻⁹ each.

    ```mlir
    // Given %x: tensor<?x2048xf32>, %gamma: tensor<2048xf32>, %gate_up: tensor<11264x2048xbf16>
    // Given %o: tensor<?x2048xf32>, %w: tensor<2048x2048xbf16>
    %a = graphc.fused_linear %x, %gate_up rms(1.0e-05) gamma(%gamma) gate(silu)
         : (tensor<?x2048xf32>, tensor<11264x2048xbf16>, tensor<2048xf32>) -> tensor<?x5632xf32>
    %y = graphc.fused_linear %o, %w residual(%x)
         : (tensor<?x2048xf32>, tensor<2048x2048xbf16>, tensor<?x2048xf32>) -> tensor<?x2048xf32>
    ```
  }];
  let arguments = (ins
    Graphc_QuantTensor:$input, Graphc_QuantTensor:$weight,
    Optional<Graphc_Tensor>:$gamma, Optional<Graphc_Tensor>:$beta, Optional<Graphc_Tensor>:$row_factor,
    Optional<Graphc_Tensor>:$bias, Optional<Graphc_Tensor>:$residual,
    OptionalAttr<F32Attr>:$eps, OptionalAttr<F32Attr>:$layer_eps, OptionalAttr<TypeAttr>:$rows,
    OptionalAttr<Graphc_ActivationAttr>:$gate, OptionalAttr<Graphc_ActivationAttr>:$act,
    OptionalAttr<F32Attr>:$cap);
  let results = (outs Graphc_Tensor:$result);
  let assemblyFormat = [{
    $input `,` $weight (`rms` `(` custom<Number>($eps)^ `)`)? (`layer_norm` `(` custom<Number>($layer_eps)^ `)`)?
    (`gamma` `(` $gamma^ `)`)? (`beta` `(` $beta^ `)`)? (`rows` `(` $rows^ `)`)?
    (`row_factor` `(` $row_factor^ `)`)? (`bias` `(` $bias^ `)`)? (`gate` `(` custom<Keyword>($gate)^ `)`)?
    (`act` `(` custom<Keyword>($act)^ `)`)? (`cap` `(` custom<Number>($cap)^ `)`)?
    (`residual` `(` $residual^ `)`)? attr-dict `:` functional-type(operands, results)
  }];
}

def Graphc_FusedQkvOp : Graphc_FusedOp<"fused_qkv", [AttrSizedOperandSegments]> {
  let summary = "Project to queries, keys and values, rotate, and append to the cache";
  let description = [{
    With the prologue described above, `z[t, n] = r[t] · Σ_k round(x[t, k] · g[k]) · W[n, k] + bias[n]`. The rows of the weight are
    those of `H` query heads, then of `Hkv` key heads, then of `Hkv` value heads, each of `D` rows; so `z` falls into `q` `[H, T, D]`,
    `k` and `v` `[Hkv, T, D]`. Then

    * `q` and `k` are rotated as `graphc.rope` does (with `rope` only);
    * `k` and `v` are appended as `graphc.kv_append` does;
    * `q` is the result.

    Operands:
    * `input` `x` `[T, K]`, `weight` `W` `[N, K]` with `N = (H + 2 Hkv) · D`, `gamma` and `beta` `[K]`, `row_factor` `[T]`,
      `bias` `[N]`, `rope_table` `[C, D]`, `cache` of `Hkv` heads of `D` numbers, `step`, result `query` `[H, T, D]`.
    * A packed weight (and bias) has `groups H + 2 Hkv`, so that a panel holds both halves that a rotation needs.
    * Elements: the product's operands are as said above; accumulation and all that follows: f32; `q` is rounded to the
      result's type, `k` and `v` to the cache's.

    Constraints:
    * (C1) `input` is `[?, K]`.
    * (C2) `weight` is a static matrix, natural or packed, of f32, bf16, f16 or quantized; rows and weight fit as said above.
    * (C3) The input's `K` is the weight's; with a packed weight, at least the `K` before padding.
    * (C4) `gamma` and `beta` are `[K]`; there is a `beta` with `layer_norm` only.
    * (C5) At most one of `rms`, `layer_norm` and `row_factor` is given; `eps >= 0`; `row_factor` is `tensor<?xf32>`.
    * (C6) The result is `[H, ?, D]` of f32 or bf16, with the cache's even `D` and a multiple of its `Hkv`.
    * (C7) The weight has `(H + 2 Hkv) · D` rows; a packed one, as many panels as these rows need with `groups H + 2 Hkv`.
    * (C8) `bias` has as many numbers as the weight has rows; with a packed weight it is packed too, `[32 P]`.
    * (C9) `rope_table` is `tensor<CxDxf32>`.

    ```mlir
    // Given %x: tensor<?x2048xf32>, %w: tensor<2560x2048xbf16>, %gamma: tensor<2048xf32>
    // Given %table: tensor<2048x64xf32>, %kv: !graphc.kv_cache<4x64xbf16>, %step: !graphc.step
    %q = graphc.fused_qkv %x, %w rms(1.0e-05) gamma(%gamma) rope(%table) append(%kv, %step)
         : (tensor<?x2048xf32>, tensor<2560x2048xbf16>, tensor<2048xf32>, tensor<2048x64xf32>,
            !graphc.kv_cache<4x64xbf16>, !graphc.step) -> tensor<32x?x64xbf16>
    ```
  }];
  let arguments = (ins
    Graphc_QuantTensor:$input, Graphc_QuantTensor:$weight,
    Optional<Graphc_Tensor>:$gamma, Optional<Graphc_Tensor>:$beta, Optional<Graphc_Tensor>:$row_factor,
    Optional<Graphc_Tensor>:$bias, Optional<Graphc_Tensor>:$rope_table,
    Arg<Graphc_KvCacheType, "", [MemWrite]>:$cache, Graphc_StepType:$step,
    OptionalAttr<F32Attr>:$eps, OptionalAttr<F32Attr>:$layer_eps, OptionalAttr<TypeAttr>:$rows);
  let results = (outs Graphc_Tensor:$query);
  let assemblyFormat = [{
    $input `,` $weight (`rms` `(` custom<Number>($eps)^ `)`)? (`layer_norm` `(` custom<Number>($layer_eps)^ `)`)?
    (`gamma` `(` $gamma^ `)`)? (`beta` `(` $beta^ `)`)? (`rows` `(` $rows^ `)`)?
    (`row_factor` `(` $row_factor^ `)`)? (`bias` `(` $bias^ `)`)? (`rope` `(` $rope_table^ `)`)?
    `append` `(` $cache `,` $step `)` attr-dict `:` functional-type(operands, results)
  }];
}

def Graphc_AppendQkvOp : Graphc_FusedOp<"append_qkv", [AttrSizedOperandSegments]> {
  let summary = "Normalise and rotate heads of projected rows, and append keys and values to the cache";
  let description = [{
    What `fused_qkv` does behind its product, and more, as a dispatch of its own: for projections that are several matmuls
    (their weights are of different types), whose heads are normalised, or of which a part is rotated.

    `query_rows`, `key_rows` and `value_rows` are rows `[T, N]` of projections, often the same ones. The `H` heads of the queries
    are the `H · D` channels of theirs from `query_offset` on; those of the keys and values, `Hkv · D` channels each, begin at
    `key_offset` and `value_offset`. Then

    * with `head_norm(eps)`, each head `x` `[D]` of the queries becomes `r · x · query_gamma` with `r = 1 / √(1/D · Σ_d x[d]² + eps)`, and
      each of the keys the same with `key_gamma`;
    * with `rope`, the first `R` numbers of each head of queries and keys are rotated as `graphc.rope` does;
    * keys and values are appended as `graphc.kv_append` does;
    * the queries are the result.

    Operands:
    * `query_rows` `[T, Nq]`, `key_rows` `[T, Nk]`, `value_rows` `[T, Nv]`, `query_gamma` and `key_gamma` `[D]`, `rope_table` `[C, R]`, `cache`
      of `Hkv` heads of `D` numbers, `step`, result `query` `[H, T, D]`.
    * Elements: all arithmetic is in f32; `query` is rounded to the result's type, keys and values to the cache's.

    Constraints:
    * (C1) The three inputs are `[?, N]`, of f32 or bf16.
    * (C2) The result is `[H, ?, D]` of f32 or bf16, with the cache's `D` and a multiple of its `Hkv`.
    * (C3) The offsets are at least 0, and behind each are as many channels as its heads have.
    * (C4) `query_gamma` and `key_gamma` are `[D]`; they are there if and only if there is a `head_norm`, whose `eps >= 0`.
    * (C5) `rope_table` is `tensor<CxRxf32>` with an even `R <= D`.

    ```mlir
    // Given %z: tensor<?x4096xf32>, %qg: tensor<128xf32>, %kg: tensor<128xf32>, %table: tensor<2048x128xf32>
    // Given %kv: !graphc.kv_cache<8x128xbf16>, %step: !graphc.step
    %q = graphc.append_qkv %z[0], %z[2048], %z[3072] head_norm(1.0e-06, %qg, %kg) rope(%table) append(%kv, %step)
         : (tensor<?x4096xf32>, tensor<?x4096xf32>, tensor<?x4096xf32>, tensor<128xf32>, tensor<128xf32>,
            tensor<2048x128xf32>, !graphc.kv_cache<8x128xbf16>, !graphc.step) -> tensor<16x?x128xbf16>
    ```
  }];
  let arguments = (ins
    Graphc_Tensor:$query_rows, Graphc_Tensor:$key_rows, Graphc_Tensor:$value_rows,
    Optional<Graphc_Tensor>:$query_gamma, Optional<Graphc_Tensor>:$key_gamma, Optional<Graphc_Tensor>:$rope_table,
    Arg<Graphc_KvCacheType, "", [MemWrite]>:$cache, Graphc_StepType:$step,
    I64Attr:$query_offset, I64Attr:$key_offset, I64Attr:$value_offset,
    OptionalAttr<F32Attr>:$eps);
  let results = (outs Graphc_Tensor:$query);
  let assemblyFormat = [{
    $query_rows `[` $query_offset `]` `,` $key_rows `[` $key_offset `]` `,` $value_rows `[` $value_offset `]`
    (`head_norm` `(` custom<Number>($eps)^ `,` $query_gamma `,` $key_gamma `)`)? (`rope` `(` $rope_table^ `)`)?
    `append` `(` $cache `,` $step `)` attr-dict `:` functional-type(operands, results)
  }];
}

def Graphc_NormAddOp : Graphc_FusedOp<"norm_add", [Pure, AllTypesMatch<["input", "residual", "result"]> /* C1 */]> {
  let summary = "Normalise rows by their root mean square and add a residual";
  let description = [{
    `y[t, k] = residual[t, k] + r[t] · x[t, k] · gamma[k]` with `r = 1 / √(1/K · Σ_k x[t, k]² + eps)`: the end of a block whose
    result is normalised before it is added.

    * `input` `x` `[T, K]`, `gamma` `[K]`, `residual` `[T, K]`, result `y` `[T, K]`; arithmetic: f32.

    Constraints:
    * (C1) Input, residual and result have the same type.
    * (C2) The input is `[?, K]` of f32 or bf16.
    * (C3) `gamma` is `[K]`.
    * (C4) `eps >= 0`.

    ```mlir
    // Given %x: tensor<?x2304xf32>, %gamma: tensor<2304xf32>, %h: tensor<?x2304xf32>
    %y = graphc.norm_add %x, %gamma eps 1.0e-06 residual(%h) : tensor<?x2304xf32>, tensor<2304xf32>
    ```
  }];
  let arguments = (ins Graphc_Tensor:$input, Graphc_Tensor:$gamma, Graphc_Tensor:$residual, F32Attr:$eps);
  let results = (outs Graphc_Tensor:$result);
  let assemblyFormat = [{
    $input `,` $gamma `eps` custom<Number>($eps) `residual` `(` $residual `)` attr-dict `:` type($input) `,` type($gamma)
  }];
}

def Graphc_FlashAttentionOp : Graphc_FusedOp<"flash_attention"> {
  let summary = "Attend to the cache in one pass: softmax(scale q kᵀ + mask) v";
  let description = [{
    For token `t` and query head `h`, with key head `g = ⌊h / (H / Hkv)⌋` and the rows `s` that `t` sees (those of its own sequence up
    to and with its own; with a `window` `W`, the last `W` of them):

    * `a[s] = scale · Σ_d query[h, t, d] · K[s, g, d]`; with `cap(c)`, then `a[s] = c · tanh(a[s] / c)`;
    * `p[s] = exp(a[s] - m)` with `m = max_s a[s]`;
    * `result[t, h · D + d] = Σ_s round(p[s]) · V[s, g, d] / Σ_s p[s]`.

    Operands:
    * `query` `[H, T, D]`, `cache` of `Hkv` heads of `D` numbers, `step`, result `[T, H·D]`.
    * Elements: the query's type, f32 or bf16, is that of both products: keys and values are converted to it, and `p` is rounded
      to it for the second product (not for the sum below). Accumulation, scores and softmax: f32. Of an i8 cache the integers
      are converted, which is exact; the scale of a key multiplies its score, that of a value `p` before it is rounded.

    Constraints:
    * (C1) `query` is `[H, ?, D]` of f32 or bf16, with the cache's `D` and a multiple of its `Hkv`.
    * (C2) `result` is `[?, H·D]` of f32 or bf16.
    * (C3) `window >= 1`.
    * (C4) `cap > 0`.

    Numerics: the context is cut into pieces of 512 tokens from its start; each is an online softmax from a fresh state, and the
    pieces are merged in order. So the bits do not depend on threads, chunks or other sequences. Against the un-fused ops
    the sums are scaled by other powers of e: in f32 a difference of the last bits; in bf16 the rounded numbers are `p` instead
    of `p / Σ p`, with the same relative error of 2⁻⁹ each.

    ```mlir
    // Given %q: tensor<32x?x64xbf16>, %kv: !graphc.kv_cache<4x64xbf16>, %step: !graphc.step
    %o = graphc.flash_attention %q, %kv, %step causal scale 0.125
         : tensor<32x?x64xbf16>, !graphc.kv_cache<4x64xbf16> -> tensor<?x2048xf32>
    %w = graphc.flash_attention %q, %kv, %step causal window 4096 scale 0.125 cap 50.0
         : tensor<32x?x64xbf16>, !graphc.kv_cache<4x64xbf16> -> tensor<?x2048xf32>
    ```
  }];
  let arguments = (ins
    Graphc_Tensor:$query, Arg<Graphc_KvCacheType, "", [MemRead]>:$cache, Graphc_StepType:$step,
    F32Attr:$scale, OptionalAttr<F32Attr>:$soft_cap, OptionalAttr<I64Attr>:$window);
  let results = (outs Graphc_Tensor:$result);
  let assemblyFormat = [{
    $query `,` $cache `,` $step `causal` (`window` $window^)? `scale` custom<Number>($scale) (`cap` custom<Number>($soft_cap)^)?
    attr-dict `:` type($query) `,` qualified(type($cache)) `->` type($result)
  }];
}

} // opDocGroup

#endif // GRAPHC_IR_FUSEDOPS_TD
