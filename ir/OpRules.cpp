#include "ir/OpRules.h"

#include "ir/PanelLayout.h"

using namespace mlir;

namespace graphc::rules {

//===----------------------------------------------------------------------===//
// Dimensions
//===----------------------------------------------------------------------===//

DimList dimsOf(Type type, ArrayRef<Dim> symbols) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor || static_cast<size_t>(tensor.getNumDynamicDims()) != symbols.size())
    return {};
  DimList dims;
  for (int64_t extent : tensor.getShape()) {
    if (!ShapedType::isDynamic(extent)) {
      dims.push_back(Dim::fixed(extent));
      continue;
    }
    dims.push_back(symbols.front());
    symbols = symbols.drop_front();
  }
  return dims;
}

DimList dimsLike(Type type, ArrayRef<Dim> like) {
  DimList symbols;
  llvm::copy_if(like, std::back_inserter(symbols), [](Dim dim) { return !dim.isStatic(); });
  return dimsOf(type, symbols);
}

DimList withLast(ArrayRef<Dim> input, Dim last) {
  DimList dims(input.begin(), input.end());
  if (!dims.empty())
    dims.back() = last;
  return dims;
}

DimList broadcast(ArrayRef<Dim> lhs, ArrayRef<Dim> rhs) {
  if (lhs.size() < rhs.size())
    std::swap(lhs, rhs);
  DimList dims(lhs.begin(), lhs.end());
  for (size_t i = 0; i < rhs.size(); ++i) {
    Dim &dim = dims[lhs.size() - rhs.size() + i];
    if (dim == Dim::fixed(1))
      dim = rhs[i];
    else if (dim != rhs[i] && rhs[i] != Dim::fixed(1))
      return {};
  }
  return dims;
}

//===----------------------------------------------------------------------===//
// Costs
//===----------------------------------------------------------------------===//

double elements(ArrayRef<Dim> dims, const StepDims &step) {
  double product = 1;
  for (Dim dim : dims)
    product *= double(step(dim));
  return product;
}

double bytes(Type type, ArrayRef<Dim> dims, const StepDims &step) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor ? elements(dims, step) * bitsPerNumber(tensor.getElementType()) / 8 : 0;
}

double bitsPerNumber(Type elementType) {
  auto quant = dyn_cast<QuantType>(elementType);
  if (!quant)
    return elementType.getIntOrFloatBitWidth();
  if (quant.isOfRows()) {
    const QuantRowFormat rows = quant.getRowFormat();
    return 8.0 * double(rows.rowBytes(rows.group)) / double(rows.group);
  }
  const QuantFormat format = quant.getFormat();
  return 8.0 * double(format.blockBytes(1)) / double(format.blockColumns());
}

Cost memoryCost(Operation *op, ArrayRef<DimList> operandDims, const StepDims &step) {
  Cost cost;
  for (auto [operand, dims] : llvm::zip(op->getOperands(), operandDims)) {
    const bool isWeight = llvm::all_of(dims, [](Dim dim) { return dim.isStatic(); });
    (isWeight ? cost.weightBytes : cost.activationBytes) += bytes(operand.getType(), dims, step);
  }
  SmallVector<DimList> resultDims = cast<DimsOpInterface>(op).inferDims(operandDims);
  for (auto [type, dims] : llvm::zip(op->getResultTypes(), resultDims))
    cost.activationBytes += bytes(type, dims, step);
  return cost;
}

Cost elementwiseCost(Operation *op, ArrayRef<DimList> operandDims, const StepDims &step,
                     double flops) {
  Cost cost = memoryCost(op, operandDims, step);
  cost.flops = flops * elements(cast<DimsOpInterface>(op).inferDims(operandDims)[0], step);
  return cost;
}

double flopsOf(Activation activation) {
  switch (activation) {
  case Activation::Silu:
    return 4; // x / (1 + exp(-x))
  case Activation::GeluTanh:
    return 9; // x/2 * (1 + tanh(c * (x + d * x*x*x)))
  case Activation::GeluErf:
    return 5; // x/2 * (1 + erf(c * x))
  case Activation::Relu:
    return 1;
  }
  return 0;
}

//===----------------------------------------------------------------------===//
// Verifiers
//===----------------------------------------------------------------------===//

std::string shapeText(ArrayRef<int64_t> shape) {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << '[';
  llvm::interleaveComma(shape, os, [&](int64_t extent) {
    if (ShapedType::isDynamic(extent))
      os << '?';
    else
      os << extent;
  });
  os << ']';
  return text;
}

LogicalResult expectShape(Operation *op, StringRef what, RankedTensorType type,
                          ArrayRef<int64_t> shape) {
  if (type.getShape() == shape)
    return success();
  return op->emitOpError() << "expected " << what << " of shape " << shapeText(shape) << " but got "
                           << shapeText(type.getShape());
}

LogicalResult expectElement(Operation *op, StringRef what, RankedTensorType type,
                            Type elementType) {
  if (type.getElementType() == elementType)
    return success();
  return op->emitOpError() << "expected " << what << " of " << elementType << " but got "
                           << type.getElementType();
}

