//===- GraphAttrs.td - Attributes of the graphc dialect ----*- tablegen -*-===//
#ifndef GRAPHC_IR_GRAPHATTRS_TD
#define GRAPHC_IR_GRAPHATTRS_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "ir/GraphDialect.td"

class Graphc_Attr<string name, string attrMnemonic, list<Trait> traits = []>
    : AttrDef<Graphc_Dialect, name, traits> {
  let mnemonic = attrMnemonic;
}

def Graphc_Activation : I32EnumAttr<"Activation", "activation of a gated network", [
    I32EnumAttrCase<"Silu", 0, "silu">,
    I32EnumAttrCase<"GeluTanh", 1, "gelu_tanh">,
    I32EnumAttrCase<"GeluErf", 2, "gelu_erf">,
    I32EnumAttrCase<"Relu", 3, "relu">
  ]> {
  let cppNamespace = "::graphc";
  let genSpecializedAttr = 0;
}
def Graphc_ActivationAttr : EnumAttr<Graphc_Dialect, Graphc_Activation, "activation"> {
  let summary = "The activation of a gated network";
  let description = [{
    What `fused_linear` applies to the gate; the functions are those of `graphc.silu`, `graphc.gelu` and `graphc.relu`.
    Example: `#graphc.activation<silu>`, in the op's own form `gate(silu)`.
  }];
  let assemblyFormat = "`<` $value `>`";
}

def Graphc_GeluForm : I32EnumAttr<"GeluForm", "form of GELU", [
    I32EnumAttrCase<"Erf", 0, "erf">,
    I32EnumAttrCase<"Tanh", 1, "tanh">
  ]> {
  let cppNamespace = "::graphc";
  let genSpecializedAttr = 0;
}
def Graphc_GeluFormAttr : EnumAttr<Graphc_Dialect, Graphc_GeluForm, "gelu_form"> {
  let summary = "By which function GELU is computed";
  let description = [{Example: `#graphc.gelu_form<erf>`, in the op's own form `graphc.gelu erf`.}];
  let assemblyFormat = "`<` $value `>`";
}

def Graphc_ScaleRule : I32EnumAttr<"ScaleRule", "how scales are found", [
    I32EnumAttrCase<"Search", 0, "search">,
    I32EnumAttrCase<"AbsMax", 1, "absmax">,
    I32EnumAttrCase<"Keep", 2, "keep">
  ]> {
  let cppNamespace = "::graphc";
  let genSpecializedAttr = 0;
}
def Graphc_ScaleRuleAttr : EnumAttr<Graphc_Dialect, Graphc_ScaleRule, "scale_rule"> {
  let summary = "How the scales of quantized numbers are found";
  let description = [{Example: `#graphc.scale_rule<search>`, in the op's own form `graphc.quantize search`.}];
  let assemblyFormat = "`<` $value `>`";
}

/// Of a QuantType.
def Graphc_IntegerSet : I32EnumAttr<"IntegerSet", "which integers small ones are", [
    I32EnumAttrCase<"Linear", 0, "linear">,
    I32EnumAttrCase<"Nonlinear", 1, "nonlinear">
  ]> {
  let cppNamespace = "::graphc";
  let genSpecializedAttr = 0;
}

//===----------------------------------------------------------------------===//
// Bindings: where an operand or result of a dispatch is
//===----------------------------------------------------------------------===//

def Graphc_ArenaAttr : Graphc_Attr<"Arena", "arena"> {
  let summary = "A place in the arena";
  let description = [{
    Byte offset from the arena's start, a multiple of 64 and smaller than the plan's `arena_bytes`. The tensor is there densely, row
    after row, with every dynamic dimension at its upper bound. Example: `#graphc.arena<4096>`
  }];
  let parameters = (ins "int64_t":$offset);
  let assemblyFormat = "`<` $offset `>`";
}

def Graphc_WeightAttr : Graphc_Attr<"Weight", "weight"> {
  let summary = "A packed weight of one layer";
  let description = [{
    The `graphc.weight` symbol and one of its layers; the tensor is in the plan's weights section. Example:
    `#graphc.weight<@attn.qkv, 3>`
  }];
  let parameters = (ins "::mlir::FlatSymbolRefAttr":$symbol, "int64_t":$layer);
  let assemblyFormat = "`<` $symbol `,` $layer `>`";
}

def Graphc_KvAttr : Graphc_Attr<"Kv", "kv"> {
  let summary = "The cache of one layer";
  let description = [{
    The layer's number; the runtime hands its pages to the kernel. Example: `#graphc.kv<3>`
  }];
  let parameters = (ins "int64_t":$layer);
  let assemblyFormat = "`<` $layer `>`";
}

def Graphc_StepAttr : Graphc_Attr<"StepInputs", "step"> {
  let summary = "The inputs of the step";
  let description = [{
    The arrays that the type `!graphc.step` stands for. Example: `#graphc.step`
  }];
}

def Graphc_ResultAttr : Graphc_Attr<"Result", "result"> {
  let summary = "The buffer that the step's caller reads";
  let description = [{
    The network's result for the wanted rows. Only a result is bound to it. Example: `#graphc.result`
  }];
}

#endif // GRAPHC_IR_GRAPHATTRS_TD
