// Evaluates weight expressions and lays the results out in the plan's weights section: in parallel,
// a block of rows at a time, with memory bounded by a few panels per thread.
#ifndef GRAPHC_CODEGEN_PACK_PACKER_H
#define GRAPHC_CODEGEN_PACK_PACKER_H

#include "codegen/pack/PackedLayout.h"
#include "ir/QuantMatrix.h"
#include "runtime/base/Status.h"

#include <functional>
#include <string>
#include <vector>

namespace graphc {

/// Computes rows [begin, end) of a weight's expression as f32, row-major. Called from many threads.
using RowReader = std::function<Status(int64_t begin, int64_t end, std::span<float> out)>;

/// The same for rows whose integers and scales are kept: into the rows of `out` from `outRow` on.
using QuantRowReader =
    std::function<Status(int64_t begin, int64_t end, int64_t outRow, QuantMatrix &out)>;

/// One weight of one layer.
struct PackJob {
  std::string name; ///< For messages: "attn.qkv, layer 3".
  RowReader read;
  QuantRowReader readQuant = {}; ///< Instead, where the layout says that numbers are kept.
  /// Rows, columns and element type of the result; panels when `packed`, else rows in order.
  PackedLayout layout;
  bool packed = false;
  uint64_t offset = 0; ///< Of the result in the weights section.

  uint64_t bytes() const;
  /// Called by some thread when the weight is done.
  std::function<void()> finished;
};

/// Takes a piece of the section; called from many threads.
using PackSink = std::function<Status(uint64_t offset, std::span<const std::byte> bytes)>;

/// Bytes written so far; called from many threads, may be empty.
using PackProgress = std::function<void(uint64_t bytesDone)>;

/// A weight with numbers that are not finite; see countNotFinite().
struct PackDefect {
  std::string name;
  int64_t count = 0;
};

/// Packs all jobs with `threads` threads and says which of them are defective, in their order. The
/// first failure ends the work.
Expected<std::vector<PackDefect>> packWeights(const std::vector<PackJob> &jobs, unsigned threads,
                                              const PackSink &sink, const PackProgress &progress);

} // namespace graphc

#endif // GRAPHC_CODEGEN_PACK_PACKER_H
