#include "KernelContext.h"

#include "codegen/lowering/LowerToLlvm.h"
#include "ir/GraphDialect.h"

using namespace mlir;

namespace graphc::test {

MLIRContext &kernelContext() {
  static MLIRContext *context = [] {
    DialectRegistry registry;
    registry.insert<GraphcDialect>();
    registerLoweringDialects(registry);
    auto *result = new MLIRContext(registry, MLIRContext::Threading::DISABLED);
    result->loadAllAvailableDialects();
    return result;
  }();
  return *context;
}

} // namespace graphc::test
