//===- GraphDialect.td - The graphc dialect ----------------*- tablegen -*-===//
#ifndef GRAPHC_IR_GRAPHDIALECT_TD
#define GRAPHC_IR_GRAPHDIALECT_TD

include "mlir/IR/OpBase.td"

def Graphc_Dialect : Dialect {
  let name = "graphc";
  let cppNamespace = "::graphc";
  let summary = "Language-model networks, from text book to executable plan";
  let description = [{
    The one dialect of graphc. It lives at three levels, which share their types and most of their operators:

    * `graph`: one op per mathematical step, nothing fused;
    * `fused`: the operators that kernels are generated for (`fused_qkv`, `flash_attention`, `fused_linear`);
    * `plan`: kernels and the dispatches that call them, each operand a place in memory.

    **Dimensions.** A dynamic extent `?` is one of three and no other: `T`, the tokens of this step (all sequences one
    after the other), `R <= T`, the rows whose result is wanted, and `S`, the cached rows of the step's sequences.
    Which of them a `?` is, follows from the ops (see `ir/SymbolicDims.h`). Arguments of functions that nothing in the module
    calls, kernels above all, say it by the attribute `graphc.dims`, the symbols of their `?` in order: `{graphc.dims = ["R"]}`. Without
    it, a single `?` is `T`.

    **Weights** are symbols that hold an expression over checkpoint tensors; no weight bytes are in the IR.

    **Step and cache.** `!graphc.step` stands for what a step is given (tokens, positions, sequences, pages);
    `!graphc.kv_cache` for the cached keys and values of one layer.

    **Numbers.** Values are tensors of f32, bf16 or f16; a result is rounded once to its element type. What every op means
    exactly is `ir/reference`, which computes in f64.

    **Examples** below are whole modules, or ops on values that a line `// Given` declares.
  }];
  let useDefaultTypePrinterParser = 1;
  let useDefaultAttributePrinterParser = 1;
  let hasConstantMaterializer = 1;
  let hasRegionArgAttrVerify = 1;
  let dependentDialects = ["::mlir::func::FuncDialect", "::mlir::arith::ArithDialect"];
}

class Graphc_Op<string mnemonic, list<Trait> traits = []> : Op<Graphc_Dialect, mnemonic, traits>;

#endif // GRAPHC_IR_GRAPHDIALECT_TD
