// graphc-opt: runs passes over IR of any stage, as mlir-opt does; with all of MLIR's dialects and
// passes beside graphc's own.
#include "codegen/Passes.h"
#include "ir/GraphDialect.h"
#include "passes/Passes.h"
#include "tools/graphc-opt/TestPasses.h"

#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"

int main(int argc, char **argv) {
  mlir::registerAllPasses();
  graphc::registerGraphcPasses();
  graphc::registerCodegenPasses();
  graphc::registerTestPasses();
  mlir::DialectRegistry registry;
  mlir::registerAllDialects(registry);
  mlir::registerAllExtensions(registry);
  registry.insert<graphc::GraphcDialect>();
  return mlir::asMainReturnCode(
      mlir::MlirOptMain(argc, argv, "graphc optimizer driver\n", registry));
}