LogicalResult expectF32Or(Operation *op, StringRef what, RankedTensorType type, Type other) {
  if (type.getElementType().isF32() || type.getElementType() == other)
    return success();
  auto diagnostic = op->emitOpError() << "expected " << what << " of f32";
  if (!other.isF32())
    diagnostic << " or " << other;
  return diagnostic << " but got " << type.getElementType();
}

LogicalResult expectStaticAxis(Operation *op, RankedTensorType type, int64_t axis) {
  if (axis < 0 || axis >= type.getRank())
    return op->emitOpError() << "expected an axis in [0, " << type.getRank() << ") but got "
                             << axis;
  if (type.isDynamicDim(axis))
    return op->emitOpError() << "expected a static extent at axis " << axis << " but got ?";
  return success();
}

LogicalResult expectAtLeast(Operation *op, StringRef what, int64_t value, int64_t least) {
  if (value >= least)
    return success();
  return op->emitOpError() << "expected " << what << " of at least " << least << " but got "
                           << value;
}

LogicalResult expectRopeTable(Operation *op, RankedTensorType table, int64_t headDim) {
  const int64_t context = table.getRank() == 2 ? table.getDimSize(0) : 0;
  if (table.hasStaticShape() && table.getElementType().isF32() && context > 0 &&
      table.getDimSize(1) == headDim)
    return success();
  return op->emitOpError() << "expected a rope table of type tensor<Cx" << headDim
                           << "xf32> but got " << table;
}

LogicalResult expectCap(Operation *op, const APFloat &cap) {
  if (cap.isFiniteNonZero() && !cap.isNegative())
    return success();
  return op->emitOpError() << "expected a cap of more than 0 but got " << cap.convertToFloat();
}

std::optional<SmallVector<int64_t>> broadcastShape(ArrayRef<int64_t> lhs, ArrayRef<int64_t> rhs) {
  if (lhs.size() < rhs.size())
    std::swap(lhs, rhs);
  SmallVector<int64_t> shape(lhs);
  for (size_t i = 0; i < rhs.size(); ++i) {
    int64_t &extent = shape[lhs.size() - rhs.size() + i];
    if (extent == 1)
      extent = rhs[i];
    else if (extent != rhs[i] && rhs[i] != 1)
      return std::nullopt;
  }
  return shape;
}

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

int64_t panelInterleaveOf(Type elementType) {
  if (auto quant = dyn_cast<QuantType>(elementType))
    return quant.getFormat().blockColumns();
  return panelInterleave(elementType.isBF16() ? ElementType::BF16 : ElementType::F32);
}

bool isPackedMatrix(RankedTensorType type) {
  return type.getRank() == 4 && type.getDimSize(2) == kPanelRows &&
         type.getDimSize(3) == panelInterleaveOf(type.getElementType());
}

bool canMultiply(Type rows, Type weight) {
  return rows == weight || (rows.isF32() && (weight.isBF16() || weight.isF16()));
}

Type productRowsType(RankedTensorType input, RankedTensorType weight, std::optional<Type> rows) {
  if (rows)
    return *rows;
  const bool keepsOwn = isa<QuantType>(weight.getElementType());
  return (keepsOwn ? input : weight).getElementType();
}

int64_t weightRows(RankedTensorType type) {
  return isPackedMatrix(type) ? type.getDimSize(0) * kPanelRows : type.getDimSize(0);
}

int64_t weightColumns(RankedTensorType type) {
  return isPackedMatrix(type) ? type.getDimSize(1) * type.getDimSize(3) : type.getDimSize(1);
}

LogicalResult expectMatrix(Operation *op, StringRef what, RankedTensorType type) {
  if (type.hasStaticShape() && (type.getRank() == 2 || isPackedMatrix(type)))
    return success();
  return op->emitOpError() << "expected " << what << " to be a static matrix, natural or packed, "
                           << "but got " << type;
}

LogicalResult expectInputColumns(Operation *op, RankedTensorType input, RankedTensorType weight) {
  const int64_t columns = input.getRank() == 0 ? 0 : input.getShape().back();
  const int64_t expected = weightColumns(weight);
  if (!isPackedMatrix(weight)) {
    if (columns == expected)
      return success();
    return op->emitOpError() << "expected an input of " << expected
                             << " columns, as the weight has, but got "
                             << shapeText(input.getShape());
  }
  if (columns > expected - weight.getDimSize(3))
    return success();
  return op->emitOpError() << "expected an input of at least "
                           << expected - weight.getDimSize(3) + 1
                           << " columns, as the packed weight has, but got "
                           << shapeText(input.getShape());
}

LogicalResult expectWeightRows(Operation *op, RankedTensorType weight, int64_t rows,
                               int64_t groups) {
  if (!isPackedMatrix(weight)) {
    if (weight.getDimSize(0) == rows)
      return success();
    return op->emitOpError() << "expected a weight of " << rows << " rows but got "
                             << weight.getDimSize(0);
  }
  const int64_t panels = PanelLayout{.rows = rows, .columns = 1, .groups = groups}.panels();
  if (weight.getDimSize(0) == panels)
    return success();
  return op->emitOpError() << "expected a packed weight of " << panels << " panels, for " << rows
                           << " rows in " << groups << " groups, but got " << weight.getDimSize(0);
}

} // namespace graphc::rules
