// Parsing, printing and checks of WeightOps.td.
#include "ir/GraphDialect.h"
#include "ir/OpRules.h"

#include "mlir/IR/Builders.h"

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

LogicalResult WeightOp::verifyRegions() { return success(); }

std::string CheckpointOp::nameForLayer(int64_t layer) {
  std::string name = getTensor().str();
  static constexpr llvm::StringLiteral kPlace = "{layer}";
  for (size_t at = name.find(kPlace); at != std::string::npos; at = name.find(kPlace, at))
    name.replace(at, kPlace.size(), std::to_string(layer));
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
GRAPHC_WEIGHT_OP(PackOp)
#undef GRAPHC_WEIGHT_OP

LogicalResult CheckpointOp::verify() { return success(); }
LogicalResult RopeTableOp::verify() { return success(); }
LogicalResult PackOp::verify() { return success(); }
LogicalResult ParamOp::verifySymbolUses(SymbolTableCollection &) { return success(); }
