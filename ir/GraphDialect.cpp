#include "ir/GraphDialect.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

#include <array>
#include <charconv>

using namespace mlir;
using namespace graphc;

/// An enum attribute as its bare name, as in `gate(silu)`.
template <typename EnumAttr>
static ParseResult parseKeyword(OpAsmParser &parser, EnumAttr &attribute) {
  using Enum = decltype(attribute.getValue());
  FailureOr<Enum> value = FieldParser<Enum>::parse(parser);
  if (failed(value))
    return failure();
  attribute = EnumAttr::get(parser.getContext(), *value);
  return success();
}

template <typename EnumAttr>
static void printKeyword(OpAsmPrinter &printer, Operation *, EnumAttr attribute) {
  printer << attribute.getValue();
}

//===----------------------------------------------------------------------===//
// Directives of assembly formats
//===----------------------------------------------------------------------===//

/// The shortest text that is read back as the same number of its type, with the point that a float
/// literal needs.
template <typename Float>
static std::string exactText(Float value) {
  std::array<char, 32> buffer;
  auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  std::string text(buffer.data(), end);
  if (text.find('.') != std::string::npos)
    return text;
  return text.insert(std::min(text.find('e'), text.size()), ".0");
}

/// A number of an f32 attribute, as in `rms(1.0e-05)`: to nine digits it would read 9.99999974E-6.
static void printNumber(OpAsmPrinter &printer, Operation *, FloatAttr number) {
  if (number.getValue().isFinite())
    printer << exactText(number.getValue().convertToFloat());
  else
    printer.printAttributeWithoutType(number);
}

static ParseResult parseNumber(OpAsmParser &parser, FloatAttr &number) {
  return parser.parseAttribute(number, parser.getBuilder().getF32Type());
}

static void printExactNumbers(OpAsmPrinter &printer, Operation *, DenseF64ArrayAttr numbers) {
  printer << '[';
  llvm::interleaveComma(numbers.asArrayRef(), printer,
                        [&](double number) { printer << exactText(number); });
  printer << ']';
}

static ParseResult parseExactNumbers(OpAsmParser &parser, DenseF64ArrayAttr &numbers) {
  SmallVector<double> values;
  auto parseNumber = [&] { return parser.parseFloat(values.emplace_back()); };
  if (parser.parseCommaSeparatedList(AsmParser::Delimiter::Square, parseNumber))
    return failure();
  numbers = parser.getBuilder().getDenseF64ArrayAttr(values);
  return success();
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

LogicalResult QuantType::verify(function_ref<InFlightDiagnostic()> emitError, Type storage,
                                Type scale, int64_t group, int64_t superGroup,
                                IntegerSet integers) {
  auto integer = dyn_cast<IntegerType>(storage);
  if (!integer || integer.isSigned() || !llvm::is_contained({4, 5, 6, 8}, integer.getWidth())) // C1
    return emitError() << "expected i or ui with 4, 5, 6 or 8 bits for the integers but got "
                       << storage;
  if (!scale.isF16() && !(scale.isF32() && storage.isSignlessInteger(8))) // C2
    return emitError() << "expected scales of f16, or of f32 for i8, but got " << scale;
  const bool isFine = superGroup != 0 || scale.isF32();
  if (group <= 0 || (group % kSpanColumns != 0 && !(isFine && group == kLeastSpanColumns))) // C3
    return emitError() << "expected groups of a multiple of " << kSpanColumns
                       << " numbers, or of two levels or rows of " << kLeastSpanColumns
                       << ", but got " << group;
  if (scale.isF32() && group > kSpanColumns) // C3
    return emitError() << "expected sums of " << kLeastSpanColumns << " or " << kSpanColumns
                       << " numbers of rows but got " << group;
  if (integer.getWidth() == 5 && group % kSpanColumns != 0) // C5
    return emitError() << "expected groups of a multiple of " << kSpanColumns
                       << " numbers of 5 bits but got " << group;
  if (integers == IntegerSet::Nonlinear && !storage.isSignlessInteger(4)) // C6
    return emitError() << "expected nonlinear integers stored as i4 but got " << storage;
  if (superGroup < 0 || superGroup % group != 0 || superGroup % kSpanColumns != 0) // C4
    return emitError() << "expected a second level for a multiple of " << group << " and "
                       << kSpanColumns << " numbers but got " << superGroup;
  if (scale.isF32() && superGroup != 0 &&
      (superGroup > kMostRowGroup || !llvm::isPowerOf2_64(superGroup))) // C4
    return emitError() << "expected groups of rows of a power of two up to " << kMostRowGroup
                       << " numbers but got " << superGroup;
  return success();
}

QuantFormat QuantType::getFormat() {
  return {.bits = getStorage().getIntOrFloatBitWidth(),
          .group = getGroup(),
          .superGroup = getSuperGroup(),
          .hasMinimum = getStorage().isUnsignedInteger(),
          .isNonlinear = getIntegers() == IntegerSet::Nonlinear};
}

QuantRowFormat QuantType::getRowFormat() {
  assert(isOfRows() && "weights stand in memory as getFormat() says");
  return {getGroup(), getFormat().blockColumns()};
}

QuantType QuantType::getRowsType(int64_t columns) {
  const QuantFormat format = getFormat();
  const auto rows = QuantRowFormat::of(format, roundUp(columns, format.blockColumns()));
  return get(getContext(), IntegerType::get(getContext(), 8), Float32Type::get(getContext()),
             rows.span, rows.group == rows.span ? 0 : rows.group, IntegerSet::Linear);
}

LogicalResult KvCacheType::verify(function_ref<InFlightDiagnostic()> emitError, int64_t heads,
                                  int64_t headDim, Type elementType) {
  if (heads <= 0 || headDim <= 0)
    return emitError() << "expected at least one head and one number per head but got " << heads
                       << "x" << headDim;
  if (!elementType.isF32() && !elementType.isBF16() && !elementType.isInteger(8))
    return emitError() << "expected f32, bf16 or i8 elements but got " << elementType;
  return success();
}

Type KvCacheType::getReadType() const {
  return isQuantized() ? Type(Float32Type::get(getContext())) : getElementType();
}

double KvCacheType::getHeadBytes() const {
  constexpr double kScaleBytes = 2;
  return double(getHeadDim() * getElementType().getIntOrFloatBitWidth()) / 8 +
         (isQuantized() ? kScaleBytes : 0);
}
