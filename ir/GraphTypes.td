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
    Keys and values of `heads` heads of `headDim` numbers each, stored as `elementType` (f32 or bf16); what is appended is
    rounded to it. A row belongs to a sequence and a position. Example: `!graphc.kv_cache<4x64xbf16>`

    Constraints:
    * (C1) `heads` and `headDim` are positive.
    * (C2) `elementType` is f32 or bf16.
  }];
  let parameters = (ins "int64_t":$heads, "int64_t":$headDim, "::mlir::Type":$elementType);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
}

#endif // GRAPHC_IR_GRAPHTYPES_TD
