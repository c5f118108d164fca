// Which of the three dynamic dimensions a `?` is.
//
//   T  tokens of this step, all sequences one after the other
//   R  rows whose result is wanted (R <= T)
//   S  cached rows of the step's sequences, this step's tokens included
//
// A type does not say it: `tensor<?x2048xf32>` has T rows in a layer and R rows before the head. It
// follows from the ops (an embedding has T rows, select_rows yields R, kv_read S), so it is derived
// by one forward walk and never written down, but for the arguments of functions that nothing in
// the module calls (kernels, tests). Those carry the argument attribute `graphc.dims`, which names
// the symbol of each `?` in order; without it, a single `?` is T:
//
//   graphc.kernel @k(%x: tensor<?x64xf32> {graphc.dims = ["R"]}, ...)
#ifndef GRAPHC_IR_SYMBOLICDIMS_H
#define GRAPHC_IR_SYMBOLICDIMS_H

#include "mlir/IR/Value.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallVector.h"

#include <cstdint>
#include <optional>

namespace mlir {
class FunctionOpInterface;
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
  /// The symbol of a letter, or none for another string than "T", "R" or "S".
  static std::optional<Dim> parse(llvm::StringRef letter);

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

/// Prints "T", "R", "S" or the number.
llvm::raw_ostream &operator<<(llvm::raw_ostream &os, Dim dim);

/// The dimensions of a tensor in order.
using DimList = llvm::SmallVector<Dim, 4>;

/// Name of the argument attribute described above.
inline constexpr llvm::StringLiteral kDimsAttrName = "graphc.dims";

/// The symbols' values in one step, or their upper bounds.
struct StepDims {
  int64_t tokens = 1;
  int64_t rows = 1;
  /// Sum over the step's sequences of their cached rows, this step's tokens included.
  int64_t cached = 1;
  /// Pairs of a token and a cached row that the causal mask lets it see: the sum over the tokens of
  /// position + 1. Without it the step is taken to be one sequence, whose `tokens` tokens are the
  /// last of its `cached` rows (exact for a prompt and for one sequence's decode step).
  std::optional<int64_t> pairs = std::nullopt;

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

  /// Pairs of a token and a cached row that attention has to compute. With a window, exact for one
  /// sequence and an upper bound where `pairs` is given.
  double attendedPairs(std::optional<int64_t> window = std::nullopt) const;
};

/// Operations and bytes of an op in one step. Every operand is counted as read once and every
/// result as written once: the least that a machine has to move.
struct Cost {
  double flops = 0;           ///< an fma counts 2; exp, tanh, erf, sqrt and a division 1 each
  double weightBytes = 0;     ///< weights read: operands without a dynamic dimension
  double activationBytes = 0; ///< activations read and written
  double cacheBytes = 0;      ///< keys and values read and written

  Cost &operator+=(const Cost &other);
};

/// The dimensions of every tensor value of a module, by forward propagation.
class SymbolicDims {
public:
  /// Analyzes every function that nothing calls, by the attributes of its arguments, and follows
  /// its calls; in a network that is `@step`, whose arguments are no tensors. Fails with a
  /// diagnostic where a `?` has no symbol, where an op cannot tell that of its result, where two
  /// calls of a function differ, and where functions call each other in a circle. Kernels are not
  /// analyzed (a network without a plan has none; see the next function).
  static llvm::FailureOr<SymbolicDims> analyze(mlir::ModuleOp module);

  /// Analyzes one function or kernel, by the attributes of its arguments.
  static llvm::FailureOr<SymbolicDims> analyze(mlir::FunctionOpInterface function);

  /// Analyzes one function or kernel whose arguments have the given dimensions: one list for each
  /// argument, empty for those that are no tensors.
  static llvm::FailureOr<SymbolicDims> analyze(mlir::FunctionOpInterface function,
                                               llvm::ArrayRef<DimList> arguments);

  /// Dimensions of a value; empty for values that are no tensors or that no analyzed function has.
  llvm::ArrayRef<Dim> get(mlir::Value value) const {
    auto it = dims.find(value);
    return it == dims.end() ? llvm::ArrayRef<Dim>() : llvm::ArrayRef<Dim>(it->second);
  }

  /// Dimensions of all operands of an op, in the form that its interfaces take.
  llvm::SmallVector<DimList> operandDims(mlir::Operation *op) const;

  /// Cost of an op in a step; nothing for an op without costs.
  Cost cost(mlir::Operation *op, const StepDims &step) const;

private:
  friend class DimsPropagation;
  llvm::DenseMap<mlir::Value, DimList> dims;
};

/// Bytes of a dense tensor of these dimensions with every symbol at its bound; nothing on overflow.
std::optional<uint64_t> boundedBytes(mlir::Type type, llvm::ArrayRef<Dim> dims,
                                     const StepDims &bounds);

/// The argument attribute `graphc.dims` for a tensor of these dimensions: the symbols in order.
/// Null when all are static.
mlir::Attribute getDimsAttr(mlir::MLIRContext *context, llvm::ArrayRef<Dim> dims);

} // namespace graphc

#endif // GRAPHC_IR_SYMBOLICDIMS_H
