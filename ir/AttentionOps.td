//===- AttentionOps.td - Attention by its parts, KV cache --*- tablegen -*-===//
#ifndef GRAPHC_IR_ATTENTIONOPS_TD
#define GRAPHC_IR_ATTENTIONOPS_TD

include "ir/TensorOps.td"

def Graphc_AttentionDocs : OpDocGroup {
  let summary = "Attention by its parts";
  let description = [{
    Attention as a text book writes it. It is right for any batch: `kv_read` yields all cached rows of the step's sequences, one
    sequence after the other, and `mask` compares sequence (`slot`) and position of row and column. Of a column `s` in
    `[0, S)`, `column_slot[s]` is its sequence and `column_position[s]` its position there.
  }];
}

let opDocGroup = Graphc_AttentionDocs in {

def Graphc_RopeOp : Graphc_PureOp<"rope", [AllTypesMatch<["input", "result"]> /* C1 */]> {
  let summary = "Rotate the halves of each head by the token's position";
  let description = [{
    With `p = position[t]`, `c = table[p, d]`, `s = table[p, D/2 + d]` for `d` in `[0, D/2)`:

    * `y[.., t, d] = x[.., t, d] · c - x[.., t, d + D/2] · s`
    * `y[.., t, d + D/2] = x[.., t, d + D/2] · c + x[.., t, d] · s`

    Operands:
    * `input` `x` `[.., T, D]`, usually `[H, T, D]`; `table` `[C, D]`, cosines then sines (`graphc.rope_table`), for positions up
      to the context `C`; `step`; result `[.., T, D]`.

    Constraints:
    * (C1) Input and result have the same type.
    * (C2) The input's last two dimensions are a dynamic one and an even number `D`.
    * (C3) `table` is `tensor<CxDxf32>`.

    ```mlir
    // Given %q: tensor<32x?x64xf32>, %table: tensor<2048x64xf32>, %step: !graphc.step
    %y = graphc.rope %q, %table, %step : tensor<32x?x64xf32>, tensor<2048x64xf32>
    ```
  }];
  let arguments = (ins Graphc_Tensor:$input, Graphc_Tensor:$table, Graphc_StepType:$step);
  let results = (outs Graphc_Tensor:$result);
  let assemblyFormat = "$input `,` $table `,` $step attr-dict `:` type($input) `,` type($table)";
  let hasVerifier = 1;
}

def Graphc_SoftCapOp : Graphc_PureOp<"soft_cap", [SameOperandsAndResultType /* C1 */]> {
  let summary = "Bound values smoothly: cap * tanh(x / cap)";
  let description = [{
    `y = cap · tanh(x / cap)`.

    Constraints:
    * (C1) Input and result have the same type.
    * (C2) `cap > 0`.

    ```mlir
    // Given %x: tensor<32x?x?xf32>
    %y = graphc.soft_cap %x cap 50.0 : tensor<32x?x?xf32>
    ```
  }];
  let arguments = (ins Graphc_Tensor:$input, F32Attr:$cap);
  let results = (outs Graphc_Tensor:$result);
  let assemblyFormat = "$input `cap` custom<Number>($cap) attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def Graphc_MaskOp : Graphc_PureOp<"mask", [AllTypesMatch<["input", "result"]> /* C1 */]> {
  let summary = "Hide from each token what it must not see";
  let description = [{
    `y[.., t, s] = x[.., t, s]` if token `t` sees row `s`, else minus infinity. It sees the rows of its own sequence up to and with
    its own: `column_slot[s] = slot[t]` and `column_position[s] <= position[t]`. With a `window` `W`, only the last `W` of them:
    also `column_position[s] > position[t] - W`.

    * `input` `x` `[.., T, S]`, the scores; `step`; result `[.., T, S]`.

    Constraints:
    * (C1) Input and result have the same type.
    * (C2) The input's last two dimensions are dynamic.
    * (C3) `window >= 1`.

    ```mlir
    // Given %scores: tensor<32x?x?xf32>, %step: !graphc.step
    %y = graphc.mask causal %scores, %step : tensor<32x?x?xf32>
    %z = graphc.mask causal window 4096 %scores, %step : tensor<32x?x?xf32>
    ```
  }];
  let arguments = (ins Graphc_Tensor:$input, Graphc_StepType:$step, OptionalAttr<I64Attr>:$window);
  let results = (outs Graphc_Tensor:$result);
  let assemblyFormat = "`causal` (`window` $window^)? $input `,` $step attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def Graphc_SoftmaxOp : Graphc_PureOp<"softmax", [SameOperandsAndResultType /* C1 */]> {
  let summary = "Normalise exponentials along one dimension";
  let description = [{
    `y[i] = exp(x[i] - m) / Σ_j exp(x[j] - m)` along dimension `axis`, with `m = max_j x[j]`.

    Constraints:
    * (C1) Input and result have the same type.
    * (C2) `axis` is a dimension of the input.

    Numerics: accumulation in f32. Entries of minus infinity yield an exact 0; if there are no others, all yield 0.

    ```mlir
    // Given %x: tensor<32x?x?xf32>
    %y = graphc.softmax %x axis 2 : tensor<32x?x?xf32>
    ```
  }];
  let arguments = (ins Graphc_Tensor:$input, I64Attr:$axis);
  let results = (outs Graphc_Tensor:$result);
  let assemblyFormat = "$input `axis` $axis attr-dict `:` type($result)";
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// KV cache
//===----------------------------------------------------------------------===//

def Graphc_KvLayerOp : Graphc_Op<"kv_layer", [Pure]> {
  let summary = "Name the cache of one layer";
  let description = [{
    Yields the cache of layer `layer`, which `@step` hands to the layer's function.

    Constraints:
    * (C1) `layer >= 0`.

    ```mlir
    %kv = graphc.kv_layer 3 : !graphc.kv_cache<4x64xbf16>
    ```
  }];
  let arguments = (ins I64Attr:$layer);
  let results = (outs Graphc_KvCacheType:$result);
  let assemblyFormat = "$layer attr-dict `:` qualified(type($result))";
  let hasVerifier = 1;
}

def Graphc_KvAppendOp : Graphc_Op<"kv_append", [
    DeclareOpInterfaceMethods<CostOpInterface>, DeclareOpInterfaceMethods<DimsOpInterface>]> {
  let summary = "Append the step's keys and values to the cache";
  let description = [{
    `K[slot[t]][position[t]][h] = key[h, t, :]` and the same for values. Reads that follow see the new rows.

    * `cache` of `Hkv` heads of `D` numbers, `step`, `key` and `value` `[Hkv, T, D]`.
    * Elements: those of `key` and `value` are rounded to the cache's.

    Constraints:
    * (C1) `key` is `[Hkv, ?, D]`.
    * (C2) `value` is `[Hkv, ?, D]`.

    ```mlir
    // Given %kv: !graphc.kv_cache<4x64xbf16>, %step: !graphc.step, %k: tensor<4x?x64xf32>, %v: tensor<4x?x64xf32>
    graphc.kv_append %kv, %step, %k, %v : !graphc.kv_cache<4x64xbf16>, tensor<4x?x64xf32>, tensor<4x?x64xf32>
    ```
  }];
  let arguments = (ins Arg<Graphc_KvCacheType, "", [MemWrite]>:$cache, Graphc_StepType:$step,
                       Graphc_Tensor:$key, Graphc_Tensor:$value);
  let assemblyFormat = [{
    $cache `,` $step `,` $key `,` $value attr-dict `:` qualified(type($cache)) `,` type($key) `,` type($value)
  }];
  let hasVerifier = 1;
}

def Graphc_KvReadOp : Graphc_Op<"kv_read", [
    DeclareOpInterfaceMethods<CostOpInterface>, DeclareOpInterfaceMethods<DimsOpInterface>]> {
  let summary = "Read all cached keys and values of the step's sequences";
  let description = [{
    `key[h, s, :] = K[column_slot[s]][column_position[s]][h]` and the same for values: the rows of all sequences of the step, one
    sequence after the other, this step's tokens included if they have been appended.

    * `cache` of `Hkv` heads of `D` numbers, `step`, results `[Hkv, S, D]`.
    * Elements: the cache's, or f32; of an i8 cache the numbers, in f32.

    Constraints:
    * (C1) `key` is `[Hkv, ?, D]`.
    * (C2) `value` is `[Hkv, ?, D]`.
    * (C3) Their element types are f32, or the cache's if that is a float.

    ```mlir
    // Given %kv: !graphc.kv_cache<4x64xf32>, %step: !graphc.step
    %k, %v = graphc.kv_read %kv, %step : !graphc.kv_cache<4x64xf32> -> tensor<4x?x64xf32>, tensor<4x?x64xf32>
    ```
  }];
  let arguments = (ins Arg<Graphc_KvCacheType, "", [MemRead]>:$cache, Graphc_StepType:$step);
  let results = (outs Graphc_Tensor:$key, Graphc_Tensor:$value);
  let assemblyFormat = [{
    $cache `,` $step attr-dict `:` qualified(type($cache)) `->` type($key) `,` type($value)
  }];
  let hasVerifier = 1;
}

} // opDocGroup

#endif // GRAPHC_IR_ATTENTIONOPS_TD
