// The passes of graphc: graph -> fused -> plan. What each does is in Passes.td (and, generated from
// it, in docs); in which order they run is in Pipelines.h.
#ifndef GRAPHC_PASSES_PASSES_H
#define GRAPHC_PASSES_PASSES_H

#include "mlir/Pass/Pass.h"

namespace graphc {

/// Element type that matmuls compute with.
enum class Precision { F32, BF16 };

/// Element type that the matrices of matmuls and embeddings are stored in.
enum class WeightPrecision {
  AsDtype, ///< that of their rows
  Stored,  ///< what holds the checkpoint's numbers exactly; their rows are f32
  BF16,
  F16,
};

/// Element type that the cache is stored in.
enum class CachePrecision { F32, BF16, I8 };

/// What rows are rounded to before they meet a quantized weight.
enum class RowPrecision { F32, BF16, I8 };

/// Where RMSNorm's gamma goes when the norm is fused into a matmul.
enum class GammaForm {
  Rows,   ///< multiplies the rows, in the prologue: weights keep their numbers
  Weight, ///< multiplies the weight's columns, before they are rounded
};

#define GEN_PASS_DECL
#include "passes/Passes.h.inc"

/// Makes all passes and pipelines known to a command line (graphc-opt).
void registerGraphcPasses();

} // namespace graphc

#endif // GRAPHC_PASSES_PASSES_H
