// Names for people: of kernels and of dispatches.
#ifndef GRAPHC_PASSES_KERNELNAMES_H
#define GRAPHC_PASSES_KERNELNAMES_H

#include "mlir/IR/Operation.h"

#include <optional>
#include <string>

namespace graphc {

/// A name for the kernel of an op that says what it computes: fused_linear_2048x11264_bf16_silu,
/// flash_attention_32x64_bf16, add_2048_f32. Different kernels may get the same name; whoever
/// inserts them adds numbers.
std::string kernelName(mlir::Operation *op);

/// What a trace calls an execution of an op: "layer 3 attn.qkv", "head".
std::string dispatchLabel(mlir::Operation *op, std::optional<int64_t> layer);

} // namespace graphc

#endif // GRAPHC_PASSES_KERNELNAMES_H
