#include "ir/reference/WeightEvaluator.h"

#include "runtime/base/ElementType.h"

#include "llvm/ADT/TypeSwitch.h"

#include <algorithm>
#include <cmath>

using namespace mlir;

namespace graphc {

static RankedTensorType tensorType(Value value) { return cast<RankedTensorType>(value.getType()); }

int64_t matrixRows(Type type) {
  auto tensor = cast<RankedTensorType>(type);
  return tensor.getRank() == 0 ? 1 : tensor.getDimSize(0);
}

int64_t matrixColumns(Type type) {
  auto tensor = cast<RankedTensorType>(type);
  int64_t columns = 1;
  for (int64_t i = 1; i < tensor.getRank(); ++i)
    columns *= tensor.getDimSize(i);
  return columns;
}

void roundTo(Type elementType, std::span<float> values) {
  if (elementType.isBF16()) {
    for (float &value : values)
      value = fromBf16(toBf16(value));
  } else if (elementType.isF16()) {
    for (float &value : values)
      value = fromF16(toF16(value));
  }
}

Expected<std::vector<float>> WeightEvaluator::readAll(Value value) const {
  int64_t rows = matrixRows(value.getType());
  std::vector<float> values(static_cast<size_t>(rows * matrixColumns(value.getType())));
  GRAPHC_RETURN_IF_ERROR(readRows(value, 0, rows, values));
  return values;
}

//===----------------------------------------------------------------------===//
// Ops that keep rows apart
//===----------------------------------------------------------------------===//

static Status readConstant(ConstantOp op, int64_t begin, int64_t end, std::span<float> out) {
  auto elements = dyn_cast<DenseElementsAttr>(op.getValue());
  if (!elements)
    return unsupported("a constant of a weight expression is not dense");
  auto values = elements.getValues<APFloat>();
  int64_t columns = matrixColumns(op.getType());
  for (int64_t i = begin * columns; i < end * columns; ++i) {
    APFloat value = values[static_cast<size_t>(i)];
    bool exact;
    value.convert(APFloat::IEEEsingle(), APFloat::rmNearestTiesToEven, &exact);
    out[static_cast<size_t>(i - begin * columns)] = value.convertToFloat();
  }
  return {};
}

static void readRopeTable(RopeTableOp op, int64_t begin, int64_t end, std::span<float> out) {
  ArrayRef<double> frequencies = op.getInverseFrequencies();
  size_t pairs = frequencies.size();
  for (int64_t position = begin; position < end; ++position) {
    std::span<float> row = out.subspan(static_cast<size_t>(position - begin) * 2 * pairs);
    for (size_t i = 0; i < pairs; ++i) {
      double angle = static_cast<double>(position) * frequencies[i];
      row[i] = static_cast<float>(std::cos(angle));
      row[pairs + i] = static_cast<float>(std::sin(angle));
    }
  }
}

/// Copies columns [begin, begin + out.columns) of a matrix row by row.
static void copyColumns(std::span<const float> in, int64_t inColumns, int64_t inBegin,
                        std::span<float> out, int64_t outColumns, int64_t outBegin, int64_t rows,
                        int64_t count) {
  for (int64_t row = 0; row < rows; ++row)
    std::copy_n(in.begin() + row * inColumns + inBegin, count,
                out.begin() + row * outColumns + outBegin);
}

Status WeightEvaluator::readConcat(ConcatOp op, int64_t begin, int64_t end,
                                   std::span<float> out) const {
  int64_t columns = matrixColumns(op.getType());
  if (op.getAxis() == 0) {
    int64_t start = 0; // first row of the input at hand
    for (Value input : op.getInputs()) {
      int64_t rows = matrixRows(input.getType());
      int64_t from = std::max(begin, start), to = std::min(end, start + rows);
      if (from < to)
        GRAPHC_RETURN_IF_ERROR(readRows(input, from - start, to - start,
                                        out.subspan(static_cast<size_t>((from - begin) * columns),
                                                    static_cast<size_t>((to - from) * columns))));
      start += rows;
    }
    return {};
  }
  if (op.getAxis() != 1 || tensorType(op.getResult()).getRank() != 2)
    return unsupported("graphc.concat in a weight expression joins rows or columns of matrices");
  int64_t at = 0;
  for (Value input : op.getInputs()) {
    int64_t width = matrixColumns(input.getType());
    std::vector<float> part(static_cast<size_t>((end - begin) * width));
    GRAPHC_RETURN_IF_ERROR(readRows(input, begin, end, part));
    copyColumns(part, width, 0, out, columns, at, end - begin, width);
    at += width;
  }
  return {};
}

Status WeightEvaluator::readSlice(SliceOp op, int64_t begin, int64_t end,
                                  std::span<float> out) const {
  auto first = static_cast<int64_t>(op.getBegin());
  if (op.getAxis() == 0)
    return readRows(op.getInput(), first + begin, first + end, out);
  if (op.getAxis() != 1 || tensorType(op.getResult()).getRank() != 2)
    return unsupported("graphc.slice in a weight expression takes rows or columns of a matrix");
  int64_t width = matrixColumns(op.getInput().getType());
  std::vector<float> whole(static_cast<size_t>((end - begin) * width));
  GRAPHC_RETURN_IF_ERROR(readRows(op.getInput(), begin, end, whole));
  int64_t columns = matrixColumns(op.getType());
  copyColumns(whole, width, first, out, columns, 0, end - begin, columns);
  return {};
}

Status WeightEvaluator::readReshape(ReshapeOp op, int64_t begin, int64_t end,
                                    std::span<float> out) const {
  if (matrixRows(op.getInput().getType()) == matrixRows(op.getType()))
    return readRows(op.getInput(), begin, end, out);
  GRAPHC_ASSIGN_OR_RETURN(std::vector<float> whole, readAll(op.getInput()));
  int64_t columns = matrixColumns(op.getType());
  std::copy_n(whole.begin() + begin * columns, (end - begin) * columns, out.begin());
  return {};
}

static float apply(Operation *op, float a, float b) {
  if (isa<AddOp>(op))
    return a + b;
  if (isa<SubOp>(op))
    return a - b;
  if (isa<MulOp>(op))
    return a * b;
  return a / b;
}

/// How an operand of a binary op is found for row r and column c of the result: numpy's rule for
/// matrices, vectors (one value per column) and single numbers.
namespace {
struct Broadcast {
  std::vector<float> values;
  int64_t rowStep = 0, columnStep = 0;
};
} // namespace

Status WeightEvaluator::readBinary(Operation *op, int64_t begin, int64_t end,
                                   std::span<float> out) const {
  auto resultType = cast<RankedTensorType>(op->getResult(0).getType());
  int64_t columns = matrixColumns(resultType);
  Broadcast sides[2];
  for (int i = 0; i < 2; ++i) {
    Value operand = op->getOperand(i);
    RankedTensorType type = tensorType(operand);
    bool perRow = type.getRank() == resultType.getRank() && type.getRank() > 0 &&
                  type.getDimSize(0) == resultType.getDimSize(0);
    int64_t from = perRow ? begin : 0, to = perRow ? end : matrixRows(type);
    int64_t width =
        type.getRank() < resultType.getRank() ? type.getNumElements() : matrixColumns(type);
    if (width != columns && width != 1)
      return unsupported("a weight expression broadcasts in a way that is not supported");
    int64_t count = (to - from) * matrixColumns(type);
    sides[i].values.resize(static_cast<size_t>(count));
    GRAPHC_RETURN_IF_ERROR(readRows(operand, from, to, sides[i].values));
    sides[i].rowStep = perRow ? width : 0;
    sides[i].columnStep = width == columns && columns > 1 ? 1 : 0;
  }
  for (int64_t row = 0; row < end - begin; ++row) {
    for (int64_t column = 0; column < columns; ++column) {
      auto value = [&](const Broadcast &side) {
        return side.values[static_cast<size_t>(row * side.rowStep + column * side.columnStep)];
      };
      out[static_cast<size_t>(row * columns + column)] =
          apply(op, value(sides[0]), value(sides[1]));
    }
  }
  roundTo(resultType.getElementType(), out);
  return {};
}

//===----------------------------------------------------------------------===//
// Ops that do not, and the dispatch
//===----------------------------------------------------------------------===//

Status WeightEvaluator::readTranspose(TransposeOp op, int64_t begin, int64_t end,
                                      std::span<float> out) const {
  GRAPHC_ASSIGN_OR_RETURN(std::vector<float> whole, readAll(op.getInput()));
  ArrayRef<int64_t> permutation = op.getPermutation();
  ArrayRef<int64_t> inShape = tensorType(op.getInput()).getShape();
  ArrayRef<int64_t> outShape = tensorType(op.getResult()).getShape();
  SmallVector<int64_t> inStrides(inShape.size(), 1);
  for (size_t i = inShape.size(); i-- > 1;)
    inStrides[i - 1] = inStrides[i] * inShape[i];
  int64_t columns = matrixColumns(op.getType());
  for (int64_t flat = begin * columns; flat < end * columns; ++flat) {
    int64_t rest = flat, source = 0;
    for (size_t i = outShape.size(); i-- > 0;) {
      source += rest % outShape[i] * inStrides[static_cast<size_t>(permutation[i])];
      rest /= outShape[i];
    }
    out[static_cast<size_t>(flat - begin * columns)] = whole[static_cast<size_t>(source)];
  }
  return {};
}

Status WeightEvaluator::readParam(ParamOp op, int64_t begin, int64_t end,
                                  std::span<float> out) const {
  WeightOp mutableWeight = weight;
  auto other = SymbolTable::lookupNearestSymbolFrom<WeightOp>(mutableWeight, op.getWeightAttr());
  if (!other)
    return internalError("a weight expression uses an unknown weight");
  return WeightEvaluator(other, layer, source).readRows(other.getYielded(), begin, end, out);
}

Status WeightEvaluator::readRows(Value value, int64_t begin, int64_t end,
                                 std::span<float> out) const {
  Operation *op = value.getDefiningOp();
  if (!op)
    return internalError("a weight expression yields its layer");
  return llvm::TypeSwitch<Operation *, Status>(op)
      .Case<CheckpointOp>([&](CheckpointOp read) {
        return source.readRows(read.nameForLayer(layer), begin, end, out);
      })
      .Case<ConstantOp>([&](ConstantOp c) { return readConstant(c, begin, end, out); })
      .Case<RopeTableOp>([&](RopeTableOp table) {
        readRopeTable(table, begin, end, out);
        return Status();
      })
      .Case<CastOp>([&](CastOp cast) {
        GRAPHC_RETURN_IF_ERROR(readRows(cast.getInput(), begin, end, out));
        roundTo(tensorType(cast.getResult()).getElementType(), out);
        return Status();
      })
      .Case<ScaleOp>([&](ScaleOp scale) {
        GRAPHC_RETURN_IF_ERROR(readRows(scale.getInput(), begin, end, out));
        float factor = scale.getFactor().convertToFloat();
        for (float &number : out)
          number *= factor;
        roundTo(tensorType(scale.getResult()).getElementType(), out);
        return Status();
      })
      .Case<AddOp, SubOp, MulOp, DivOp>([&](auto) { return readBinary(op, begin, end, out); })
      .Case<ConcatOp>([&](ConcatOp concat) { return readConcat(concat, begin, end, out); })
      .Case<SliceOp>([&](SliceOp slice) { return readSlice(slice, begin, end, out); })
      .Case<ReshapeOp>([&](ReshapeOp reshape) { return readReshape(reshape, begin, end, out); })
      .Case<TransposeOp>(
          [&](TransposeOp transpose) { return readTranspose(transpose, begin, end, out); })
      .Case<ParamOp>([&](ParamOp param) { return readParam(param, begin, end, out); })
      .Default([&](Operation *) {
        return unsupported(op->getName().getStringRef().str() + " in a weight expression");
      });
}

} // namespace graphc
