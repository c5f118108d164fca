// Parsing, printing and checks of WeightOps.td.
#include "ir/GraphDialect.h"
#include "ir/OpRules.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace graphc;

void WeightOp::build(OpBuilder &builder, OperationState &state, StringRef name, int64_t layers,
                     Type type) {
  state.addAttribute(getSymNameAttrName(state.name), builder.getStringAttr(name));
  state.addAttribute(getLayersAttrName(state.name), builder.getI64IntegerAttr(layers));
  state.addAttribute(getTypeAttrName(state.name), TypeAttr::get(type));
  Block &block = state.addRegion()->emplaceBlock();
  block.addArgument(builder.getIndexType(), state.location);
}

Value WeightOp::getYielded() {
  return cast<YieldOp>(getBody().front().getTerminator()).getValues()[0];
}

// graphc.weight @name[%layer in 22] : tensor<...> { ... }
ParseResult WeightOp::parse(OpAsmParser &parser, OperationState &result) {
  StringAttr name;
  OpAsmParser::Argument layer;
  layer.type = parser.getBuilder().getIndexType();
  int64_t layers = 0;
  Type type;
  if (parser.parseSymbolName(name, getSymNameAttrName(result.name), result.attributes) ||
      parser.parseLSquare() || parser.parseArgument(layer) || parser.parseKeyword("in") ||
      parser.parseInteger(layers) || parser.parseRSquare() || parser.parseColonType(type) ||
      parser.parseOptionalAttrDictWithKeyword(result.attributes))
    return failure();
  result.addAttribute(getLayersAttrName(result.name),
                      parser.getBuilder().getI64IntegerAttr(layers));
  result.addAttribute(getTypeAttrName(result.name), TypeAttr::get(type));
  return parser.parseRegion(*result.addRegion(), {layer});
}

void WeightOp::print(OpAsmPrinter &printer) {
  printer << ' ';
  printer.printSymbolName(getSymName());
  printer << '[';
  printer.printRegionArgument(getLayer(), {}, /*omitType=*/true);
  printer << " in " << getLayers() << "] : " << getType();
  printer.printOptionalAttrDictWithKeyword(
      (*this)->getAttrs(), {getSymNameAttrName(), getLayersAttrName(), getTypeAttrName()});
  printer << ' ';
  printer.printRegion(getBody(), /*printEntryBlockArgs=*/false);
}

/// Whether an op may stand in a weight's expression: it computes tensors from tensors alone, or
/// names a layer.
static bool isWeightExpression(Operation &op) {
  if (isa<arith::ConstantOp>(op))
    return op.getResult(0).getType().isIndex();
  auto isTensor = [](Type type) { return isa<RankedTensorType, IndexType>(type); };
  return isa<GraphcDialect>(op.getDialect()) && isMemoryEffectFree(&op) &&
         op.getNumRegions() == 0 && op.getNumResults() == 1 &&
         llvm::all_of(op.getOperandTypes(), isTensor) &&
         llvm::all_of(op.getResultTypes(), isTensor);
}

LogicalResult WeightOp::verifyRegions() {
  constexpr int64_t kMostLayers = 1 << 16; // More would be a mistake, or meant to exhaust memory.
  if (failed(rules::expectAtLeast(*this, "layers", getLayers(), 1))) // C1
    return failure();
  if (getLayers() > kMostLayers)
    return emitOpError() << "expected at most " << kMostLayers << " layers but got " << getLayers();
  if (!getTensorType().hasStaticShape()) // C2
    return emitOpError() << "expected a static type but got " << getType();
  Block &block = getBody().front();
  if (block.getNumArguments() != 1 || !block.getArgument(0).getType().isIndex()) // C3
    return emitOpError() << "expected one argument of type index but got ("
                         << block.getArgumentTypes() << ")";
  for (Operation &op : block.without_terminator())
    if (!isWeightExpression(op)) // C4
      return op.emitOpError() << "expected an op that computes tensors from tensors alone in the "
                              << "expression of weight @" << getSymName() << " but got this";
  auto yield = dyn_cast<YieldOp>(block.getTerminator());
  if (!yield || yield.getValues().getTypes() != TypeRange(getType())) // C5
    return emitOpError() << "expected graphc.yield of one value of type " << getType()
                         << " but got " << block.getTerminator()->getName() << " of ("
                         << block.getTerminator()->getOperandTypes() << ")";
  return success();
}

/// What stands for the layer's number in the name of a checkpoint tensor.
static constexpr llvm::StringLiteral kLayerPlace = "{layer}";

std::string CheckpointOp::nameForLayer(int64_t layer) {
  std::string name = getTensor().str();
  for (size_t at = name.find(kLayerPlace); at != std::string::npos; at = name.find(kLayerPlace, at))
    name.replace(at, kLayerPlace.size(), std::to_string(layer));
  return name;
}

//===----------------------------------------------------------------------===//
// Dimensions and costs
//===----------------------------------------------------------------------===//

// All of them are static and cost a step nothing: who uses a param counts its bytes, and the other
// ops live in weight expressions, which are evaluated when a plan is made.
#define GRAPHC_WEIGHT_OP(Op)                                                                       \
  SmallVector<DimList> Op::inferDims(ArrayRef<DimList>) { return {rules::dimsOf(getType(), {})}; } \
  Cost Op::getCost(ArrayRef<DimList>, const StepDims &) { return {}; }

GRAPHC_WEIGHT_OP(ParamOp)
GRAPHC_WEIGHT_OP(CheckpointOp)
GRAPHC_WEIGHT_OP(RopeTableOp)
GRAPHC_WEIGHT_OP(QuantizeOp)
GRAPHC_WEIGHT_OP(PackOp)
#undef GRAPHC_WEIGHT_OP

