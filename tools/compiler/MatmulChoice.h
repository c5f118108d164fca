// Who computes the products of a plan: generated code or oneDNN (`--matmul`).
#ifndef GRAPHC_TOOLS_COMPILER_MATMULCHOICE_H
#define GRAPHC_TOOLS_COMPILER_MATMULCHOICE_H

#include "codegen/EmitKernels.h"
#include "passes/FusionReport.h"

#include <cstddef>
#include <span>
#include <string>

namespace graphc {

/// Decides for each kernel that emitProducts() gave an epilogue whether its product is computed by
/// oneDNN, drops the others' product, and tells `report` of all of them.
///
/// `choice`: "generated", "onednn" or "auto". With "auto" both ways are timed, if this machine has
/// the target's features and the library is there: on `threads` threads, for a step of as many rows
/// as the plan allows, on made-up memory; generated code is taken unless oneDNN is faster. `code`
/// is the kernels' shared object.
Status chooseMatmuls(const std::string &choice, EmittedKernels &kernels, const StepBounds &bounds,
                     const Target &target, std::span<const std::byte> code, int threads,
                     FusionReport &report);

} // namespace graphc

#endif // GRAPHC_TOOLS_COMPILER_MATMULCHOICE_H
