#include "frontend/network/NodeBuilder.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Verifier.h"
#include "runtime/base/Escape.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace graphc {

/// Above any real extent, below where a product of a few leaves 63 bits.
static constexpr int64_t kMaxExtent = int64_t(1) << 24;
static constexpr int64_t kMaxNumber = int64_t(1) << 48;
static constexpr size_t kMaxRank = 8;

//===----------------------------------------------------------------------===//
// Attributes
//===----------------------------------------------------------------------===//

static bool isDynamicExtent(const Json &value) {
  return value == "T" || value == "R" || value == "S";
}

Expected<SmallVector<int64_t>> evaluateShape(const Json &list, const Scope &scope) {
  if (!list.is_array() || list.empty() || list.size() > kMaxRank)
    return badInput("expected a list of 1 to " + std::to_string(kMaxRank) + " extents but got " +
                    escapeForMessage(list.dump()));
  SmallVector<int64_t> shape;
  for (const Json &extent : list) {
    if (isDynamicExtent(extent)) {
      shape.push_back(ShapedType::kDynamic);
      continue;
    }
    GRAPHC_ASSIGN_OR_RETURN(int64_t number, scope.integer(extent, 1, kMaxExtent));
    shape.push_back(number);
  }
  return shape;
}

static Expected<SmallVector<int64_t>> evaluateIntegers(const Json &list, const Scope &scope) {
  if (!list.is_array() || list.size() > kMaxRank)
    return badInput("expected a list of at most " + std::to_string(kMaxRank) + " numbers but got " +
                    escapeForMessage(list.dump()));
  SmallVector<int64_t> numbers;
  for (const Json &element : list) {
    GRAPHC_ASSIGN_OR_RETURN(int64_t number, scope.integer(element, 0, kMaxExtent));
    numbers.push_back(number);
  }
  return numbers;
}

/// One of some words, by its place among them.
static Expected<size_t> evaluateWord(const Json &value, ArrayRef<StringRef> words) {
  for (auto [i, word] : llvm::enumerate(words))
    if (value == word.str())
      return i;
  return badInput("expected one of " + llvm::join(words, ", ") + " but got " +
                  escapeForMessage(value.dump()));
}

/// An attribute's value; null for a flag that is not set.
static Expected<Attribute> evaluateAttribute(AttributeKind kind, const Json &value,
                                             const Scope &scope, Builder builder) {
  switch (kind) {
  case AttributeKind::Integer: {
    GRAPHC_ASSIGN_OR_RETURN(int64_t number, scope.integer(value, 0, kMaxNumber));
    return Attribute(builder.getI64IntegerAttr(number));
  }
  case AttributeKind::Extent: {
    GRAPHC_ASSIGN_OR_RETURN(int64_t extent, scope.integer(value, 1, kMaxExtent));
    return Attribute(builder.getI64IntegerAttr(extent));
  }
  case AttributeKind::Number: {
    GRAPHC_ASSIGN_OR_RETURN(double number, scope.number(value));
    return Attribute(builder.getF32FloatAttr(static_cast<float>(number)));
  }
  case AttributeKind::Scalar: {
    GRAPHC_ASSIGN_OR_RETURN(double number, scope.number(value));
    auto type = RankedTensorType::get({1}, builder.getF32Type());
    return Attribute(DenseElementsAttr::get(type, static_cast<float>(number)));
  }
  case AttributeKind::Flag: {
    GRAPHC_ASSIGN_OR_RETURN(bool flag, scope.flag(value));
    return flag ? Attribute(builder.getUnitAttr()) : Attribute();
  }
  case AttributeKind::Integers: {
    GRAPHC_ASSIGN_OR_RETURN(SmallVector<int64_t> numbers, evaluateIntegers(value, scope));
    return Attribute(builder.getDenseI64ArrayAttr(numbers));
  }
  case AttributeKind::Extents: {
    GRAPHC_ASSIGN_OR_RETURN(SmallVector<int64_t> extents, evaluateShape(value, scope));
    return Attribute(builder.getDenseI64ArrayAttr(extents));
  }
  case AttributeKind::GeluForm: {
    constexpr GeluForm kForms[] = {GeluForm::Erf, GeluForm::Tanh};
    GRAPHC_ASSIGN_OR_RETURN(size_t form, evaluateWord(value, {"erf", "tanh"}));
    return Attribute(GeluFormAttr::get(builder.getContext(), kForms[form]));
  }
  case AttributeKind::Element: {
    const Type types[] = {builder.getF32Type(), builder.getBF16Type(), builder.getF16Type()};
    GRAPHC_ASSIGN_OR_RETURN(size_t type, evaluateWord(value, {"f32", "bf16", "f16"}));
    return Attribute(TypeAttr::get(types[type]));
  }
  }
  llvm_unreachable("all kinds are handled");
}

