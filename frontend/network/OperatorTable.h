// The operators that a network can apply: the dialect's un-fused ones, by name.
//
// A row says what an operator is given and what it yields. The rest, checks above all, is the op's
// own: docs/ir-reference.md has the meaning of each.
#ifndef GRAPHC_FRONTEND_NETWORK_OPERATORTABLE_H
#define GRAPHC_FRONTEND_NETWORK_OPERATORTABLE_H

#include "runtime/base/Status.h"

#include "mlir/IR/Attributes.h"
#include "mlir/IR/Types.h"
#include "mlir/IR/ValueRange.h"

#include <map>
#include <span>
#include <string_view>

namespace graphc {

/// How an attribute is written in the file, and what it is in the IR.
enum class AttributeKind {
  Integer,  ///< a whole number: i64
  Extent,   ///< a whole number: of the result's type
  Number,   ///< a number: f32
  Flag,     ///< true or false: a unit attribute, if true
  Integers, ///< a list of whole numbers
  Extents,  ///< a shape, in which "T", "R" and "S" stand for dynamic extents: of the result's type
  Scalar,   ///< a number: the value of a constant
  GeluForm, ///< "erf" or "tanh"
  Element,  ///< "f32", "bf16" or "f16": of the result's type
};

struct OperatorAttribute {
  std::string_view name;
  AttributeKind kind;
  bool isOptional = false;
};

/// What else than tensors an op takes.
enum class Implied {
  Nothing,
  Step,         ///< the step, behind the tensors
  CacheAndStep, ///< the cache of the module that the node stands in, and the step, before them
};

/// The operands and attributes of an application, for the type of its result.
struct Application {
  mlir::ValueRange operands; ///< Tensors only.
  /// By name; those that are of the result's type (Extent, Extents, Element) among them.
  const std::map<std::string_view, mlir::Attribute> &attributes;
  mlir::Type cache; ///< Of CacheAndStep; null before the first append.
};

struct Operator {
  std::string_view name;
  unsigned minOperands, maxOperands;
  Implied implied;
  /// Types of the results. BadInput where they do not follow from such operands; what does follow
  /// may still be refused by the op's verifier.
  Expected<llvm::SmallVector<mlir::Type>> (*resultTypes)(const Application &);
  llvm::ArrayRef<OperatorAttribute> attributes = {};
  unsigned results = 1;
};

std::span<const Operator> allOperators();
/// Null for an unknown name.
const Operator *findOperator(std::string_view name);
/// Unsupported, with the nearest names.
Status unknownOperator(std::string_view name);

} // namespace graphc

#endif // GRAPHC_FRONTEND_NETWORK_OPERATORTABLE_H
