//===- NetworkOps.td - Norms, products, attention by its parts -*- tablegen -*-===//
#ifndef GRAPHC_IR_NETWORKOPS_TD
#define GRAPHC_IR_NETWORKOPS_TD

include "ir/TensorOps.td"

def Graphc_EmbeddingOp : Graphc_PureOp<"embedding"> {
  let summary = "Look up the rows of the step's tokens";
  let arguments = (ins Graphc_Tensor:$table, Graphc_StepType:$step);
  let results = (outs Graphc_Tensor:$result);
  let assemblyFormat = "$table `,` $step attr-dict `:` type($table) `->` type($result)";
  let hasVerifier = 1;
}

def Graphc_MeanOp : Graphc_PureOp<"mean"> {
  let summary = "Average over the last dimension, which becomes 1";
  let arguments = (ins Graphc_Tensor:$input);
  let results = (outs Graphc_Tensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
}

def Graphc_RmsNormOp : Graphc_PureOp<"rms_norm", [AllTypesMatch<["input", "result"]>]> {
  let summary = "Normalise rows by their root mean square";
  let arguments = (ins Graphc_Tensor:$input, Graphc_Tensor:$gamma, F32Attr:$eps);
  let results = (outs Graphc_Tensor:$result);
  let assemblyFormat = "$input `,` $gamma `eps` $eps attr-dict `:` type($input) `,` type($gamma)";
  let hasVerifier = 1;
}

def Graphc_LayerNormOp : Graphc_PureOp<"layer_norm", [AllTypesMatch<["input", "result"]>]> {
  let summary = "Normalise rows to mean 0 and variance 1";
  let arguments = (ins Graphc_Tensor:$input, Graphc_Tensor:$gamma, Optional<Graphc_Tensor>:$beta,
                       F32Attr:$eps);
  let results = (outs Graphc_Tensor:$result);
  let assemblyFormat = [{
    $input `,` $gamma (`,` $beta^)? `eps` $eps attr-dict `:` type($input) `,` type($gamma)
    (`,` type($beta)^)?
  }];
  let hasVerifier = 1;
}

def Graphc_LinearOp : Graphc_PureOp<"linear"> {
  let summary = "Multiply rows by a weight: y = x Wᵀ";
  let arguments = (ins Graphc_Tensor:$input, Graphc_Tensor:$weight);
  let results = (outs Graphc_Tensor:$result);
  let assemblyFormat = "$input `,` $weight attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def Graphc_MatmulOp : Graphc_PureOp<"matmul"> {
  let summary = "Multiply two matrices of activations";
  let arguments = (ins Graphc_Tensor:$lhs, Graphc_Tensor:$rhs, UnitAttr:$transpose_b);
  let results = (outs Graphc_Tensor:$result);
  let assemblyFormat = [{
    $lhs `,` $rhs (`transpose_b` $transpose_b^)? attr-dict `:` functional-type(operands, results)
  }];
  let hasVerifier = 1;
}

def Graphc_BatchMatmulOp : Graphc_PureOp<"batch_matmul"> {
  let summary = "Multiply two stacks of matrices of activations";
  let arguments = (ins Graphc_Tensor:$lhs, Graphc_Tensor:$rhs, UnitAttr:$transpose_b);
  let results = (outs Graphc_Tensor:$result);
  let assemblyFormat = [{
    $lhs `,` $rhs (`transpose_b` $transpose_b^)? attr-dict `:` functional-type(operands, results)
  }];
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Attention by its parts
//===----------------------------------------------------------------------===//

def Graphc_RopeOp : Graphc_PureOp<"rope", [AllTypesMatch<["input", "result"]>]> {
  let summary = "Rotate the halves of each head by the token's position";
  let arguments = (ins Graphc_Tensor:$input, Graphc_Tensor:$table, Graphc_StepType:$step);
  let results = (outs Graphc_Tensor:$result);
  let assemblyFormat = "$input `,` $table `,` $step attr-dict `:` type($input) `,` type($table)";
  let hasVerifier = 1;
}

def Graphc_SoftCapOp : Graphc_PureOp<"soft_cap", [SameOperandsAndResultType]> {
  let summary = "Bound values smoothly: cap * tanh(x / cap)";
  let arguments = (ins Graphc_Tensor:$input, F32Attr:$cap);
  let results = (outs Graphc_Tensor:$result);
  let assemblyFormat = "$input `cap` $cap attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def Graphc_MaskOp : Graphc_PureOp<"mask", [AllTypesMatch<["input", "result"]>]> {
  let summary = "Hide from each token what it must not see";
  let arguments = (ins Graphc_Tensor:$input, Graphc_StepType:$step, OptionalAttr<I64Attr>:$window);
  let results = (outs Graphc_Tensor:$result);
  let assemblyFormat = "`causal` (`window` $window^)? $input `,` $step attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def Graphc_SoftmaxOp : Graphc_PureOp<"softmax", [SameOperandsAndResultType]> {
  let summary = "Normalise exponentials along one dimension";
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
  let arguments = (ins I64Attr:$layer);
  let results = (outs Graphc_KvCacheType:$result);
  let assemblyFormat = "$layer attr-dict `:` type($result)";
}

def Graphc_KvAppendOp : Graphc_Op<"kv_append", [
    DeclareOpInterfaceMethods<CostOpInterface>, DeclareOpInterfaceMethods<DimsOpInterface>]> {
  let summary = "Append the step's keys and values to the cache";
  let arguments = (ins Arg<Graphc_KvCacheType, "", [MemWrite]>:$cache, Graphc_StepType:$step,
                       Graphc_Tensor:$key, Graphc_Tensor:$value);
  let assemblyFormat = [{
    $cache `,` $step `,` $key `,` $value attr-dict `:` type($cache) `,` type($key) `,` type($value)
  }];
  let hasVerifier = 1;
}

def Graphc_KvReadOp : Graphc_Op<"kv_read", [
    DeclareOpInterfaceMethods<CostOpInterface>, DeclareOpInterfaceMethods<DimsOpInterface>]> {
  let summary = "Read all cached keys and values of the step's sequences";
  let arguments = (ins Arg<Graphc_KvCacheType, "", [MemRead]>:$cache, Graphc_StepType:$step);
  let results = (outs Graphc_Tensor:$key, Graphc_Tensor:$value);
  let assemblyFormat = [{
    $cache `,` $step attr-dict `:` type($cache) `->` type($key) `,` type($value)
  }];
  let hasVerifier = 1;
}

#endif // GRAPHC_IR_NETWORKOPS_TD
