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
  let options = [
    Option<"dtype", "dtype", "::graphc::Precision", "::graphc::Precision::F32",
      "element type of matrices and of what they are multiplied with",
      "::llvm::cl::values(clEnumValN(::graphc::Precision::F32, \"f32\", \"\"), "
      "clEnumValN(::graphc::Precision::BF16, \"bf16\", \"\"))">,
    Option<"kvCache", "kv-cache", "::graphc::Precision", "::graphc::Precision::F32",
      "element type of the cache and of attention's products",
      "::llvm::cl::values(clEnumValN(::graphc::Precision::F32, \"f32\", \"\"), "
      "clEnumValN(::graphc::Precision::BF16, \"bf16\", \"\"))">
  ];
}

def RaiseRmsNormPass : Graphc_Pass<"raise-rms-norm"> {
  let summary = "Recognise RMSNorm written as mul, mean, add, rsqrt, mul";
}

def FuseAttentionPass : Graphc_Pass<"fuse-attention"> {
  let summary = "Fuse matmul, scale, soft cap, mask, softmax, matmul into flash_attention";
}

def JoinMatmulsPass : Graphc_Pass<"join-matmuls"> {
  let summary = "Join linears of the same rows into one with a concatenated weight";
}

def FuseNormIntoMatmulPass : Graphc_Pass<"fuse-norm-into-matmul"> {
  let summary = "Fuse RMSNorm into the matmuls behind it";
  let options = [
    Option<"gamma", "gamma", "::graphc::GammaForm", "::graphc::GammaForm::Rows",
      "what gamma multiplies",
      "::llvm::cl::values(clEnumValN(::graphc::GammaForm::Rows, \"rows\", \"\"), "
      "clEnumValN(::graphc::GammaForm::Weight, \"weight\", \"\"))">
  ];
}

def FuseEpiloguePass : Graphc_Pass<"fuse-epilogue"> {
  let summary = "Fuse bias, gate, residual and conversion into the matmul before them";
}

def FuseRopeAndAppendPass : Graphc_Pass<"fuse-rope-and-append"> {
  let summary = "Fuse the joined QKV matmul with rope and kv_append into fused_qkv";
}

//===----------------------------------------------------------------------===//
// fused -> plan, in the order of the pipeline
//===----------------------------------------------------------------------===//

def PackWeightsPass : Graphc_Pass<"pack-weights"> {
  let summary = "Lay the weights of matmuls out in panels";
}

def SplitProloguesPass : Graphc_Pass<"split-prologues"> {
  let summary = "Give every matmul's prologue a dispatch of its own";
}

def LowerToPlanPass : Graphc_Pass<"lower-to-plan"> {
  let summary = "Replace functions by kernels and a list of dispatches";
}

def PlanMemoryPass : Graphc_Pass<"plan-memory"> {
  let summary = "Let buffers of the plan share the arena by their lifetimes";
}

def PrintMemoryPlanPass : Graphc_Pass<"print-memory-plan"> {
  let summary = "Print where the plan's buffers are and how long they live";
}

#endif // GRAPHC_PASSES_PASSES_TD
