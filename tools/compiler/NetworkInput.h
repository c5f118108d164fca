// network.json as what a compile starts from.
#ifndef GRAPHC_TOOLS_COMPILER_NETWORKINPUT_H
#define GRAPHC_TOOLS_COMPILER_NETWORKINPUT_H

#include "runtime/base/ElementType.h"
#include "runtime/base/Json.h"
#include "tools/compiler/Settings.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

#include <functional>
#include <optional>
#include <string>

namespace graphc {

/// A network's graph, and what else its file says.
struct LoadedNetwork {
  mlir::OwningOpRef<mlir::ModuleOp> module;
  /// Of random weights, for want of others.
  std::optional<uint64_t> seed;
};

/// The document of a network where `path` is one: a file of JSON that has modules. Nothing for
/// other files and for folders; BadInput for JSON that is damaged.
Expected<std::optional<Json>> readNetworkDocument(const std::string &path);

/// Builds the entry that the settings ask for, with the parameters that they give.
Expected<LoadedNetwork>
loadNetwork(mlir::MLIRContext &context, const CompileSettings &settings, const Json &document,
            const std::function<ElementType(const std::string &tensor)> &storedType);

} // namespace graphc

#endif // GRAPHC_TOOLS_COMPILER_NETWORKINPUT_H
