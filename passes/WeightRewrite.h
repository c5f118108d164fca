// Rewriting weights: compute and weight are rewritten together, and no weight byte is in the IR. A
// new weight is an expression over those of older ones.
#ifndef GRAPHC_PASSES_WEIGHTREWRITE_H
#define GRAPHC_PASSES_WEIGHTREWRITE_H

#include "ir/GraphDialect.h"
#include "passes/Passes.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/SymbolTable.h"

#include <string>

namespace graphc {

/// The weights of a module, by name.
class WeightRewriter {
public:
  explicit WeightRewriter(mlir::ModuleOp module) : module(module), symbols(module) {}

  /// The weight that a value reads; null when it is no `param`.
  WeightOp lookup(mlir::Value value) const;

  /// Builds a value from those that the sources yield.
  using Combine =
      llvm::function_ref<mlir::Value(mlir::OpBuilder &, mlir::Location, mlir::ValueRange)>;

  /// A new weight with as many layers as the sources (all have equally many), named `name` or, when
  /// that is taken, `name` with a number.
  WeightOp derive(llvm::ArrayRef<WeightOp> sources, llvm::StringRef name, Combine combine);

  /// Changes what a weight yields, its type and that of all its params.
  void transform(WeightOp weight, Combine combine);

  /// `graphc.param` of a weight for the layer that `like`, a param, names.
  ParamOp use(mlir::OpBuilder &builder, mlir::Location location, WeightOp weight,
              mlir::Value like) const;

  /// Removes weights that nothing refers to.
  void eraseUnused();

private:
  mlir::ModuleOp module;
  mlir::SymbolTable symbols;
};

/// A name for what weights become when joined: "attn.qkv" for attn.q, attn.k, attn.v; "mlp.gate_up"
/// for mlp.gate and mlp.up.
std::string joinNames(llvm::ArrayRef<llvm::StringRef> names);

/// The element type that a matrix is stored in, where rows of `dtype` are multiplied with it.
/// WeightPrecision::Stored is the type of the checkpoint's tensors that the matrix is put together
/// from, or `dtype` where they differ or numbers are computed; of bf16 rows, f16 is kept alone.
mlir::Type matrixType(WeightOp weight, Precision dtype, WeightPrecision weights);

/// The quantized type of the checkpoint tensors whose rows a weight is put together from, or null
/// where they differ, are floats, or numbers are computed.
QuantType keptType(WeightOp weight);

/// Whether two params name the same layer, whatever their weights are.
bool haveSameLayer(mlir::Value a, mlir::Value b);

} // namespace graphc

#endif // GRAPHC_PASSES_WEIGHTREWRITE_H
