// Which of the three dynamic dimensions a `?` is.
//
//   T  tokens of this step, all sequences one after the other
//   R  rows whose result is wanted (R <= T)
//   S  cached rows of the step's sequences, this step's tokens included
#ifndef GRAPHC_IR_SYMBOLICDIMS_H
#define GRAPHC_IR_SYMBOLICDIMS_H

#include "mlir/IR/Value.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallVector.h"

#include <cstdint>

namespace mlir {
class ModuleOp;
class Operation;
} // namespace mlir

namespace graphc {

/// One extent: a number or one of the symbols.
class Dim {
public:
  enum class Kind : uint8_t { Static, T, R, S };

  static Dim fixed(int64_t extent) { return Dim(Kind::Static, extent); }
  static Dim tokens() { return Dim(Kind::T, 0); }
  static Dim rows() { return Dim(Kind::R, 0); }
  static Dim cached() { return Dim(Kind::S, 0); }

  Kind kind() const { return dimKind; }
  bool isStatic() const { return dimKind == Kind::Static; }
  /// The extent of a static dimension.
  int64_t extent() const { return value; }

  bool operator==(const Dim &other) const = default;

private:
  Dim(Kind kind, int64_t value) : dimKind(kind), value(value) {}
  Kind dimKind;
  int64_t value;
};

using DimList = llvm::SmallVector<Dim, 4>;

/// The symbols' values in one step, or their upper bounds.
struct StepDims {
  int64_t tokens = 1;
  int64_t rows = 1;
  int64_t cached = 1;

  int64_t operator()(Dim dim) const {
    switch (dim.kind()) {
    case Dim::Kind::Static:
      return dim.extent();
    case Dim::Kind::T:
      return tokens;
    case Dim::Kind::R:
      return rows;
    case Dim::Kind::S:
      return cached;
    }
    return 0;
  }
};

/// Operations and bytes of an op in one step.
struct Cost {
  double flops = 0;
  double weightBytes = 0;     ///< weights read
  double activationBytes = 0; ///< activations read and written
  double cacheBytes = 0;      ///< keys and values read and written
};

/// The dimensions of every tensor value of a module, by forward propagation from `@step` through
/// the layer functions. Fails with a diagnostic where an op leaves a `?` without a symbol.
class SymbolicDims {
public:
  static llvm::FailureOr<SymbolicDims> analyze(mlir::ModuleOp module);

  /// Dimensions of a value; empty for values that are no tensors.
  llvm::ArrayRef<Dim> get(mlir::Value value) const {
    auto it = dims.find(value);
    return it == dims.end() ? llvm::ArrayRef<Dim>() : llvm::ArrayRef<Dim>(it->second);
  }

private:
  llvm::DenseMap<mlir::Value, DimList> dims;
};

} // namespace graphc

#endif // GRAPHC_IR_SYMBOLICDIMS_H
