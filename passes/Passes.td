//===- Passes.td - The passes of graphc --------------------*- tablegen -*-===//
#ifndef GRAPHC_PASSES_PASSES_TD
#define GRAPHC_PASSES_PASSES_TD

include "mlir/Pass/PassBase.td"

/// All passes run over the module: they rewrite functions and weight symbols together.
class Graphc_Pass<string name> : Pass<"graphc-" # name, "::mlir::ModuleOp">;

//===----------------------------------------------------------------------===//
// graph -> fused, in the order of the pipeline
//===----------------------------------------------------------------------===//

def AssignPrecisionPass : Graphc_Pass<"assign-precision"> {
  let summary = "Choose the element types of weights, matmul operands and cache";
  let description = [{
    The graph comes in f32, with weights as the checkpoint has them. This pass decides what is narrower:

    * a weight that a linear multiplies with or an embedding looks up becomes `dtype`; every other weight (gammas, biases, rope
      tables) f32. With `dtype=f32` such a matrix may be stored in less: in bf16 or f16 (`weights`), or with `weights=stored` in what
      its checkpoint tensors are stored in, so that nothing is lost; with `dtype=bf16`, `weights=stored` keeps those of f16. With
      `exact-weights`, those that linears multiply with, and those that come quantized, stay f32: quantize-weights rounds or keeps
      them, once. The cast is part of the weight's expression: nothing is converted while the model runs;
    * the rows of a linear are cast to the type of its weight; with `dtype=f32`, and with a weight of f16, they stay f32, and the
      weight becomes f32 where it is multiplied;
    * the cache becomes `kv-cache`, wherever its type is named;
    * the operands of `batch_matmul` (attention's products) are cast to bf16 when `dtype` is and `kv-cache` is not f32, else
      they stay f32: no narrower than the cache (whose integers bf16 holds exactly), no narrower than asked for.

    Everything else (residual stream, norms, softmax, sums) stays f32. Values that have their type already are left alone, so
    a second run changes nothing.

    ```mlir
    // Given %x: tensor<?x64xf32>, %w: tensor<32x64xf32>
    %y = graphc.linear %x, %w : (tensor<?x64xf32>, tensor<32x64xf32>) -> tensor<?x32xf32>
    ```
    with `dtype=bf16`:
    ```mlir
    // Given %x: tensor<?x64xf32>, %w: tensor<32x64xbf16>
    %0 = graphc.cast %x : tensor<?x64xf32> -> tensor<?x64xbf16>
    %y = graphc.linear %0, %w : (tensor<?x64xbf16>, tensor<32x64xbf16>) -> tensor<?x32xf32>
    ```
  }];
  let options = [
    Option<"dtype", "dtype", "::graphc::Precision", "::graphc::Precision::F32",
      "element type of matrices and of what they are multiplied with",
      "::llvm::cl::values(clEnumValN(::graphc::Precision::F32, \"f32\", \"\"), "
      "clEnumValN(::graphc::Precision::BF16, \"bf16\", \"\"))">,
    Option<"weights", "weights", "::graphc::WeightPrecision", "::graphc::WeightPrecision::AsDtype",
      "element type that matrices are stored in",
      "::llvm::cl::values(clEnumValN(::graphc::WeightPrecision::AsDtype, \"dtype\", \"\"), "
      "clEnumValN(::graphc::WeightPrecision::Stored, \"stored\", \"\"), "
      "clEnumValN(::graphc::WeightPrecision::BF16, \"bf16\", \"\"), "
      "clEnumValN(::graphc::WeightPrecision::F16, \"f16\", \"\"))">,
    Option<"kvCache", "kv-cache", "::graphc::CachePrecision", "::graphc::CachePrecision::F32",
      "element type of the cache",
      "::llvm::cl::values(clEnumValN(::graphc::CachePrecision::F32, \"f32\", \"\"), "
      "clEnumValN(::graphc::CachePrecision::BF16, \"bf16\", \"\"), "
      "clEnumValN(::graphc::CachePrecision::I8, \"i8\", \"\"))">,
    Option<"exactWeights", "exact-weights", "bool", "false",
      "leave the weights of products in f32, for quantize-weights to round">
  ];
}

def RaiseRmsNormPass : Graphc_Pass<"raise-rms-norm"> {
  let summary = "Recognise RMSNorm written as mul, mean, add, rsqrt, mul";
  let description = [{
    ```mlir
    // Given %x: tensor<?x64xf32>, %gamma: tensor<64xf32>
    %eps = graphc.constant dense<1.0e-05> : tensor<1xf32>
    %0 = graphc.mul %x, %x : (tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
    %1 = graphc.mean %0 : tensor<?x64xf32> -> tensor<?x1xf32>
    %2 = graphc.add %1, %eps : (tensor<?x1xf32>, tensor<1xf32>) -> tensor<?x1xf32>
    %3 = graphc.rsqrt %2 : tensor<?x1xf32>
    %4 = graphc.mul %x, %3 : (tensor<?x64xf32>, tensor<?x1xf32>) -> tensor<?x64xf32>
    %5 = graphc.mul %4, %gamma : (tensor<?x64xf32>, tensor<64xf32>) -> tensor<?x64xf32>
    ```
    becomes
    ```mlir
    // Given %x: tensor<?x64xf32>, %gamma: tensor<64xf32>
    %5 = graphc.rms_norm %x, %gamma eps 1.0e-05 : tensor<?x64xf32>, tensor<64xf32>
    ```
    Looks for the `rsqrt` of a `mean` plus a constant. Matches with the factors of every product and the terms of the sum in
    either order, and with gamma multiplied before the reciprocal root or after it.

    Never matches: the mean of something else than `x * x`; a part with a second user (the norm would be computed beside
    it); no gamma, or one that is not a vector as long as a row; an `eps` that is no constant (then it is not what is looked for).
  }];
}

def FuseAttentionPass : Graphc_Pass<"fuse-attention"> {
  let summary = "Fuse matmul, scale, soft cap, mask, softmax, matmul into flash_attention";
  let description = [{
    ```mlir
    // Given %q: tensor<4x?x16xf32>, %kv: !graphc.kv_cache<2x16xf32>, %step: !graphc.step
    %k, %v = graphc.kv_read %kv, %step : !graphc.kv_cache<2x16xf32> -> tensor<2x?x16xf32>, tensor<2x?x16xf32>
    %0 = graphc.repeat %k axis 0 times 2 : tensor<2x?x16xf32> -> tensor<4x?x16xf32>
    %1 = graphc.repeat %v axis 0 times 2 : tensor<2x?x16xf32> -> tensor<4x?x16xf32>
    %2 = graphc.batch_matmul %q, %0 transpose_b : (tensor<4x?x16xf32>, tensor<4x?x16xf32>) -> tensor<4x?x?xf32>
    %3 = graphc.scale %2 by 0.25 : tensor<4x?x?xf32>
    %4 = graphc.mask causal %3, %step : tensor<4x?x?xf32>
    %5 = graphc.softmax %4 axis 2 : tensor<4x?x?xf32>
    %6 = graphc.batch_matmul %5, %1 : (tensor<4x?x?xf32>, tensor<4x?x16xf32>) -> tensor<4x?x16xf32>
    %7 = graphc.transpose %6 [1, 0, 2] : tensor<4x?x16xf32> -> tensor<?x4x16xf32>
    %8 = graphc.reshape %7 : tensor<?x4x16xf32> -> tensor<?x64xf32>
    ```
    becomes
    ```mlir
    // Given %q: tensor<4x?x16xf32>, %kv: !graphc.kv_cache<2x16xf32>, %step: !graphc.step
    %8 = graphc.flash_attention %q, %kv, %step causal scale 0.25 : tensor<4x?x16xf32>, !graphc.kv_cache<2x16xf32> -> tensor<?x64xf32>
    ```
    The anchor is the softmax. Matches these forms and their combinations:

    * the scale on the scores (before the mask or behind it), on the queries, or on the keys; as `scale`, as product or quotient
      with a constant of equal numbers, or with the `rsqrt` of one; several are multiplied;
    * the keys transposed by `transpose_b` or by an op of their own;
    * grouped heads by `repeat`; by `reshape` to `[Hkv, 1, S, D]` and `repeat`; or by `reshape` of the queries to `[Hkv, G, T, D]`
      and the product's broadcast of `[Hkv, 1, S, D]`;
    * `soft_cap` between scale and mask; a mask with or without a window; casts of queries, keys, values and probabilities;
    * heads merged by `transpose` and `reshape`, from three or four dimensions.

    Never matches, each with a reason:

    * scores or probabilities with a second user: they would have to be written out, which is what the fused op avoids;
    * softmax along another axis than the last: other sums;
    * no mask, or a tensor added to the scores instead of it: flash_attention is causal and knows no other mask;
    * a soft cap behind the mask (it would make hidden scores finite) or before the scale, a scale that is not positive (it
      would turn hidden scores to plus infinity): they do not commute;
    * mixed types: queries, keys, probabilities and values of different element types;
    * keys or values that are not read from a cache, are exchanged, come from different caches, or of which head `h` is not
      head `h / G`;
    * a cache that is written between its read and the attention: the fused op reads later;
    * heads that are not merged into rows: the fused op's result is `[T, H*D]`.
  }];
}

def JoinMatmulsPass : Graphc_Pass<"join-matmuls"> {
  let summary = "Join linears of the same rows into one with a concatenated weight";
  let description = [{
    ```mlir
    // Given %x: tensor<?x64xf32>, %gate: tensor<96x64xf32>, %up: tensor<96x64xf32>
    %g = graphc.linear %x, %gate : (tensor<?x64xf32>, tensor<96x64xf32>) -> tensor<?x96xf32>
    %u = graphc.linear %x, %up : (tensor<?x64xf32>, tensor<96x64xf32>) -> tensor<?x96xf32>
    ```
    becomes, with a new weight `@mlp.gate_up` that is `graphc.concat` of the two expressions,
    ```mlir
    // Given %x: tensor<?x64xf32>, %gate_up: tensor<192x64xf32>
    %1 = graphc.linear %x, %gate_up : (tensor<?x64xf32>, tensor<192x64xf32>) -> tensor<?x192xf32>
    %g = graphc.slice %1 axis 1[0, 96] : tensor<?x192xf32> -> tensor<?x96xf32>
    %u = graphc.slice %1 axis 1[96, 192] : tensor<?x192xf32> -> tensor<?x96xf32>
    ```
    The anchors are linears (or fused_linears with equal prologues) of the same rows in the same block; rows that were cast to
    the weight's type count as the same when what was cast is. The order of the channels follows from what they are for:
    queries, keys, values; what goes through an activation, then the rest. Projections for attention and those of a
    feed-forward network that reads the same rows are joined apart.

    Never joined with the others of a group: a weight that is no `param` (there is no expression to rewrite) or is of another
    layer; other element types; another prologue; a matmul that has an epilogue already.
  }];
}

def FuseNormIntoAddPass : Graphc_Pass<"fuse-norm-into-add"> {
  let summary = "Fuse the RMSNorm of a block's result into the residual's sum";
  let description = [{
    ```mlir
    // Given %x: tensor<?x64xf32>, %g: tensor<64xf32>, %h: tensor<?x64xf32>
    %n = graphc.rms_norm %x, %g eps 1.0e-06 : tensor<?x64xf32>, tensor<64xf32>
    %y = graphc.add %h, %n : (tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
    ```
    becomes
    ```mlir
    // Given %x: tensor<?x64xf32>, %g: tensor<64xf32>, %h: tensor<?x64xf32>
    %y = graphc.norm_add %x, %g eps 1.0e-06 residual(%h) : tensor<?x64xf32>, tensor<64xf32>
    ```
    The anchor is a norm of rows `[?, K]` whose only user is a sum; other norms are left to `fuse-norm-into-matmul`.

    Never matches: a sum with a tensor of another type than the norm's.
  }];
}
def FuseNormIntoMatmulPass : Graphc_Pass<"fuse-norm-into-matmul"> {
  let summary = "Fuse RMSNorm and LayerNorm into the matmuls behind them";
  let description = [{
    `rms_norm(x; g) Wᵀ = r(x) · ((x · g) Wᵀ)` with one number `r = rsqrt(mean x² + eps)` for a row. A `layer_norm` becomes the
    matmul's prologue as it is, in the general form always.

    ```mlir
    // Given %x: tensor<?x64xf32>, %g: tensor<64xf32>, %w: tensor<32x64xbf16>
    %n = graphc.rms_norm %x, %g eps 1.0e-05 : tensor<?x64xf32>, tensor<64xf32>
    %0 = graphc.cast %n : tensor<?x64xf32> -> tensor<?x64xbf16>
    %y = graphc.linear %0, %w : (tensor<?x64xbf16>, tensor<32x64xbf16>) -> tensor<?x32xf32>
    ```
    becomes, in the general form `gamma=rows`,
    ```mlir
    // Given %x: tensor<?x64xf32>, %g: tensor<64xf32>, %w: tensor<32x64xbf16>
    %y = graphc.fused_linear %x, %w rms(1.0e-05) gamma(%g) : (tensor<?x64xf32>, tensor<32x64xbf16>, tensor<64xf32>) -> tensor<?x32xf32>
    ```
    and with `gamma=weight`, where `@w.scaled` multiplies the columns by gamma in f32, before they are rounded:
    ```mlir
    // Given %x: tensor<?x64xf32>, %w_scaled: tensor<32x64xbf16>
    %y = graphc.fused_linear %x, %w_scaled rms(1.0e-05) : (tensor<?x64xf32>, tensor<32x64xbf16>) -> tensor<?x32xf32>
    ```
    The weight form is for weights that are quantized from float here; weights that come rounded keep their own numbers in
    the general form, which is the default. A weight or gamma that is no `param` of the same layer takes the general form.

    The anchor is the norm; one of heads that no matmul reads is left to `fuse-rope-and-append`. One that several matmuls use is
    fused into each of them. A linear whose rows are cast to its
    weight's type without a norm before becomes a fused_linear that converts them itself; this is not counted.

    Never matches: a norm with a user that is no matmul (its rows would have to be computed beside); one that is not of rows;
    a matmul with a prologue already; mixed types, rows and weight.
  }];
  let options = [
    Option<"gamma", "gamma", "::graphc::GammaForm", "::graphc::GammaForm::Rows",
      "what gamma multiplies",
      "::llvm::cl::values(clEnumValN(::graphc::GammaForm::Rows, \"rows\", \"\"), "
      "clEnumValN(::graphc::GammaForm::Weight, \"weight\", \"\"))">
  ];
}

def FuseEpiloguePass : Graphc_Pass<"fuse-epilogue"> {
  let summary = "Fuse bias, activation, residual and conversion into the matmul before them";
  let description = [{
    ```mlir
    // Given %x: tensor<?x64xf32>, %gate_up: tensor<192x64xf32>, %down: tensor<64x96xf32>, %h: tensor<?x64xf32>
    %0 = graphc.linear %x, %gate_up : (tensor<?x64xf32>, tensor<192x64xf32>) -> tensor<?x192xf32>
    %g = graphc.slice %0 axis 1[0, 96] : tensor<?x192xf32> -> tensor<?x96xf32>
    %u = graphc.slice %0 axis 1[96, 192] : tensor<?x192xf32> -> tensor<?x96xf32>
    %1 = graphc.silu %g : tensor<?x96xf32>
    %a = graphc.mul %1, %u : (tensor<?x96xf32>, tensor<?x96xf32>) -> tensor<?x96xf32>
    %2 = graphc.linear %a, %down : (tensor<?x96xf32>, tensor<64x96xf32>) -> tensor<?x64xf32>
    %y = graphc.add %h, %2 : (tensor<?x64xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
    ```
    becomes
    ```mlir
    // Given %x: tensor<?x64xf32>, %gate_up: tensor<192x64xf32>, %down: tensor<64x96xf32>, %h: tensor<?x64xf32>
    %a = graphc.fused_linear %x, %gate_up gate(silu) : (tensor<?x64xf32>, tensor<192x64xf32>) -> tensor<?x96xf32>
    %y = graphc.fused_linear %a, %down residual(%h) : (tensor<?x96xf32>, tensor<64x96xf32>, tensor<?x64xf32>) -> tensor<?x64xf32>
    ```
    The anchors are the ops behind a matmul or a slice of one, taken in order: an `add` with a vector is a bias (behind the
    slices of a joined matmul, the biases are joined as the weights were, with zeros for a slice without), an `add` with a
    tensor of the product's type a residual, `act(first half) * second half` a gate (silu, relu, both forms of gelu), an activation
    or a `soft_cap` of the whole product a function of it, a `cast` the result's type. Each may come once, in the order bias;
    gate, activation or cap; residual; cast.

    Never matches: a product or slice with a second user; a step out of order; gate and up that are not the two halves of one
    product, gate first; biases of another layer than the weight; mixed types.
  }];
}

def FuseRopeAndAppendPass : Graphc_Pass<"fuse-rope-and-append"> {
  let summary = "Fuse rope and kv_append with the QKV matmul before them";
  let description = [{
    ```mlir
    // Given %x: tensor<?x64xf32>, %qkv: tensor<128x64xf32>, %g: tensor<64xf32>, %table: tensor<128x16xf32>
    // Given %kv: !graphc.kv_cache<2x16xf32>, %step: !graphc.step
    %0 = graphc.fused_linear %x, %qkv rms(1.0e-05) gamma(%g) : (tensor<?x64xf32>, tensor<128x64xf32>, tensor<64xf32>) -> tensor<?x128xf32>
    %1 = graphc.slice %0 axis 1[0, 64] : tensor<?x128xf32> -> tensor<?x64xf32>
    %2 = graphc.reshape %1 : tensor<?x64xf32> -> tensor<?x4x16xf32>
    %3 = graphc.transpose %2 [1, 0, 2] : tensor<?x4x16xf32> -> tensor<4x?x16xf32>
    %q = graphc.rope %3, %table, %step : tensor<4x?x16xf32>, tensor<128x16xf32>
    %4 = graphc.slice %0 axis 1[64, 96] : tensor<?x128xf32> -> tensor<?x32xf32>
    %5 = graphc.reshape %4 : tensor<?x32xf32> -> tensor<?x2x16xf32>
    %6 = graphc.transpose %5 [1, 0, 2] : tensor<?x2x16xf32> -> tensor<2x?x16xf32>
    %k = graphc.rope %6, %table, %step : tensor<2x?x16xf32>, tensor<128x16xf32>
    %7 = graphc.slice %0 axis 1[96, 128] : tensor<?x128xf32> -> tensor<?x32xf32>
    %8 = graphc.reshape %7 : tensor<?x32xf32> -> tensor<?x2x16xf32>
    %v = graphc.transpose %8 [1, 0, 2] : tensor<?x2x16xf32> -> tensor<2x?x16xf32>
    graphc.kv_append %kv, %step, %k, %v : !graphc.kv_cache<2x16xf32>, tensor<2x?x16xf32>, tensor<2x?x16xf32>
    ```
    becomes
    ```mlir
    // Given %x: tensor<?x64xf32>, %qkv: tensor<128x64xf32>, %g: tensor<64xf32>, %table: tensor<128x16xf32>
    // Given %kv: !graphc.kv_cache<2x16xf32>, %step: !graphc.step
    %q = graphc.fused_qkv %x, %qkv rms(1.0e-05) gamma(%g) rope(%table) append(%kv, %step)
         : (tensor<?x64xf32>, tensor<128x64xf32>, tensor<64xf32>, tensor<128x16xf32>, !graphc.kv_cache<2x16xf32>, !graphc.step)
           -> tensor<4x?x16xf32>
    ```
    The anchor is the kv_append. Matches with and without bias and norm, without any rope, and with a cast of the queries
    (it becomes the result's type) or of keys and values to the cache's type.

    Where the product is not one (weights of different types are not joined), not in the order queries, keys, values, needed by
    somebody else, or where heads are normalised or rotated in part, `append_qkv` behind the projections does the rest:
    ```mlir
    // Given %0: tensor<?x96xf32>, %1: tensor<?x32xf32>, %qg: tensor<16xf32>, %kg: tensor<16xf32>, %table: tensor<128x16xf32>
    // Given %kv: !graphc.kv_cache<2x16xf32>, %step: !graphc.step
    %q = graphc.append_qkv %0[0], %0[64], %1[0] head_norm(1.0e-06, %qg, %kg) rope(%table) append(%kv, %step)
         : (tensor<?x96xf32>, tensor<?x96xf32>, tensor<?x32xf32>, tensor<16xf32>, tensor<16xf32>, tensor<128x16xf32>,
            !graphc.kv_cache<2x16xf32>, !graphc.step) -> tensor<4x?x16xf32>
    ```
    The queries are what the `flash_attention` of the same cache reads; without one, what the projection of the keys has beside
    keys and values.

    Never matches, each with a reason: heads that do not come from a matmul's rows; rows, heads or rotated keys with a second
    user; another op on the way; only one of queries and keys rotated or normalised, rotated or normalised values, rotations by
    different tables, norms with different eps; heads of another size than the cache's; queries that are used before keys and
    values are appended (the fused op stands where kv_append stood); a projection that is rounded before rope.
  }];
}

//===----------------------------------------------------------------------===//
// fused -> plan, in the order of the pipeline
//===----------------------------------------------------------------------===//

def QuantizeWeightsPass : Graphc_Pass<"quantize-weights"> {
  let summary = "Round the weights of matmuls to small integers with scales";
  let description = [{
    Behind every fusion that changes a weight, so that joining and folding happen before rounding. Appends `graphc.quantize` to the
    expression of each weight that rows are multiplied with, and says at the matmul what its rows become (`rows`): f32, bf16,
    or integers with scales of their own. Linears of rows become fused_linears, which know of both.

    The matmul of the step function (the head), and the embedding's table where it is the same weight, have a number of bits
    of their own (`head-bits`). A weight stays in `dtype`, or what `weights` says, where `exclude` names it or one of its checkpoint tensors (a pattern with
    `*` and `?`), where its number of bits is 0, and where another op needs it as it is; each is counted as a miss with its reason.

    With `keep`, nothing is rounded: weights whose checkpoint tensors are quantized already keep their integers and scales
    (`graphc.quantize keep`), tables of embeddings among them; all others stay in `dtype`, or what `weights` says.

    ```mlir
    graphc.weight @w[%layer in 2] : tensor<96x64xf32> {
      %0 = graphc.checkpoint "w.{layer}"[%layer] : tensor<96x64xf32>
      graphc.yield %0 : tensor<96x64xf32>
    }
    func.func private @layer(%x: tensor<?x64xf32>, %layer: index) -> tensor<?x96xf32> {
      %w = graphc.param @w[%layer] : tensor<96x64xf32>
      %y = graphc.fused_linear %x, %w : (tensor<?x64xf32>, tensor<96x64xf32>) -> tensor<?x96xf32>
      return %y : tensor<?x96xf32>
    }
    ```
    becomes with `bits=4 rows=i8`
    ```mlir
    graphc.weight @w[%layer in 2] : tensor<96x64x!graphc.quant<i4:f16, 32>> {
      %0 = graphc.checkpoint "w.{layer}"[%layer] : tensor<96x64xf32>
      %1 = graphc.quantize search %0 : tensor<96x64xf32> -> tensor<96x64x!graphc.quant<i4:f16, 32>>
      graphc.yield %1 : tensor<96x64x!graphc.quant<i4:f16, 32>>
    }
    func.func private @layer(%x: tensor<?x64xf32>, %layer: index) -> tensor<?x96xf32> {
      %w = graphc.param @w[%layer] : tensor<96x64x!graphc.quant<i4:f16, 32>>
      %y = graphc.fused_linear %x, %w rows(!graphc.quant<i8:f32, 32, 64>)
           : (tensor<?x64xf32>, tensor<96x64x!graphc.quant<i4:f16, 32>>) -> tensor<?x96xf32>
      return %y : tensor<?x96xf32>
    }
    ```
  }];
  let options = [
    Option<"bits", "bits", "int64_t", "8", "bits of an integer: 4 or 8">,
    Option<"headBits", "head-bits", "int64_t", "8",
      "bits for the head and a table tied to it: 4, 8, or 0 for dtype">,
    Option<"group", "group", "int64_t", "32",
      "columns that share a scale, a multiple of 32; 0 for all of a row">,
    Option<"rows", "rows", "::graphc::RowPrecision", "::graphc::RowPrecision::F32",
      "what rows are rounded to before the product",
      "::llvm::cl::values(clEnumValN(::graphc::RowPrecision::F32, \"f32\", \"\"), "
      "clEnumValN(::graphc::RowPrecision::BF16, \"bf16\", \"\"), "
      "clEnumValN(::graphc::RowPrecision::I8, \"i8\", \"\"))">,
    Option<"search", "search", "bool", "true",
      "search for the scale with the least squared error (false: from the largest magnitude)">,
    Option<"keepsStored", "keep", "bool", "false",
      "keep the numbers of checkpoint tensors that are quantized already, and round no others">,
    Option<"dtype", "dtype", "::graphc::Precision", "::graphc::Precision::F32",
      "element type of matrices that are not quantized",
      "::llvm::cl::values(clEnumValN(::graphc::Precision::F32, \"f32\", \"\"), "
      "clEnumValN(::graphc::Precision::BF16, \"bf16\", \"\"))">,
    Option<"weights", "weights", "::graphc::WeightPrecision", "::graphc::WeightPrecision::AsDtype",
      "element type that matrices are stored in",
      "::llvm::cl::values(clEnumValN(::graphc::WeightPrecision::AsDtype, \"dtype\", \"\"), "
      "clEnumValN(::graphc::WeightPrecision::Stored, \"stored\", \"\"), "
      "clEnumValN(::graphc::WeightPrecision::BF16, \"bf16\", \"\"), "
      "clEnumValN(::graphc::WeightPrecision::F16, \"f16\", \"\"))">,
    ListOption<"exclude", "exclude", "std::string", "weights or checkpoint tensors to leave alone">
  ];
}

def PackWeightsPass : Graphc_Pass<"pack-weights"> {
  let summary = "Lay the weights of matmuls out in panels";
  let description = [{
    Appends `graphc.pack` to the expressions of the weights and biases that matmuls use, with `groups 1` for a gate,
    `groups H + 2 Hkv` for fused_qkv and none else, and turns every `linear` of rows into a fused_linear: from here on there
    is one kind of matmul.

    ```mlir
    graphc.weight @w[%layer in 2] : tensor<96x64xbf16> {
      %0 = graphc.checkpoint "w.{layer}"[%layer] : tensor<96x64xbf16>
      graphc.yield %0 : tensor<96x64xbf16>
    }
    func.func private @layer(%x: tensor<?x64xbf16>, %layer: index) -> tensor<?x96xf32> {
      %w = graphc.param @w[%layer] : tensor<96x64xbf16>
      %y = graphc.linear %x, %w : (tensor<?x64xbf16>, tensor<96x64xbf16>) -> tensor<?x96xf32>
      return %y : tensor<?x96xf32>
    }
    ```
    becomes
    ```mlir
    graphc.weight @w[%layer in 2] : tensor<3x32x32x2xbf16> {
      %0 = graphc.checkpoint "w.{layer}"[%layer] : tensor<96x64xbf16>
      %1 = graphc.pack %0 : tensor<96x64xbf16> -> tensor<3x32x32x2xbf16>
      graphc.yield %1 : tensor<3x32x32x2xbf16>
    }
    func.func private @layer(%x: tensor<?x64xbf16>, %layer: index) -> tensor<?x96xf32> {
      %w = graphc.param @w[%layer] : tensor<3x32x32x2xbf16>
      %y = graphc.fused_linear %x, %w : (tensor<?x64xbf16>, tensor<3x32x32x2xbf16>) -> tensor<?x96xf32>
      return %y : tensor<?x96xf32>
    }
    ```
    A weight that an embedding uses as well is packed once, and the embedding reads the panels. Uses that want different
    forms get weights of their own, `@w.packed`. A matrix that is no `param` is an error: nothing packs while the model runs.
    Linears of other shapes than `[?, K]` keep their natural weight.
  }];
}

def SplitProloguesPass : Graphc_Pass<"split-prologues"> {
  let summary = "Give every matmul's prologue a dispatch of its own";
  let description = [{
    A matmul kernel reads rows of its weight's type, padded with zeros (see PreparedRows.h), and multiplies each row of the
    product by a factor. What makes these rows, once for all tasks of the matmul, is `graphc.prepare_rows`:

    ```mlir
    // Given %x: tensor<?x172xf32>, %g: tensor<172xf32>, %w: tensor<3x86x32x2xbf16>
    %y = graphc.fused_linear %x, %w rms(1.0e-05) gamma(%g) : (tensor<?x172xf32>, tensor<3x86x32x2xbf16>, tensor<172xf32>) -> tensor<?x96xf32>
    ```
    becomes
    ```mlir
    // Given %x: tensor<?x172xf32>, %g: tensor<172xf32>, %w: tensor<3x86x32x2xbf16>
    %rows, %factor = graphc.prepare_rows %x rms(1.0e-05) gamma(%g) : (tensor<?x172xf32>, tensor<172xf32>) -> (tensor<?x192xbf16>, tensor<?xf32>)
    %y = graphc.fused_linear %rows, %w row_factor(%factor) : (tensor<?x192xbf16>, tensor<3x86x32x2xbf16>, tensor<?xf32>) -> tensor<?x96xf32>
    ```
    Matmuls of one block with the same rows, gamma, eps and type share what was prepared. Rows that come from `prepare_rows` are
    left alone, and so are those without norm and gamma that have the weight's type and a prepared row's width already.
  }];
}

def LowerToPlanPass : Graphc_Pass<"lower-to-plan"> {
  let summary = "Replace functions by kernels and a list of dispatches";
  let description = [{
    Follows `@step` through its calls and lists what it does as a `graphc.plan`: one `graphc.dispatch` for each op and call, in
    order. Every op is outlined into a `graphc.kernel`; ops that are equal in attributes, types and dimensions share one, so
    that a model of 80 layers has as many kernels as one of 2. Then functions and unused weights are removed.

    ```mlir
    graphc.weight @embed[%layer in 1] : tensor<100x64xf32> {
      %w = graphc.checkpoint "embed"[%layer] : tensor<100x64xf32>
      graphc.yield %w : tensor<100x64xf32>
    }
    func.func private @layer(%x: tensor<?x64xf32>, %layer: index) -> tensor<?x64xf32> {
      %0 = graphc.relu %x : tensor<?x64xf32>
      return %0 : tensor<?x64xf32>
    }
    func.func @step(%step: !graphc.step) -> tensor<?x64xf32> {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %w = graphc.param @embed[%c0] : tensor<100x64xf32>
      %0 = graphc.embedding %w, %step : tensor<100x64xf32> -> tensor<?x64xf32>
      %1 = call @layer(%0, %c0) : (tensor<?x64xf32>, index) -> tensor<?x64xf32>
      %2 = call @layer(%1, %c1) : (tensor<?x64xf32>, index) -> tensor<?x64xf32>
      return %2 : tensor<?x64xf32>
    }
    ```
    becomes (with the same weight)
    ```mlir
    graphc.weight @embed[%layer in 1] : tensor<100x64xf32> {
      %w = graphc.checkpoint "embed"[%layer] : tensor<100x64xf32>
      graphc.yield %w : tensor<100x64xf32>
    }
    graphc.kernel @embedding_64_f32(%w: tensor<100x64xf32>, %step: !graphc.step) -> tensor<?x64xf32> {
      %0 = graphc.embedding %w, %step : tensor<100x64xf32> -> tensor<?x64xf32>
      graphc.yield %0 : tensor<?x64xf32>
    }
    graphc.kernel @relu_64_f32(%x: tensor<?x64xf32> {graphc.dims = ["T"]}) -> tensor<?x64xf32> {
      %0 = graphc.relu %x : tensor<?x64xf32>
      graphc.yield %0 : tensor<?x64xf32>
    }
    graphc.plan @step arena 8192 max_tokens 16 context 128 {
      graphc.dispatch "embed" @embedding_64_f32 [#graphc.weight<@embed, 0>, #graphc.step, #graphc.arena<0>]
      graphc.dispatch "layer 0 relu" @relu_64_f32 [#graphc.arena<0>, #graphc.arena<4096>]
      graphc.dispatch "layer 1 relu" @relu_64_f32 [#graphc.arena<4096>, #graphc.result]
    }
    ```
    Buffers are dense with every dynamic dimension at its bound (the module's `graphc.max_tokens` for T and R, `graphc.context`
    for S), aligned to 64 bytes, each at a place of its own: plan-memory lets them share. No dispatch: params, constants (they
    become weights), layer numbers, caches, and reshapes that move no number.

    A module without `@step` is left alone: it is a plan already.
  }];
}

def PlanMemoryPass : Graphc_Pass<"plan-memory"> {
  let summary = "Let buffers of the plan share the arena by their lifetimes";
  let description = [{
    Neighbours of which none reads what another writes, two use a cache or two take the step's result are marked to run
    `together`. A buffer lives from the dispatch that
    writes it to the last that reads it, and through all that run together with these. Buffers that do not live at the same
    time may share bytes (see analysis/MemoryPlanner.h for the algorithm).

    ```mlir
    graphc.weight @embed[%layer in 1] : tensor<100x64xf32> {
      %w = graphc.checkpoint "embed"[%layer] : tensor<100x64xf32>
      graphc.yield %w : tensor<100x64xf32>
    }
    graphc.kernel @embedding_64_f32(%w: tensor<100x64xf32>, %step: !graphc.step) -> tensor<?x64xf32> {
      %0 = graphc.embedding %w, %step : tensor<100x64xf32> -> tensor<?x64xf32>
      graphc.yield %0 : tensor<?x64xf32>
    }
    graphc.kernel @relu_64_f32(%x: tensor<?x64xf32> {graphc.dims = ["T"]}) -> tensor<?x64xf32> {
      %0 = graphc.relu %x : tensor<?x64xf32>
      graphc.yield %0 : tensor<?x64xf32>
    }
    graphc.plan @step arena 12288 max_tokens 16 context 128 {
      graphc.dispatch "embed" @embedding_64_f32 [#graphc.weight<@embed, 0>, #graphc.step, #graphc.arena<0>]
      graphc.dispatch "layer 0 relu" @relu_64_f32 [#graphc.arena<0>, #graphc.arena<4096>]
      graphc.dispatch "layer 1 relu" @relu_64_f32 [#graphc.arena<4096>, #graphc.arena<8192>]
      graphc.dispatch "relu" @relu_64_f32 [#graphc.arena<8192>, #graphc.result]
    }
    ```
    becomes
    ```mlir
    graphc.weight @embed[%layer in 1] : tensor<100x64xf32> {
      %w = graphc.checkpoint "embed"[%layer] : tensor<100x64xf32>
      graphc.yield %w : tensor<100x64xf32>
    }
    graphc.kernel @embedding_64_f32(%w: tensor<100x64xf32>, %step: !graphc.step) -> tensor<?x64xf32> {
      %0 = graphc.embedding %w, %step : tensor<100x64xf32> -> tensor<?x64xf32>
      graphc.yield %0 : tensor<?x64xf32>
    }
    graphc.kernel @relu_64_f32(%x: tensor<?x64xf32> {graphc.dims = ["T"]}) -> tensor<?x64xf32> {
      %0 = graphc.relu %x : tensor<?x64xf32>
      graphc.yield %0 : tensor<?x64xf32>
    }
    graphc.plan @step arena 8192 max_tokens 16 context 128 {
      graphc.dispatch "embed" @embedding_64_f32 [#graphc.weight<@embed, 0>, #graphc.step, #graphc.arena<0>]
      graphc.dispatch "layer 0 relu" @relu_64_f32 [#graphc.arena<0>, #graphc.arena<4096>]
      graphc.dispatch "layer 1 relu" @relu_64_f32 [#graphc.arena<4096>, #graphc.arena<0>]
      graphc.dispatch "relu" @relu_64_f32 [#graphc.arena<0>, #graphc.result]
    }
    ```
    What a dispatch writes never overlaps what it reads. Planning a planned plan again is fine.
  }];
}

def PrintMemoryPlanPass : Graphc_Pass<"print-memory-plan"> {
  let summary = "Print where the plan's buffers are and how long they live";
  let description = [{
    The analysis of plan-memory alone, on standard output; the plan stays as it is:

    ```
          offset        bytes  first   last  written by
               0         4096      0      5  embed
            4096         4096      1      2  layer 0 attn.qkv rows
    2 buffers, 8192 bytes without sharing, 8192 bytes in the arena, 8192 bytes alive at most
    ```
  }];
}

#endif // GRAPHC_PASSES_PASSES_TD
