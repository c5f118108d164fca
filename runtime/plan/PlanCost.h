// What a kernel costs, as text that a person reads and `inspect` evaluates.
#ifndef GRAPHC_RUNTIME_PLAN_PLANCOST_H
#define GRAPHC_RUNTIME_PLAN_PLANCOST_H

#include "runtime/base/Status.h"

#include <span>
#include <string>
#include <string_view>

namespace graphc {

/// Values of the three dynamic dimensions of a step of one sequence, or of a sequence's part of
/// one.
struct StepShape {
  double tokens = 1;  ///< T
  double rows = 1;    ///< R
  double columns = 1; ///< S
};

/// Value of a cost: a sum of products of decimal numbers and the letters T, R, S, for example
/// "8388608*T + 2*T*S + 4096". Blanks are free; the empty text is 0. BadInput for anything else.
Expected<double> evaluateCost(std::string_view cost, const StepShape &shape);

/// The same for a step of several sequences. Terms without a letter are paid once, those with one
/// by the sum over the sequences; a product of letters (a token and the rows that it sees) belongs
/// to one sequence and is summed over them.
Expected<double> evaluateCost(std::string_view cost, std::span<const StepShape> sequences);

} // namespace graphc

#endif // GRAPHC_RUNTIME_PLAN_PLANCOST_H
