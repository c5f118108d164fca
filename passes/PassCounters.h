// What a rewriting pass found and what it could not rewrite.
//
// MLIR's own pass statistics are compiled out of the distributions' libraries, and do not say why.
// Here every miss has a reason, which is also a remark at the op, so that a fusion that silently
// stopped matching makes a test fail.
#ifndef GRAPHC_PASSES_PASSCOUNTERS_H
#define GRAPHC_PASSES_PASSCOUNTERS_H

#include "mlir/IR/Operation.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/Twine.h"

#include <cstdint>
#include <string>
#include <vector>

namespace graphc {

/// An op that a pass looks for (a softmax, for fuse-attention) and could not rewrite.
struct PassMiss {
  std::string location; ///< The op's location, as printed.
  std::string reason;   ///< Lower case, no full stop.
};

/// Base of the passes that count. Counters are those of the last run.
class CountedPass {
public:
  /// `deed`: what the pass does to what it looks for, for remarks: "not fused: ...".
  explicit CountedPass(llvm::StringLiteral deed = "fused") : deed(deed) {}
  virtual ~CountedPass() = default;

  int64_t hits() const { return hitCount; }
  const std::vector<PassMiss> &misses() const { return missList; }

protected:
  void resetCounters();
  void recordHit() { ++hitCount; }

  /// Counts the miss and emits the remark "not <deed>: <reason>" at `op`.
  void recordMiss(mlir::Operation *op, const llvm::Twine &reason);

private:
  llvm::StringLiteral deed;
  int64_t hitCount = 0;
  std::vector<PassMiss> missList;
};

/// Why a pattern does not apply; empty when it does. Matchers return it instead of a bare failure.
using Refusal = std::string;

} // namespace graphc

#endif // GRAPHC_PASSES_PASSCOUNTERS_H
