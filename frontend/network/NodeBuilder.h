// An operator's application as an op of the graph.
#ifndef GRAPHC_FRONTEND_NETWORK_NODEBUILDER_H
#define GRAPHC_FRONTEND_NETWORK_NODEBUILDER_H

#include "frontend/network/NetworkFile.h"
#include "frontend/network/OperatorTable.h"
#include "ir/GraphDialect.h"

#include "mlir/IR/Builders.h"

namespace graphc {

/// What an op is given beside the tensors that the node names.
struct ImpliedOperands {
  mlir::Value step;
  mlir::Value cache; ///< Null before the module's first kv_append.
};

/// Builds the op of `node`, whose operator is `op`, at the builder's place and verifies it.
/// BadInput when an attribute has no value of its kind or when the op's own checks refuse it.
Expected<mlir::SmallVector<mlir::Value>> buildNode(mlir::OpBuilder &builder, mlir::Location loc,
                                                   const Operator &op, const NetworkNode &node,
                                                   const Scope &scope, mlir::ValueRange operands,
                                                   const ImpliedOperands &implied);

/// The cache that keys of this type are appended to: [heads, ?, head_dim]. BadInput for another
/// shape.
Expected<KvCacheType> cacheTypeFor(mlir::Value keys);

/// Evaluates a list of extents, in which "T", "R" and "S" stand for dynamic ones.
Expected<mlir::SmallVector<int64_t>> evaluateShape(const Json &list, const Scope &scope);

/// Runs `verify` and returns what its diagnostics say, without the op's name in front; Ok if none.
Status withDiagnostics(mlir::MLIRContext *context,
                       mlir::function_ref<mlir::LogicalResult()> verify);

} // namespace graphc

#endif // GRAPHC_FRONTEND_NETWORK_NODEBUILDER_H
