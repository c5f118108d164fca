#include "passes/KernelNames.h"

#include "passes/Matchers.h"

#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

namespace graphc {

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

/// "f32", "i4g32": an element type in a symbol's name.
static std::string elementName(Type type) {
  std::string text;
  llvm::raw_string_ostream os(text);
  auto quant = dyn_cast<QuantType>(type);
  if (!quant)
    os << type;
  else
    os << (quant.getIntegers() == IntegerSet::Nonlinear ? "n" : "") << quant.getStorage() << "g"
       << quant.getGroup();
  if (quant && quant.getSuperGroup() != 0)
    os << "s" << quant.getSuperGroup();
  return text;
}

/// "_2048x64_f32": the static extents and the element type.
static std::string shapeSuffix(ArrayRef<int64_t> shape, Type elementType) {
  std::string text;
  llvm::raw_string_ostream os(text);
  bool first = true;
  for (int64_t extent : shape) {
    if (ShapedType::isDynamic(extent))
      continue;
    os << (first ? "_" : "x") << extent;
    first = false;
  }
  os << '_' << elementName(elementType);
  return text;
}

static std::string shapeSuffix(Type type) {
  if (auto tensor = dyn_cast<RankedTensorType>(type))
    return shapeSuffix(tensor.getShape(), tensor.getElementType());
  return {};
}

/// Inputs x outputs of a matmul: K of a packed weight is K of the matrix, padded to its interleave.
template <typename Op>
static std::string matmulSuffix(Op op, int64_t channels) {
  auto shape = shapeOf(op.getWeight());
  const int64_t columns = shape.size() == 4 ? shape[1] * shape[3] : shape[1];
  std::string text = shapeSuffix({columns, channels}, elementTypeOf(op.getWeight()));
  // With a quantized weight, the rows may be of several types.
  if (elementTypeOf(op.getInput()) != elementTypeOf(op.getWeight()))
    text += "_by_" + elementName(elementTypeOf(op.getInput()));
  return text;
}

static std::string suffixOf(FusedLinearOp op) {
  const int64_t outputs = shapeOf(op.getResult()).back();
  std::string text = matmulSuffix(op, op.getGate() ? 2 * outputs : outputs);
  if (op.getBias())
    text += "_bias";
  if (op.getGate())
    text += "_" + stringifyActivation(*op.getGate()).str();
  if (op.getAct())
    text += "_act_" + stringifyActivation(*op.getAct()).str();
  if (op.getCap())
    text += "_cap";
  if (op.getResidual())
    text += "_add";
  return text;
}

static std::string suffixOf(FusedQkvOp op) {
  KvCacheType cache = op.getCache().getType();
  const int64_t heads = shapeOf(op.getQuery())[0] + 2 * cache.getHeads();
  std::string text = matmulSuffix(op, heads * cache.getHeadDim());
  return op.getBias() ? text + "_bias" : text;
}

static std::string suffixOf(FlashAttentionOp op) {
  KvCacheType cache = op.getCache().getType();
  return shapeSuffix({shapeOf(op.getQuery())[0], cache.getHeads(), cache.getHeadDim()},
                     cache.getElementType());
}

/// Heads of queries, heads of keys, their numbers; the cache's type; what is done to a head.
static std::string suffixOf(AppendQkvOp op) {
  KvCacheType cache = op.getCache().getType();
  std::string text = shapeSuffix({shapeOf(op.getQuery())[0], cache.getHeads(), cache.getHeadDim()},
                                 cache.getElementType());
  if (op.getEps())
    text += "_norm";
  return op.getRopeTable() ? text + "_rope" : text;
}

static std::string suffixOf(PrepareRowsOp op) {
  std::string text = shapeSuffix({shapeOf(op.getInput()).back()}, elementTypeOf(op.getRows()));
  return text + (op.getEps() ? "_rms" : op.getLayerEps() ? "_layer_norm" : "");
}

std::string kernelName(Operation *op) {
  std::string suffix =
      llvm::TypeSwitch<Operation *, std::string>(op)
          .Case<FusedLinearOp, FusedQkvOp, FlashAttentionOp, AppendQkvOp, PrepareRowsOp>(
              [](auto op) { return suffixOf(op); })
          .Default([](Operation *op) {
            ValueRange values = op->getNumResults() ? ValueRange(op->getResults())
                                                    : ValueRange(op->getOperands()).take_back();
            return values.empty() ? std::string() : shapeSuffix(values[0].getType());
          });
  return op->getName().stripDialect().str() + suffix;
}

//===----------------------------------------------------------------------===//
// Dispatches
//===----------------------------------------------------------------------===//

/// The names in a location, outermost first.
static void collectNames(Location location, SmallVectorImpl<StringRef> &names) {
  if (auto name = dyn_cast<NameLoc>(location))
    names.push_back(name.getName());
  else if (auto fused = dyn_cast<FusedLoc>(location))
    for (Location part : fused.getLocations())
      collectNames(part, names);
}

/// What the names of an op's parts begin with, up to a dot: "attn" of attn.scores and attn.mask.
static std::string commonPart(ArrayRef<StringRef> names) {
  if (names.empty())
    return {};
  StringRef common = names.front();
  auto beginsWith = [](StringRef name, StringRef part) {
    return name == part || (name.starts_with(part) && name[part.size()] == '.');
  };
  while (!common.empty() &&
         !llvm::all_of(names, [&](StringRef name) { return beginsWith(name, common); }))
    common = common.contains('.') ? common.rsplit('.').first : StringRef();
  return common.str();
}

/// The weight that an op multiplies rows with, or looks rows up in.
static Value matrixOf(Operation *op) {
  if (auto linear = dyn_cast<FusedLinearOp>(op))
    return linear.getWeight();
  if (auto qkv = dyn_cast<FusedQkvOp>(op))
    return qkv.getWeight();
  if (auto embedding = dyn_cast<EmbeddingOp>(op))
    return embedding.getTable();
  return {};
}

/// The first matmul that reads prepared rows.
static Operation *firstMatmul(Value rows) {
  Operation *first = nullptr;
  for (Operation *user : rows.getUsers())
    if (matrixOf(user) && (!first || user->isBeforeInBlock(first)))
      first = user;
  return first;
}

static std::string subjectOf(Operation *op) {
  if (Value matrix = matrixOf(op))
    if (auto param = matrix.getDefiningOp<ParamOp>())
      return param.getWeight().str();
  if (auto rows = dyn_cast<PrepareRowsOp>(op))
    if (Operation *first = firstMatmul(rows.getRows()))
      return subjectOf(first) + " rows";
  SmallVector<StringRef> names;
  collectNames(op->getLoc(), names);
  if (names.size() == 1)
    return names.front().str();
  const std::string common = commonPart(names);
  const std::string mnemonic = op->getName().stripDialect().str();
  return common.empty() ? mnemonic : common + "." + mnemonic;
}

std::string dispatchLabel(Operation *op, std::optional<int64_t> layer) {
  return (layer ? "layer " + std::to_string(*layer) + " " : std::string()) + subjectOf(op);
}

} // namespace graphc
