// --dump-ir: a numbered file with the whole module after each pass that changed it.
#ifndef GRAPHC_TOOLS_COMPILER_IRDUMP_H
#define GRAPHC_TOOLS_COMPILER_IRDUMP_H

#include "runtime/base/Status.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/PassManager.h"

#include <string>
#include <string_view>

namespace graphc {

/// Writes NN-<name>.<extension> into a folder, NN counting up.
class IrDump {
public:
  /// Creates the folder and removes what an earlier dump left in it.
  static Expected<IrDump> create(const std::string &folder);

  void write(std::string_view name, std::string_view extension, std::string_view text);
  void write(std::string_view name, mlir::ModuleOp module);
  /// Makes `manager` write the module after each pass that changed it. The dump must outlive it.
  void attach(mlir::PassManager &manager);

  /// The first failure to write.
  const Status &status() const { return failure; }

private:
  explicit IrDump(std::string folder) : folder(std::move(folder)) {}

  std::string folder;
  int next = 0;
  Status failure;
};

/// The text of a module as dumps show it.
std::string moduleText(mlir::ModuleOp module);

} // namespace graphc

#endif // GRAPHC_TOOLS_COMPILER_IRDUMP_H
