// Does a checkpoint hold what the configuration promises?
#ifndef GRAPHC_FRONTEND_WEIGHTS_CHECKTENSORS_H
#define GRAPHC_FRONTEND_WEIGHTS_CHECKTENSORS_H

#include "frontend/weights/CheckpointSource.h"
#include "frontend/weights/ExpectedTensor.h"

#include <span>

namespace graphc {

/// Compares all tensors of `source` with those expected: missing ones, wrong shapes, types that
/// cannot be read, copies that differ, and extra tensors that no one asked for. Names known to hold
/// nothing but constants (rotary_emb.inv_freq and its like) are tolerated as extras, and so are
/// those that begin with one of `leftOut`.
///
/// One failure lists every problem, the first 20 in full. It is Unsupported when all of them are
/// types that graphc does not read, BadInput otherwise.
Status checkTensors(const CheckpointSource &source, std::span<const ExpectedTensor> expected,
                    std::span<const std::string> leftOut = {});

} // namespace graphc

#endif // GRAPHC_FRONTEND_WEIGHTS_CHECKTENSORS_H
