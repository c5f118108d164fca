// The cost of a kernel as text in T, R and S, as plan files hold it.
#ifndef GRAPHC_CODEGEN_COSTTEXT_H
#define GRAPHC_CODEGEN_COSTTEXT_H

#include "ir/GraphDialect.h"

#include <string>

namespace graphc {

struct CostText {
  std::string flops;
  std::string bytes; ///< Weights, activations and cache.
};

/// Costs are polynomials with the terms 1, T, R, S, T*S and T*T of one sequence's step; the
/// coefficients are found by evaluating CostOpInterface. A window's saving is not in them.
CostText costText(KernelOp kernel);

} // namespace graphc

#endif // GRAPHC_CODEGEN_COSTTEXT_H
