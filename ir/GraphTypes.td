//===- GraphTypes.td - Types of the graphc dialect ---------*- tablegen -*-===//
#ifndef GRAPHC_IR_GRAPHTYPES_TD
#define GRAPHC_IR_GRAPHTYPES_TD

include "mlir/IR/AttrTypeBase.td"
include "ir/GraphDialect.td"

class Graphc_Type<string name, string typeMnemonic, list<Trait> traits = []>
    : TypeDef<Graphc_Dialect, name, traits> {
  let mnemonic = typeMnemonic;
}

def Graphc_StepType : Graphc_Type<"Step", "step"> {
  let summary = "What one step is given besides weights and cache";
  let description = [{
    Stands for the inputs of a step, all i32 (`B` sequences, `T` tokens, `R` wanted rows):

    | array | shape | meaning |
    |---|---|---|
    | `tokens` | `[T]` | ids, the sequences one after the other |
    | `position` | `[T]` | position of each token in its sequence |
    | `slot` | `[T]` | which of the step's sequences a token belongs to |
    | `row_offsets` | `[B+1]` | first row of each sequence |
    | `out_rows` | `[R]` | rows whose result is wanted, ascending |
    | `page_table` | `[B][P]` | pages of each sequence's cache |

    Rows of one sequence are neighbours and in the order of their positions. Example: `!graphc.step`
  }];
}

def Graphc_KvCacheType : Graphc_Type<"KvCache", "kv_cache"> {
  let summary = "Cached keys and values of one layer, for all sequences";
  let description = [{
    Keys and values of `heads` heads of `headDim` numbers each, stored as `elementType` (f32, bf16 or i8); what is appended is
    rounded to it. A row belongs to a sequence and a position. Example: `!graphc.kv_cache<4x64xbf16>`

    In i8, the `headDim` numbers of a head and a position are `scale · q` with integers `q` in [-127, 127] and
    `scale = f16(max |x| / 127)`, `q = round(x / scale)`: keys and values have a scale each. The scale of numbers that are not
    all finite is none either.

    Constraints:
    * (C1) `heads` and `headDim` are positive.
    * (C2) `elementType` is f32, bf16 or i8.
  }];
  let parameters = (ins "int64_t":$heads, "int64_t":$headDim, "::mlir::Type":$elementType);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// Whether numbers are integers that share a scale.
    bool isQuantized() const { return getElementType().isInteger(); }
    /// What numbers are once they are read: `elementType`, or f32 for integers.
    ::mlir::Type getReadType() const;
    /// Bytes that a head takes for its keys (or values) of a position, scale included, padding not.
    double getHeadBytes() const;
  }];
}

def Graphc_QuantType : Graphc_Type<"Quant", "quant"> {
  let summary = "Small signed integers that share a scale in groups";
  let description = [{
    An element type of tensors. A row (the last dimension) is cut into groups of `group` numbers, the last one perhaps shorter;
    a number is `scale · q` with the scale of its group, of type `scale`, and an integer `q` of the type `storage`. It is
    what a weight (`scale` f16) or the rows that meet it (`scale` f32) are rounded to; in memory the scales stand beside the
    integers (see `ir/QuantFormat.h`).

    The values of such a tensor are the numbers `scale · q`, as everywhere; only `graphc.quantize` and the prologues of
    matmuls make them, only matmuls and `graphc.embedding` take them. Examples: `!graphc.quant<i4:f16, 32>`,
    `!graphc.quant<i8:f32, 32>`

    Constraints:
    * (C1) `storage` is i4 or i8.
    * (C2) `scale` is f16 (weights), or f32 with i8 (rows).
    * (C3) `group` is a positive multiple of 32.
  }];
  let parameters = (ins "::mlir::Type":$storage, "::mlir::Type":$scale, "int64_t":$group);
  let assemblyFormat = "`<` $storage `:` $scale `,` $group `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// How such numbers stand in memory.
    ::graphc::QuantFormat getFormat();
    /// Whether this is the type of rows, not of weights.
    bool isOfRows() { return getScale().isF32(); }
  }];
}

#endif // GRAPHC_IR_GRAPHTYPES_TD
