#include "ir/GraphDialect.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace graphc;

/// The name of an activation, as `gate(silu)`: without the space that a generated printer puts
/// before it.
static ParseResult parseActivation(OpAsmParser &parser, ActivationAttr &attribute) {
  attribute = dyn_cast_or_null<ActivationAttr>(ActivationAttr::parse(parser, Type()));
  return success(attribute != nullptr);
}

static void printActivation(OpAsmPrinter &printer, Operation *, ActivationAttr attribute) {
  printer << stringifyActivation(attribute.getValue());
}

#include "ir/GraphDialect.cpp.inc"
#include "ir/GraphEnums.cpp.inc"
#define GET_TYPEDEF_CLASSES
#include "ir/GraphTypes.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "ir/GraphAttrs.cpp.inc"
#define GET_OP_CLASSES
#include "ir/GraphOps.cpp.inc"

void GraphcDialect::initialize() {
  addTypes<
#define GET_TYPEDEF_LIST
#include "ir/GraphTypes.cpp.inc"
      >();
  addAttributes<
#define GET_ATTRDEF_LIST
#include "ir/GraphAttrs.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "ir/GraphOps.cpp.inc"
      >();
}

Operation *GraphcDialect::materializeConstant(OpBuilder &builder, Attribute value, Type type,
                                              Location loc) {
  if (auto elements = dyn_cast<ElementsAttr>(value); elements && elements.getType() == type)
    return ConstantOp::create(builder, loc, type, elements);
  return nullptr;
}

/// The one attribute of arguments that the dialect knows: graphc.dims (see SymbolicDims.h).
LogicalResult GraphcDialect::verifyRegionArgAttribute(Operation *op, unsigned, unsigned argument,
                                                      NamedAttribute attribute) {
  auto function = dyn_cast<FunctionOpInterface>(op);
  if (attribute.getName() != kDimsAttrName || !function)
    return success();
  const Type type = function.getArgumentTypes()[argument];
  auto tensor = dyn_cast<RankedTensorType>(type);
  const int64_t dynamicDims = tensor ? tensor.getNumDynamicDims() : 0;
  auto letters = dyn_cast<ArrayAttr>(attribute.getValue());
  auto isSymbol = [](Attribute letter) {
    auto text = dyn_cast<StringAttr>(letter);
    return text && Dim::parse(text.getValue());
  };
  if (letters && int64_t(letters.size()) == dynamicDims && llvm::all_of(letters, isSymbol))
    return success();
  return op->emitOpError() << "expected \"T\", \"R\" or \"S\" in " << kDimsAttrName
                           << " for each ? of argument " << argument << " of type " << type
                           << " but got " << attribute.getValue();
}

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

Type KvCacheType::parse(AsmParser &parser) {
  SmallVector<int64_t> extents;
  Type elementType;
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseLess() || parser.parseDimensionList(extents, /*allowDynamic=*/false) ||
      parser.parseType(elementType) || parser.parseGreater())
    return {};
  if (extents.size() != 2) {
    parser.emitError(loc, "expected heads x head_dim x type but got ")
        << extents.size() << " extents";
    return {};
  }
  return getChecked([&] { return parser.emitError(loc); }, parser.getContext(), extents[0],
                    extents[1], elementType);
}

void KvCacheType::print(AsmPrinter &printer) const {
  printer << '<' << getHeads() << 'x' << getHeadDim() << 'x' << getElementType() << '>';
}

LogicalResult KvCacheType::verify(function_ref<InFlightDiagnostic()> emitError, int64_t heads,
                                  int64_t headDim, Type elementType) {
  if (heads <= 0 || headDim <= 0)
    return emitError() << "expected at least one head and one number per head but got " << heads
                       << "x" << headDim;
  if (!elementType.isF32() && !elementType.isBF16())
    return emitError() << "expected f32 or bf16 elements but got " << elementType;
  return success();
}
