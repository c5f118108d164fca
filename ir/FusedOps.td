//===- FusedOps.td - The operators that kernels are made for -*- tablegen -*-===//
#ifndef GRAPHC_IR_FUSEDOPS_TD
#define GRAPHC_IR_FUSEDOPS_TD

include "ir/NetworkOps.td"

class Graphc_FusedOp<string mnemonic, list<Trait> traits = []>
    : Graphc_Op<mnemonic, !listconcat(traits, [
          DeclareOpInterfaceMethods<CostOpInterface>, DeclareOpInterfaceMethods<DimsOpInterface>,
          DeclareOpInterfaceMethods<DecomposableOpInterface>])> {
  let hasVerifier = 1;
}

def Graphc_PrepareRowsOp : Graphc_FusedOp<"prepare_rows", [Pure]> {
  let summary = "Get rows ready for a matmul kernel: norm factor, gamma, conversion, padding";
  let arguments = (ins Graphc_Tensor:$input, Optional<Graphc_Tensor>:$gamma,
                       OptionalAttr<F32Attr>:$eps);
  let results = (outs Graphc_Tensor:$rows, Optional<Graphc_Tensor>:$factor);
  let assemblyFormat = [{
    $input (`rms` `(` $eps^ `)`)? (`gamma` `(` $gamma^ `)`)? attr-dict `:`
    functional-type(operands, results)
  }];
}

def Graphc_FusedLinearOp : Graphc_FusedOp<"fused_linear", [Pure, AttrSizedOperandSegments]> {
  let summary = "Multiply rows by a weight, with what happens to a row before and after";
  let arguments = (ins
    Graphc_Tensor:$input, Graphc_Tensor:$weight,
    Optional<Graphc_Tensor>:$gamma, Optional<Graphc_Tensor>:$row_factor,
    Optional<Graphc_Tensor>:$bias, Optional<Graphc_Tensor>:$residual,
    OptionalAttr<F32Attr>:$eps, OptionalAttr<Graphc_ActivationAttr>:$gate);
  let results = (outs Graphc_Tensor:$result);
  let assemblyFormat = [{
    $input `,` $weight (`rms` `(` $eps^ `)`)? (`gamma` `(` $gamma^ `)`)?
    (`row_factor` `(` $row_factor^ `)`)? (`bias` `(` $bias^ `)`)? (`gate` `(` $gate^ `)`)?
    (`residual` `(` $residual^ `)`)? attr-dict `:` functional-type(operands, results)
  }];
}

def Graphc_FusedQkvOp : Graphc_FusedOp<"fused_qkv", [AttrSizedOperandSegments]> {
  let summary = "Project to queries, keys and values, rotate, and append to the cache";
  let arguments = (ins
    Graphc_Tensor:$input, Graphc_Tensor:$weight,
    Optional<Graphc_Tensor>:$gamma, Optional<Graphc_Tensor>:$row_factor,
    Optional<Graphc_Tensor>:$bias, Optional<Graphc_Tensor>:$rope_table,
    Arg<Graphc_KvCacheType, "", [MemWrite]>:$cache, Graphc_StepType:$step,
    OptionalAttr<F32Attr>:$eps);
  let results = (outs Graphc_Tensor:$query);
  let assemblyFormat = [{
    $input `,` $weight (`rms` `(` $eps^ `)`)? (`gamma` `(` $gamma^ `)`)?
    (`row_factor` `(` $row_factor^ `)`)? (`bias` `(` $bias^ `)`)? (`rope` `(` $rope_table^ `)`)?
    `append` `(` $cache `,` $step `)` attr-dict `:` functional-type(operands, results)
  }];
}

def Graphc_FlashAttentionOp : Graphc_FusedOp<"flash_attention"> {
  let summary = "Attend to the cache in one pass: softmax(scale q kᵀ + mask) v";
  let arguments = (ins
    Graphc_Tensor:$query, Arg<Graphc_KvCacheType, "", [MemRead]>:$cache, Graphc_StepType:$step,
    F32Attr:$scale, OptionalAttr<F32Attr>:$soft_cap, OptionalAttr<I64Attr>:$window);
  let results = (outs Graphc_Tensor:$result);
  let assemblyFormat = [{
    $query `,` $cache `,` $step `causal` (`window` $window^)? `scale` $scale (`cap` $soft_cap^)?
    attr-dict `:` type($query) `,` type($cache) `->` type($result)
  }];
}

#endif // GRAPHC_IR_FUSEDOPS_TD
