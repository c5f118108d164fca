// Fixture of tests that parse IR from text.
#ifndef GRAPHC_TESTS_UNIT_IR_IRTEST_H
#define GRAPHC_TESTS_UNIT_IR_IRTEST_H

#include "ir/GraphDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"

#include <gtest/gtest.h>

#include <string>

namespace graphc {

class IrTest : public ::testing::Test {
protected:
  IrTest() { context.loadDialect<GraphcDialect, mlir::func::FuncDialect>(); }

  /// Parses and verifies a module. Diagnostics are collected in `diagnostics`.
  mlir::OwningOpRef<mlir::ModuleOp> parse(llvm::StringRef text) {
    return mlir::parseSourceString<mlir::ModuleOp>(text, &context);
  }

  /// The only op of a class in a module, or the first of several.
  template <typename Op>
  static Op first(mlir::ModuleOp module) {
    Op found;
    module.walk([&](Op op) {
      if (!found)
        found = op;
    });
    return found;
  }

  mlir::MLIRContext context;
  std::string diagnostics;
  mlir::ScopedDiagnosticHandler handler{&context, [this](mlir::Diagnostic &diagnostic) {
                                          diagnostics += diagnostic.str() + "\n";
                                          return mlir::success();
                                        }};
};

} // namespace graphc

#endif // GRAPHC_TESTS_UNIT_IR_IRTEST_H
