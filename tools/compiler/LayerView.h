// One layer of a module: what `dump --layer N` shows.
#ifndef GRAPHC_TOOLS_COMPILER_LAYERVIEW_H
#define GRAPHC_TOOLS_COMPILER_LAYERVIEW_H

#include "runtime/base/Status.h"

#include "mlir/IR/BuiltinOps.h"

#include <cstdint>

namespace graphc {

/// Takes everything out of `module` that is not of one layer. In the graph and fused stages the
/// function of the layer's kind stays, with its weights; in the plan stage the layer's dispatches,
/// with their kernels and weights. Usage error when there is no such layer.
Status keepLayer(mlir::ModuleOp module, int64_t layer);

} // namespace graphc

#endif // GRAPHC_TOOLS_COMPILER_LAYERVIEW_H
