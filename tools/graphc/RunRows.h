// `graphc run` of a plan that takes rows of numbers: --input and --random-input.
#ifndef GRAPHC_TOOLS_GRAPHC_RUNROWS_H
#define GRAPHC_TOOLS_GRAPHC_RUNROWS_H

#include "runtime/plan/Plan.h"
#include "tools/graphc/RunFlags.h"

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

namespace graphc {

/// Runs the rows of --input, [batch, length, width] or [length, width], or made-up ones, and prints
/// the result's shape. Usage when the flags do not go with the plan.
Status runRowsCommand(const RunFlags &flags, const Plan &plan, const std::atomic<bool> &cancel);

/// Made-up token ids in place of rows, for a plan that takes tokens: of as many sequences and as
/// long as made-up rows would be.
Expected<std::vector<std::vector<int32_t>>> randomPrompts(const RunFlags &flags, const Plan &plan);

/// "(64, 2048, 1024)"
std::string shapeText(const std::vector<int64_t> &shape);

} // namespace graphc

#endif // GRAPHC_TOOLS_GRAPHC_RUNROWS_H
