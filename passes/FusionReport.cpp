#include "passes/FusionReport.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OperationSupport.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassInstrumentation.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/JSON.h"

#include <memory>
#include <optional>

using namespace mlir;

namespace graphc {
namespace {

/// Fingerprints the module around every pass and reads the pass' counters afterwards.
class ReportInstrumentation : public PassInstrumentation {
public:
  explicit ReportInstrumentation(FusionReport &report) : report(report) {}

  void runBeforePass(Pass *pass, Operation *op) override {
    if (isRecorded(pass, op))
      before.emplace(op);
  }

  void runAfterPass(Pass *pass, Operation *op) override { record(pass, op); }
  void runAfterPassFailed(Pass *pass, Operation *op) override { record(pass, op); }

private:
  /// Adaptors that run nested pipelines have no argument.
  static bool isRecorded(Pass *pass, Operation *op) {
    return isa<ModuleOp>(op) && !pass->getArgument().empty();
  }

  void record(Pass *pass, Operation *op) {
    if (!isRecorded(pass, op) || !before)
      return;
    PassRecord &entry = report.passes.emplace_back();
    entry.name = passName(pass->getArgument()).str();
    entry.changed = *before != OperationFingerPrint(op);
    before.reset();
    if (auto *counted = dynamic_cast<CountedPass *>(pass)) {
      entry.hits = counted->hits();
      entry.misses = counted->misses();
    }
  }

  FusionReport &report;
  std::optional<OperationFingerPrint> before;
};

} // namespace

StringRef passName(StringRef argument) {
  argument.consume_front("graphc-");
  return argument;
}

int64_t FusionReport::missCount() const {
  int64_t count = 0;
  for (const PassRecord &pass : passes)
    count += int64_t(pass.misses.size());
  return count;
}

std::string FusionReport::toJson() const {
  llvm::json::Array list;
  for (const PassRecord &pass : passes) {
    llvm::json::Array misses;
    for (const PassMiss &miss : pass.misses)
      misses.push_back(llvm::json::Object{{"location", miss.location}, {"reason", miss.reason}});
    list.push_back(llvm::json::Object{{"name", pass.name},
                                      {"hits", pass.hits},
                                      {"misses", std::move(misses)},
                                      {"changed", pass.changed}});
  }
  llvm::json::Object content{{"schema", 1}, {"passes", std::move(list)}};
  if (!matmuls.empty()) {
    llvm::json::Array records;
    for (const MatmulRecord &record : matmuls)
      records.push_back(llvm::json::Object{
          {"kernel", record.kernel}, {"provider", record.provider}, {"reason", record.reason}});
    content["matmuls"] = std::move(records);
  }
  llvm::json::Value document = std::move(content);
  std::string text;
  llvm::raw_string_ostream(text) << llvm::formatv("{0:2}\n", document);
  return text;
}

void collectReport(PassManager &manager, FusionReport &report) {
  manager.addInstrumentation(std::make_unique<ReportInstrumentation>(report));
}

} // namespace graphc
