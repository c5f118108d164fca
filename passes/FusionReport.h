// What the passes of a compilation did: the content of `graphc compile --report`.
#ifndef GRAPHC_PASSES_FUSIONREPORT_H
#define GRAPHC_PASSES_FUSIONREPORT_H

#include "passes/PassCounters.h"

#include <string>
#include <vector>

namespace mlir {
class PassManager;
} // namespace mlir

namespace graphc {

/// One run of one pass over the module.
struct PassRecord {
  std::string name; ///< As --disable-pass takes it, e.g. "fuse-attention".
  int64_t hits = 0; ///< Rewrites; 0 for passes that do not count.
  std::vector<PassMiss> misses;
  bool changed = false; ///< Whether the module differs from before.
};

/// Who computes the product of a kernel, where there was a choice (--matmul).
struct MatmulRecord {
  std::string kernel;
  std::string provider; ///< "generated" or "onednn".
  std::string reason;
};

/// Passes in the order in which they ran.
class FusionReport {
public:
  std::vector<PassRecord> passes;
  std::vector<MatmulRecord> matmuls;

  /// Sum over all passes.
  int64_t missCount() const;

  /// {"schema":1,"passes":[{"name","hits","misses":[{"location","reason"}],"changed"}]}, indented,
  /// and "matmuls":[{"kernel","provider","reason"}] if there are any.
  std::string toJson() const;
};

/// Makes `manager` add a record for every pass that it runs over a module. `report` must outlive
/// its runs.
void collectReport(mlir::PassManager &manager, FusionReport &report);

/// The name under which --disable-pass and the report know a pass: its flag without "graphc-".
llvm::StringRef passName(llvm::StringRef argument);

} // namespace graphc

#endif // GRAPHC_PASSES_FUSIONREPORT_H
