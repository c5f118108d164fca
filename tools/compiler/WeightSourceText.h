// What `graphc inspect -v` says of a weight: which tensors of the checkpoint it is made of, and
// what became of their numbers.
#ifndef GRAPHC_TOOLS_COMPILER_WEIGHTSOURCETEXT_H
#define GRAPHC_TOOLS_COMPILER_WEIGHTSOURCETEXT_H

#include "ir/GraphDialect.h"
#include "ir/WeightSource.h"

#include <string>

namespace graphc {

/// "blk.0.attn_q.weight Q4_K, blk.0.attn_k.weight Q4_K: kept". "kept": every number of the file is
/// in the plan, if in another order or type; "computed": arithmetic stands between; "rounded": the
/// plan's type holds fewer numbers. Empty for a weight that no tensor is part of.
std::string weightSourceText(WeightOp weight, int64_t layer, const WeightSource &source);

} // namespace graphc

#endif // GRAPHC_TOOLS_COMPILER_WEIGHTSOURCETEXT_H
