// `linear` and `fused_linear` seen as one thing: a matmul with named parts, of which a linear has
// only two. Fusions take the parts of the one, add some, and build the other.
#ifndef GRAPHC_PASSES_LINEARPARTS_H
#define GRAPHC_PASSES_LINEARPARTS_H

#include "ir/GraphDialect.h"

#include "mlir/IR/Builders.h"

namespace graphc {

struct LinearParts {
  mlir::Value input;
  mlir::Value weight;
  mlir::Value gamma; ///< Null when absent, as all below.
  mlir::Value beta;
  mlir::Value rowFactor;
  mlir::Value bias;
  mlir::Value residual;
  mlir::FloatAttr eps;      ///< Of rms.
  mlir::FloatAttr layerEps; ///< Of layer_norm.
  mlir::TypeAttr rows;      ///< What the rows are rounded to, where the op says so.
  ActivationAttr gate;
  ActivationAttr act;
  mlir::FloatAttr cap;
  mlir::RankedTensorType resultType;

  /// Whether a tensor is one of rows, [?, K].
  static bool isRows(mlir::Value value);

  /// Whether an op is a fused_linear or may become one: a linear of rows [?, K]. Null is neither.
  static bool isLinear(mlir::Operation *op);

  /// The parts of a linear or fused_linear. A cast of the rows to the weight's element type is
  /// taken off: a fused_linear converts its rows itself.
  static LinearParts of(mlir::Operation *op);

  /// The parts of the op that yields `value`; nothing for another op.
  static std::optional<LinearParts> ofValue(mlir::Value value);

  bool hasPrologue() const { return gamma || rowFactor || eps || layerEps; }
  bool hasSamePrologue(const LinearParts &other) const;
  /// Whether something comes behind product and bias that is no sum.
  bool hasFunction() const { return gate || act || cap; }
  bool hasEpilogue() const { return bias || residual || hasFunction(); }

  /// Output channels of the weight: rows of its matrix.
  int64_t channels() const;

  /// Turns every linear of rows in `root` into a fused_linear.
  static void fuseAll(mlir::Operation *root);

  FusedLinearOp build(mlir::OpBuilder &builder, mlir::Location location) const;
};

} // namespace graphc

#endif // GRAPHC_PASSES_LINEARPARTS_H