/// Whether an attribute is one of the op, too, and not of its result's type alone.
static bool isOfTypeAlone(AttributeKind kind) {
  return kind == AttributeKind::Extent || kind == AttributeKind::Extents ||
         kind == AttributeKind::Element;
}

//===----------------------------------------------------------------------===//
// Ops
//===----------------------------------------------------------------------===//

Expected<KvCacheType> cacheTypeFor(Value keys) {
  auto type = cast<RankedTensorType>(keys.getType());
  if (type.getRank() != 3 || type.isDynamicDim(0) || !type.isDynamicDim(1) || type.isDynamicDim(2))
    return badInput("expected keys of shape [heads, T, head_dim]");
  return KvCacheType::get(keys.getContext(), type.getDimSize(0), type.getDimSize(2),
                          type.getElementType());
}

Status withDiagnostics(MLIRContext *context, function_ref<LogicalResult()> verify) {
  std::string messages;
  ScopedDiagnosticHandler handler(context, [&](Diagnostic &diagnostic) {
    std::string message = diagnostic.str();
    StringRef text(message);
    if (text.starts_with("'graphc.") && text.contains("' op "))
      text = text.split("' op ").second;
    messages += (messages.empty() ? "" : "; ") + text.str();
    return success();
  });
  if (succeeded(verify()))
    return {};
  return badInput(messages);
}

static SmallVector<Value> allOperands(Implied kind, ValueRange tensors,
                                      const ImpliedOperands &implied) {
  SmallVector<Value> operands;
  if (kind == Implied::CacheAndStep)
    operands = {implied.cache, implied.step};
  llvm::append_range(operands, tensors);
  if (kind == Implied::Step)
    operands.push_back(implied.step);
  return operands;
}

Expected<SmallVector<Value>> buildNode(OpBuilder &builder, Location loc, const Operator &op,
                                       const NetworkNode &node, const Scope &scope,
                                       ValueRange operands, const ImpliedOperands &implied) {
  std::map<std::string_view, Attribute> attributes;
  OperationState state(loc, "graphc." + std::string(op.name));
  for (const OperatorAttribute &attribute : op.attributes) {
    auto given = node.attributes.find(attribute.name);
    if (given == node.attributes.end())
      continue;
    auto value = evaluateAttribute(attribute.kind, given->second, scope, builder);
    if (!value.ok())
      return value.status().withContext("'" + std::string(attribute.name) + "'");
    if (!*value)
      continue;
    attributes[attribute.name] = *value;
    if (!isOfTypeAlone(attribute.kind))
      state.addAttribute(attribute.name, *value);
  }
  Type cache = implied.cache ? implied.cache.getType() : Type();
  GRAPHC_ASSIGN_OR_RETURN(SmallVector<Type> types, op.resultTypes({operands, attributes, cache}));
  state.addOperands(allOperands(op.implied, operands, implied));
  state.addTypes(types);
  Operation *built = builder.create(state);
  GRAPHC_RETURN_IF_ERROR(withDiagnostics(builder.getContext(), [&] { return verify(built); }));
  return llvm::to_vector_of<Value>(built->getResults());
}

} // namespace graphc
