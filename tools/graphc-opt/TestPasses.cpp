#include "tools/graphc-opt/TestPasses.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

#include <cstdlib>

using namespace mlir;

namespace graphc {

namespace {

class TestCrashPass : public PassWrapper<TestCrashPass, OperationPass<ModuleOp>> {
public:
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(TestCrashPass)

  StringRef getArgument() const override { return "graphc-test-crash"; }
  StringRef getDescription() const override { return "Abort (tests what a crash leaves behind)"; }
  void runOnOperation() override { std::abort(); }
};

} // namespace

void registerTestPasses() { PassRegistration<TestCrashPass>(); }

} // namespace graphc
