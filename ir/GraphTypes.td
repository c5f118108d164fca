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

    A network that begins with `graphc.input_rows` is given rows of f32 in place of `tokens`.

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
  let summary = "Small integers that share a scale in groups";
  let description = [{
    An element type of tensors. A row (the last dimension) is cut into groups of `group` numbers, the last one perhaps shorter;
    a number is `scale · q` with the scale of its group, of type `scale`, and an integer `q` of the type `storage`. Integers without
    a sign (ui4 to ui8) have a minimum as well: a number is `scale · q + minimum`, rounded once. With a `superGroup` there are two levels:
    scale and minimum are products, of an i8 number of the group and a number of type `scale` that `superGroup` columns share.
    Of rows, `superGroup` columns (or a group, if it is 0) share the scale, and a group has a sum.
    `nonlinear` integers are those of a table of 16, `kNonlinear4` in `ir/QuantFormat.h`; i4 is the place in it.

    It is what a weight (`scale` f16) or the rows that meet it (`scale` f32) are rounded to, or what a file of quantized weights
    has; in memory the scales stand beside the integers (see `ir/QuantFormat.h`).

    The values of such a tensor are the numbers, as everywhere; only `graphc.quantize` and the prologues of
    matmuls make them, only matmuls and `graphc.embedding` take them. Examples: `!graphc.quant<i4:f16, 32>`,
    `!graphc.quant<i8:f32, 32, 128>`, `!graphc.quant<ui4:f16, 32, 256>`, `!graphc.quant<i4 of nonlinear:f16, 32>`

    Constraints:
    * (C1) `storage` is i4, i5, i6, i8, ui4, ui5, ui6 or ui8; no integer of ui8 is above 127.
    * (C2) `scale` is f16 (weights), or f32 with i8 (rows).
    * (C3) `group` is a positive multiple of 32, or 16 if there are two levels; of rows 16 or 32.
    * (C4) `superGroup` is 0 (one level), or a positive multiple of `group` and of 32; of rows a power of two up to 128.
    * (C5) With 5 bits, `group` is a multiple of 32.
    * (C6) `nonlinear` integers are stored as i4.
  }];
  let parameters = (ins "::mlir::Type":$storage, "::mlir::Type":$scale, "int64_t":$group,
                        DefaultValuedParameter<"int64_t", "0">:$superGroup,
                        DefaultValuedParameter<"::graphc::IntegerSet", "::graphc::IntegerSet::Linear">:$integers);
  let builders = [TypeBuilder<(ins "::mlir::Type":$storage, "::mlir::Type":$scale, "int64_t":$group), [{
    return $_get($_ctxt, storage, scale, group, /*superGroup=*/0, IntegerSet::Linear);
  }]>];
  let assemblyFormat = "`<` $storage (`of` $integers^)? `:` $scale `,` $group (`,` $superGroup^)? `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// How such numbers stand in memory.
    ::graphc::QuantFormat getFormat();
    /// Whether this is the type of rows, not of weights.
    bool isOfRows() { return getScale().isF32(); }
    /// How such rows stand in memory.
    ::graphc::QuantRowFormat getRowFormat();
    /// What rows are rounded to that meet such a weight of so many columns in integers.
    ::graphc::QuantType getRowsType(int64_t columns);
  }];
}

#endif // GRAPHC_IR_GRAPHTYPES_TD