//===----------------------------------------------------------------------===//
// Checks
//===----------------------------------------------------------------------===//

/// Whether the expression of `weight` refers to @`target`, itself or through others.
static bool refersTo(WeightOp weight, StringAttr target, SymbolTableCollection &symbols,
                     DenseSet<Operation *> &seen) {
  if (!seen.insert(weight).second)
    return false;
  return weight
      .walk([&](ParamOp param) {
        auto next = symbols.lookupNearestSymbolFrom<WeightOp>(param, param.getWeightAttr());
        const bool found = param.getWeightAttr().getAttr() == target ||
                           (next && refersTo(next, target, symbols, seen));
        return found ? WalkResult::interrupt() : WalkResult::advance();
      })
      .wasInterrupted();
}

LogicalResult ParamOp::verifySymbolUses(SymbolTableCollection &symbols) {
  auto weight = symbols.lookupNearestSymbolFrom<WeightOp>(*this, getWeightAttr());
  if (!weight) // C1
    return emitOpError() << "expected a graphc.weight named " << getWeightAttr() << " but got none";
  if (getType() != weight.getType()) // C2
    return emitOpError() << "expected the weight's type " << weight.getType() << " but got "
                         << getType();
  APInt layer;
  if (matchPattern(getLayer(), m_ConstantInt(&layer)) &&
      !(layer.getSExtValue() >= 0 && layer.getSExtValue() < int64_t(weight.getLayers()))) // C3
    return emitOpError() << "expected a layer in [0, " << weight.getLayers() << ") but got "
                         << layer.getSExtValue();
  auto parent = (*this)->getParentOfType<WeightOp>();
  DenseSet<Operation *> seen;
  if (parent && refersTo(weight, parent.getSymNameAttr(), symbols, seen)) // C4
    return emitOpError() << "expected weights that do not refer to each other in a circle but "
                         << getWeightAttr() << " needs @" << parent.getSymName();
  return success();
}

LogicalResult CheckpointOp::verify() {
  std::string name = getTensor().str();
  for (size_t at = name.find(kLayerPlace); at != std::string::npos; at = name.find(kLayerPlace))
    name.erase(at, kLayerPlace.size());
  if (getTensor().empty() || name.find_first_of("{}") != std::string::npos) // C2
    return emitOpError() << "expected a tensor name with no braces but " << kLayerPlace
                         << " but got \"" << getTensor() << '"';
  if (!getType().hasStaticShape()) // C3
    return emitOpError() << "expected a static type but got " << getType();
  return success();
}

LogicalResult RopeTableOp::verify() {
  const RankedTensorType type = getType();
  if (type.getRank() != 2 || !type.hasStaticShape() || !type.getElementType().isF32()) // C1
    return emitOpError() << "expected a static matrix of f32 but got " << type;
  const int64_t frequencies = getInverseFrequencies().size();
  if (type.getDimSize(1) != 2 * frequencies) // C2
    return emitOpError() << "expected a result of " << 2 * frequencies << " columns for "
                         << frequencies << " inverse frequencies but got " << type.getDimSize(1);
  return success();
}

LogicalResult QuantizeOp::verify() {
  const RankedTensorType input = getInput().getType();
  if (input.getRank() != 2 || !input.hasStaticShape()) // C1
    return emitOpError() << "expected a static matrix but got " << input;
  auto quant = dyn_cast<QuantType>(getType().getElementType());
  const QuantFormat format = quant ? quant.getFormat() : QuantFormat();
  const bool isPlain =
      !format.hasTwoLevels() && !format.hasMinimum && !format.isNonlinear && format.highBits() == 0;
  const bool canBe = quant && !quant.isOfRows() && (isPlain || getRule() == ScaleRule::Keep);
  if (canBe && getType().getShape() == input.getShape()) // C2
    return success();
  return emitOpError() << "expected a result of shape " << rules::shapeText(input.getShape())
                       << " of a quant type of weights but got " << getType();
}

LogicalResult PackOp::verify() {
  const RankedTensorType input = getInput().getType();
  const Type element = input.getElementType();
  const bool isVector = input.getRank() == 1 && !isa<QuantType>(element);
  if (!input.hasStaticShape() || !(isVector || input.getRank() == 2)) // C1
    return emitOpError() << "expected a static matrix or vector of f32, bf16 or f16, or a "
                         << "matrix of quantized numbers, but got " << input;
  const int64_t groups = getGroups();
  if (groups < 0 || (groups > 0 && input.getDimSize(0) % (2 * groups) != 0)) // C2
    return emitOpError() << "expected rows that are a multiple of 2 groups but got "
                         << input.getDimSize(0) << " rows and " << groups << " groups";
  if (getType() != packedType(input, groups)) // C3
    return emitOpError() << "expected a result of type " << packedType(input, groups) << " but got "
                         << getType();
  return success();
}

PanelLayout PackOp::layoutOf(RankedTensorType input, int64_t groups) {
  const bool isMatrix = input.getRank() == 2;
  return {.rows = input.getDimSize(0),
          .columns = isMatrix ? input.getDimSize(1) : 1,
          .groups = groups,
          .interleave = isMatrix ? rules::panelInterleaveOf(input.getElementType()) : 1};
}

RankedTensorType PackOp::packedType(RankedTensorType input, int64_t groups) {
  const PanelLayout layout = layoutOf(input, groups);
  if (input.getRank() == 1)
    return input.clone({layout.panels() * kPanelRows});
  return input.clone(
      {layout.panels(), layout.paddedColumns() / layout.interleave, kPanelRows, layout.interleave});
}
