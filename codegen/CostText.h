// The cost of a kernel as text in T, R and S, as plan files hold it.
#ifndef GRAPHC_CODEGEN_COSTTEXT_H
#define GRAPHC_CODEGEN_COSTTEXT_H

#include "codegen/target/Target.h"
#include "ir/GraphDialect.h"
#include "runtime/base/ElementType.h"

#include <string>

namespace graphc {

struct CostText {
  std::string flops;
  std::string bytes; ///< Weights, activations and cache.
  /// Type of the factors of most of its products, as the target computes them: f32, bf16 (where a
  /// dot product of it pays; else they are widened) or i8.
  ElementType arithmetic = ElementType::F32;
};

/// Costs are polynomials with the terms 1, T, R, S, T*S and T*T of one sequence's step; the
/// coefficients are found by evaluating CostOpInterface. A window's saving is not in them.
CostText costText(KernelOp kernel, const Target &target);

} // namespace graphc

#endif // GRAPHC_CODEGEN_COSTTEXT_H
