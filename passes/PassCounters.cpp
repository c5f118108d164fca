#include "passes/PassCounters.h"

#include "mlir/IR/Diagnostics.h"
#include "llvm/Support/raw_ostream.h"

namespace graphc {

void CountedPass::resetCounters() {
  hitCount = 0;
  missList.clear();
}

void CountedPass::recordMiss(mlir::Operation *op, const llvm::Twine &reason) {
  PassMiss miss;
  llvm::raw_string_ostream(miss.location) << op->getLoc();
  miss.reason = reason.str();
  missList.push_back(std::move(miss));
  op->emitRemark() << "not " << deed << ": " << reason;
}

} // namespace graphc
