#include "passes/WeightRewrite.h"

#include "passes/Matchers.h"

#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace graphc {

WeightOp WeightRewriter::lookup(Value value) const {
  auto param = value.getDefiningOp<ParamOp>();
  return param ? symbols.lookup<WeightOp>(param.getWeight()) : WeightOp();
}

/// Copies the expression of `weight` to `builder` for the layer `layer` and returns its value.
static Value cloneExpression(OpBuilder &builder, WeightOp weight, Value layer) {
  IRMapping mapping;
  mapping.map(weight.getLayer(), layer);
  Value yielded = weight.getYielded();
  for (Operation &op : weight.getBody().front().without_terminator())
    builder.clone(op, mapping);
  return mapping.lookup(yielded);
}

WeightOp WeightRewriter::derive(ArrayRef<WeightOp> sources, StringRef name, Combine combine) {
  WeightOp last = sources.back();
  OpBuilder builder(module.getContext());
  SmallVector<Location> locations;
  for (WeightOp source : sources)
    locations.push_back(source.getLoc());
  Location location = FusedLoc::get(module.getContext(), locations);
  auto weight =
      WeightOp::create(builder, location, name, int64_t(last.getLayers()), Type(last.getType()));
  symbols.insert(weight, std::next(Block::iterator(last)));

  builder.setInsertionPointToEnd(&weight.getBody().front());
  SmallVector<Value> values;
  for (WeightOp source : sources)
    values.push_back(cloneExpression(builder, source, weight.getLayer()));
  Value result = combine(builder, location, values);
  YieldOp::create(builder, location, result);
  weight.setTypeAttr(TypeAttr::get(result.getType()));
  return weight;
}

void WeightRewriter::transform(WeightOp weight, Combine combine) {
  Operation *yield = weight.getBody().front().getTerminator();
  OpBuilder builder(yield);
  Value result = combine(builder, weight.getLoc(), weight.getYielded());
  yield->setOperand(0, result);
  eraseDeadOps(weight);
  weight.setTypeAttr(TypeAttr::get(result.getType()));
  module.walk([&](ParamOp param) {
    if (param.getWeight() == weight.getSymName())
      param.getResult().setType(cast<RankedTensorType>(result.getType()));
  });
}

ParamOp WeightRewriter::use(OpBuilder &builder, Location location, WeightOp weight,
                            Value like) const {
  return ParamOp::create(builder, location, weight.getType(),
                         FlatSymbolRefAttr::get(weight.getSymNameAttr()),
                         like.getDefiningOp<ParamOp>().getLayer());
}

void WeightRewriter::eraseUnused() {
  DenseSet<StringAttr> used;
  module.walk([&](Operation *op) {
    op->getAttrDictionary().walk(
        [&](SymbolRefAttr reference) { used.insert(reference.getRootReference()); });
  });
  for (WeightOp weight : llvm::make_early_inc_range(module.getOps<WeightOp>()))
    if (!used.contains(weight.getSymNameAttr()))
      symbols.erase(weight);
}

/// Length of the longest common prefix of all lists (from the back with `reverse`).
static size_t commonParts(ArrayRef<SmallVector<StringRef>> names, bool reverse) {
  size_t count = 0;
  auto part = [&](const SmallVector<StringRef> &name) {
    return reverse ? name[name.size() - 1 - count] : name[count];
  };
  while (llvm::all_of(names, [&](const auto &name) { return count + 1 < name.size(); }) &&
         llvm::all_of(names, [&](const auto &name) { return part(name) == part(names[0]); }))
    ++count;
  return count;
}

std::string joinNames(ArrayRef<StringRef> names) {
  SmallVector<SmallVector<StringRef>> parts;
  for (StringRef name : names)
    name.split(parts.emplace_back(), '.');
  const size_t front = commonParts(parts, /*reverse=*/false);
  for (auto &name : parts)
    name.erase(name.begin(), name.begin() + front);
  const size_t back = commonParts(parts, /*reverse=*/true);

  SmallVector<std::string> middles;
  for (auto &name : parts)
    middles.push_back(llvm::join(ArrayRef(name).drop_back(back), "."));
  const bool letters =
      llvm::all_of(middles, [](const std::string &middle) { return middle.size() == 1; });
  SmallVector<StringRef> first;
  names[0].split(first, '.');
  SmallVector<std::string> result;
  for (StringRef part : ArrayRef(first).take_front(front))
    result.push_back(part.str());
  result.push_back(llvm::join(middles, letters ? "" : "_"));
  for (StringRef part : ArrayRef(first).take_back(back))
    result.push_back(part.str());
  return llvm::join(result, ".");
}

/// Whether an op puts rows together without looking into them.
static bool keepsRows(Operation *op) {
  auto concat = dyn_cast<ConcatOp>(op);
  auto slice = dyn_cast<SliceOp>(op);
  return isa<CastOp>(op) || (concat && concat.getAxis() == 0) || (slice && slice.getAxis() == 0);
}

/// The narrowest element type that holds the numbers of a value exactly, as far as its expression
/// shows.
static Type storedType(Value value) {
  Operation *op = value.getDefiningOp();
  Type own = elementTypeOf(value);
  const bool keepsNumbers =
      isa_and_present<ConcatOp, TransposeOp, SliceOp, ReshapeOp, RepeatOp>(op) ||
      (isa_and_present<CastOp>(op) && own.isF32());
  if (!keepsNumbers)
    return own;
  Type first = storedType(op->getOperand(0));
  auto isSame = [&](Value operand) { return storedType(operand) == first; };
  const bool isKept = !isa<QuantType>(first) || keepsRows(op);
  return isKept && llvm::all_of(op->getOperands(), isSame) ? first : own;
}

QuantType keptType(WeightOp weight) { return dyn_cast<QuantType>(storedType(weight.getYielded())); }

Type matrixType(WeightOp weight, Precision dtype, WeightPrecision weights) {
  MLIRContext *context = weight.getContext();
  switch (weights) {
  case WeightPrecision::AsDtype:
    break;
  case WeightPrecision::Stored:
    if (Type stored = storedType(weight.getYielded());
        stored.isF16() || (dtype == Precision::F32 && !isa<QuantType>(stored)))
      return stored;
    break;
  case WeightPrecision::BF16:
    return BFloat16Type::get(context);
  case WeightPrecision::F16:
    return Float16Type::get(context);
  }
  return dtype == Precision::BF16 ? Type(BFloat16Type::get(context)) : Float32Type::get(context);
}

bool haveSameLayer(Value a, Value b) {
  auto first = a.getDefiningOp<ParamOp>();
  auto second = b.getDefiningOp<ParamOp>();
  if (!first || !second)
    return false;
  if (first.getLayer() == second.getLayer())
    return true;
  APInt x, y;
  return matchPattern(first.getLayer(), m_ConstantInt(&x)) &&
         matchPattern(second.getLayer(), m_ConstantInt(&y)) && x == y;
}

} // namespace graphc
