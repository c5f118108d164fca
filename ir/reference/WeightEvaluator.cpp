#include "ir/reference/WeightEvaluator.h"

#include "ir/QuantMatrix.h"
#include "ir/reference/Ops.h"

#include "mlir/IR/Matchers.h"
#include "mlir/IR/SymbolTable.h"
#include "llvm/ADT/TypeSwitch.h"

#include <algorithm>
#include <cmath>
#include <mutex>

using namespace mlir;

namespace graphc {

struct WeightEvaluator::WholeResults {
  struct Entry {
    TensorPtr tensor;
    int64_t rowsRead = 0;
  };
  /// Recursive: an operand of an op that is evaluated whole may be evaluated whole itself.
  std::recursive_mutex mutex;
  DenseMap<std::pair<Operation *, int64_t>, Entry> entries; ///< by op and layer
};

WeightEvaluator::WeightEvaluator(WeightOp weight, int64_t layer, const WeightSource &source)
    : weight(weight), layer(layer), source(source), whole(std::make_shared<WholeResults>()) {}

static RankedTensorType tensorType(Value value) { return cast<RankedTensorType>(value.getType()); }

int64_t matrixRows(Type type) {
  auto tensor = cast<RankedTensorType>(type);
  return tensor.getRank() == 0 ? 1 : tensor.getDimSize(0);
}

int64_t matrixColumns(Type type) {
  auto tensor = cast<RankedTensorType>(type);
  return tensor.getRank() == 0 ? 1 : elementCount(tensor.getShape().drop_front());
}

Expected<std::vector<float>> WeightEvaluator::readAll(Value value) const {
  const int64_t rows = matrixRows(value.getType());
  std::vector<float> values(static_cast<size_t>(rows * matrixColumns(value.getType())));
  GRAPHC_RETURN_IF_ERROR(readRows(value, 0, rows, values));
  return values;
}

//===----------------------------------------------------------------------===//
// Leaves
//===----------------------------------------------------------------------===//

/// The layer that an operand names: that of the weight at hand, or a constant.
static int64_t layerOf(Value value, int64_t layer) {
  APInt constant;
  return matchPattern(value, m_ConstantInt(&constant)) ? constant.getSExtValue() : layer;
}

static Type typeOf(ElementType type, MLIRContext *context) {
  switch (type) {
  case ElementType::F16:
    return Float16Type::get(context);
  case ElementType::BF16:
    return BFloat16Type::get(context);
  default:
    return Float32Type::get(context);
  }
}

/// Rounds numbers to another type. None may become an infinity that was none.
static Status convert(Type elementType, std::span<float> values) {
  constexpr float kBeyondF16 = 65520; // half a step beyond the largest number, 65504
  if (elementType.isF16()) {
    bool fits = true;
    for (float value : values)
      fits &= !(std::abs(value) >= kBeyondF16) || std::isinf(value);
    if (!fits)
      return unsupported("a number of it is too large for f16; bf16 and f32 hold it");
  }
  roundTo(elementType, values);
  return {};
}

/// The name of a checkpoint tensor that is there with the op's rows and columns.
Expected<std::string> WeightEvaluator::findTensor(CheckpointOp op, const TensorInfo *&info) const {
  std::string name = op.nameForLayer(layerOf(op.getLayer(), layer));
  info = source.find(name);
  if (!info)
    return badInput("the checkpoint has no tensor '" + name + "'");
  if (info->rows() != matrixRows(op.getType()) || info->columns() != matrixColumns(op.getType()))
    return badInput("tensor '" + name + "': expected " + std::to_string(matrixRows(op.getType())) +
                    " rows of " + std::to_string(matrixColumns(op.getType())) + " but got " +
                    std::to_string(info->rows()) + " rows of " + std::to_string(info->columns()));
  return name;
}

Status WeightEvaluator::readCheckpoint(CheckpointOp op, int64_t begin, int64_t end,
                                       std::span<float> out) const {
  const TensorInfo *info = nullptr;
  GRAPHC_ASSIGN_OR_RETURN(std::string name, findTensor(op, info));
  GRAPHC_RETURN_IF_ERROR(source.readRows(name, begin, end, out));
  const Type wanted = op.getType().getElementType();
  if (isa<QuantType>(wanted) || typeOf(info->type, op.getContext()) == wanted)
    return {};
  return convert(wanted, out);
}

Status WeightEvaluator::readQuantCheckpoint(CheckpointOp op, int64_t begin, int64_t end,
                                            int64_t outRow, QuantMatrix &out) const {
  const TensorInfo *info = nullptr;
  GRAPHC_ASSIGN_OR_RETURN(std::string name, findTensor(op, info));
  if (info->quant != out.format)
    return badInput("tensor '" + name + "': its numbers are stored in another form than expected");
  return source.readQuant(name, begin, end, outRow, out);
}

Status WeightEvaluator::readParam(ParamOp op, int64_t begin, int64_t end,
                                  std::span<float> out) const {
  // Lookup reads the operation only; its signature is older than const.
  WeightOp user = weight;
  auto other = SymbolTable::lookupNearestSymbolFrom<WeightOp>(user, op.getWeightAttr());
  if (!other)
    return internalError("a weight expression uses an unknown weight @" + op.getWeight().str());
  return WeightEvaluator(other, layerOf(op.getLayer(), layer), *this)
      .readRows(other.getYielded(), begin, end, out);
}

//===----------------------------------------------------------------------===//
// Rows put together
//===----------------------------------------------------------------------===//

/// Calls `read(input, from, to, at)` for the rows [from, to) of each input of a concat along axis 0
/// that rows [begin, end) of the result are, where `at` counts from `begin`.
template <typename Read>
static Status forEachInput(ConcatOp op, int64_t begin, int64_t end, Read read) {
  int64_t start = 0; // first row of the input at hand
  for (Value input : op.getInputs()) {
    const int64_t rows = matrixRows(input.getType());
    const int64_t from = std::max(begin, start), to = std::min(end, start + rows);
    if (from < to)
      GRAPHC_RETURN_IF_ERROR(read(input, from - start, to - start, from - begin));
    start += rows;
  }
  return {};
}

Status WeightEvaluator::readConcat(ConcatOp op, int64_t begin, int64_t end,
                                   std::span<float> out) const {
  const int64_t columns = matrixColumns(op.getType());
  return forEachInput(op, begin, end, [&](Value input, int64_t from, int64_t to, int64_t at) {
    return readRows(input, from, to, out.subspan(at * columns, (to - from) * columns));
  });
}

Status WeightEvaluator::readQuant(Value value, int64_t begin, int64_t end, int64_t outRow,
                                  QuantMatrix &out) const {
  Operation *op = value.getDefiningOp();
  if (auto checkpoint = dyn_cast_or_null<CheckpointOp>(op))
    return readQuantCheckpoint(checkpoint, begin, end, outRow, out);
  if (auto cast = dyn_cast_or_null<CastOp>(op))
    return readQuant(cast.getInput(), begin, end, outRow, out);
  auto concat = dyn_cast_or_null<ConcatOp>(op);
  if (concat && concat.getAxis() == 0)
    return forEachInput(concat, begin, end, [&](Value input, int64_t from, int64_t to, int64_t at) {
      return readQuant(input, from, to, outRow + at, out);
    });
  auto slice = dyn_cast_or_null<SliceOp>(op);
  if (slice && slice.getAxis() == 0) {
    const auto first = static_cast<int64_t>(slice.getBegin());
    return readQuant(slice.getInput(), first + begin, first + end, outRow, out);
  }
  return unsupported("quantized numbers cannot be kept behind " +
                     (op ? op->getName().getStringRef().str() : "a block argument"));
}

/// Reads the rows of the input that hold the numbers wanted, and copies these.
Status WeightEvaluator::readReshape(ReshapeOp op, int64_t begin, int64_t end,
                                    std::span<float> out) const {
  const int64_t columns = matrixColumns(op.getType());
  const int64_t inputColumns = matrixColumns(op.getInput().getType());
  if (columns == inputColumns)
    return readRows(op.getInput(), begin, end, out);
  if (out.empty())
    return {};
  const int64_t first = begin * columns / inputColumns;
  const int64_t last = (end * columns + inputColumns - 1) / inputColumns;
  std::vector<float> rows(static_cast<size_t>((last - first) * inputColumns));
  GRAPHC_RETURN_IF_ERROR(readRows(op.getInput(), first, last, rows));
  std::copy_n(rows.begin() + (begin * columns - first * inputColumns), out.size(), out.begin());
  return {};
}

Status WeightEvaluator::readQuantize(QuantizeOp op, int64_t begin, int64_t end,
                                     std::span<float> out) const {
  GRAPHC_RETURN_IF_ERROR(readRows(op.getInput(), begin, end, out));
  if (op.getRule() == ScaleRule::Keep)
    return {};
  const int64_t columns = matrixColumns(op.getType());
  for (int64_t at = 0; at < (end - begin) * columns; at += columns)
    quantizeRow(cast<QuantType>(op.getType().getElementType()), op.getRule() == ScaleRule::Search,
                out.subspan(at, columns));
  return {};
}

//===----------------------------------------------------------------------===//
// Elementwise ops, in place
//===----------------------------------------------------------------------===//

Status WeightEvaluator::readUnary(Operation *op, int64_t begin, int64_t end,
                                  std::span<float> out) const {
  GRAPHC_RETURN_IF_ERROR(readRows(op->getOperand(0), begin, end, out));
  const Type elementType = tensorType(op->getResult(0)).getElementType();
  if (isa<CastOp>(op)) {
    if (tensorType(op->getOperand(0)).getElementType() != elementType)
      return convert(elementType, out);
    return {};
  }
  auto scale = dyn_cast<ScaleOp>(op);
  if (scale && elementType.isF32()) {
    const float factor = scale.getFactor().convertToFloat();
    for (float &value : out)
      value *= factor;
    return {};
  }
  for (float &value : out)
    value = roundTo(elementType, reference::applyUnary(op, value));
  return {};
}

namespace {
/// How an operand of a binary op meets the rows of the result.
enum class Meets { Number, EveryRow, RowByRow, Otherwise };
} // namespace

static Meets meets(RankedTensorType operand, RankedTensorType result) {
  if (operand.getShape() == result.getShape())
    return Meets::RowByRow;
  if (operand.getNumElements() == 1)
    return Meets::Number;
  SmallVector<int64_t> row(result.getShape());
  row[0] = 1;
  const bool isRow =
      operand.getShape() == ArrayRef(row) || operand.getShape() == result.getShape().drop_front();
  return isRow ? Meets::EveryRow : Meets::Otherwise;
}

/// out = f(out, other) for rows of `columns` numbers; `other` is one number, one row, or all rows.
template <typename Function>
static void combine(std::span<float> out, std::span<const float> other, size_t columns, Meets how,
                    Function f) {
  const size_t rows = columns == 0 ? 0 : out.size() / columns;
  for (size_t row = 0; row < rows; ++row) {
    float *to = out.data() + row * columns;
    const float *from = other.data() + (how == Meets::RowByRow ? row * columns : 0);
    if (how == Meets::Number)
      for (size_t i = 0; i < columns; ++i)
        to[i] = f(to[i], *from);
    else
      for (size_t i = 0; i < columns; ++i)
        to[i] = f(to[i], from[i]);
  }
}

/// f32 arithmetic rounds as the reference does: f64 holds twice the digits of an f32.
static void combineF32(Operation *op, std::span<float> out, std::span<const float> other,
                       size_t columns, Meets how) {
  llvm::TypeSwitch<Operation *>(op)
      .Case([&](AddOp) { combine(out, other, columns, how, std::plus<float>()); })
      .Case([&](SubOp) { combine(out, other, columns, how, std::minus<float>()); })
      .Case([&](MulOp) { combine(out, other, columns, how, std::multiplies<float>()); })
      .Case([&](DivOp) { combine(out, other, columns, how, std::divides<float>()); });
}

Status WeightEvaluator::readBinary(Operation *op, int64_t begin, int64_t end,
                                   std::span<float> out) const {
  const RankedTensorType result = tensorType(op->getResult(0));
  Value rows = op->getOperand(0), other = op->getOperand(1);
  if (op->hasTrait<OpTrait::IsCommutative>() && tensorType(rows) != result)
    std::swap(rows, other);
  const Meets how = meets(tensorType(other), result);
  if (tensorType(rows) != result || how == Meets::Otherwise)
    return readWhole(op, begin, end, out);

  GRAPHC_RETURN_IF_ERROR(readRows(rows, begin, end, out));
  const size_t columns = matrixColumns(result);
  std::vector<float> values(how == Meets::RowByRow ? out.size()
                                                   : tensorType(other).getNumElements());
  if (how == Meets::RowByRow)
    GRAPHC_RETURN_IF_ERROR(readRows(other, begin, end, values));
  else
    GRAPHC_RETURN_IF_ERROR(readRows(other, 0, matrixRows(other.getType()), values));
  if (result.getElementType().isF32())
    combineF32(op, out, values, columns, how);
  else
    combine(out, values, columns, how, [&](double a, double b) {
      return roundTo(result.getElementType(), reference::applyBinary(op, a, b));
    });
  return {};
}

//===----------------------------------------------------------------------===//
// Anything else
//===----------------------------------------------------------------------===//

Expected<TensorPtr> WeightEvaluator::evaluateWhole(Operation *op) const {
  SmallVector<TensorPtr> operands;
  for (Value operand : op->getOperands()) {
    GRAPHC_ASSIGN_OR_RETURN(std::vector<float> values, readAll(operand));
    operands.push_back(
        std::make_shared<const Tensor>(Shape(tensorType(operand).getShape()), std::move(values)));
  }
  GRAPHC_ASSIGN_OR_RETURN(Tensor result, reference::evaluate(op, operands));
  return std::make_shared<const Tensor>(std::move(result));
}

Status WeightEvaluator::readWhole(Operation *op, int64_t begin, int64_t end,
                                  std::span<float> out) const {
  if (!reference::isTensorOp(op))
    return unsupported(op->getName().getStringRef().str() + " in a weight expression");
  const std::pair key(op, layer);
  TensorPtr tensor;
  {
    std::lock_guard lock(whole->mutex);
    tensor = whole->entries[key].tensor;
    if (!tensor) {
      GRAPHC_ASSIGN_OR_RETURN(tensor, evaluateWhole(op));
      whole->entries[key].tensor = tensor;
    }
    // Once all rows have been read it goes; whoever reads on has to pay again.
    if ((whole->entries[key].rowsRead += end - begin) >= matrixRows(op->getResult(0).getType()))
      whole->entries.erase(key);
  }
  const int64_t columns = matrixColumns(op->getResult(0).getType());
  std::copy_n(tensor->values.begin() + begin * columns, out.size(), out.begin());
  return {};
}

Status WeightEvaluator::readRows(Value value, int64_t begin, int64_t end,
                                 std::span<float> out) const {
  Operation *op = value.getDefiningOp();
  if (!op)
    return internalError("a weight expression yields its layer");
  return llvm::TypeSwitch<Operation *, Status>(op)
      .Case([&](CheckpointOp o) { return readCheckpoint(o, begin, end, out); })
      .Case([&](ParamOp o) { return readParam(o, begin, end, out); })
      .Case([&](RopeTableOp o) {
        reference::ropeTableRows(o, begin, end, out);
        return Status();
      })
      .Case([&](QuantizeOp o) { return readQuantize(o, begin, end, out); })
      .Case([&](ReshapeOp o) { return readReshape(o, begin, end, out); })
      .Case<CastOp, ScaleOp, RsqrtOp, SiluOp, ReluOp, TanhOp, GeluOp, SoftCapOp>(
          [&](auto) { return readUnary(op, begin, end, out); })
      .Case<AddOp, SubOp, MulOp, DivOp>([&](auto) { return readBinary(op, begin, end, out); })
      .Case([&](ConcatOp o) {
        return o.getAxis() == 0 ? readConcat(o, begin, end, out) : readWhole(op, begin, end, out);
      })
      .Case([&](SliceOp o) {
        const auto first = static_cast<int64_t>(o.getBegin());
        return o.getAxis() == 0 ? readRows(o.getInput(), first + begin, first + end, out)
                                : readWhole(op, begin, end, out);
      })
      .Default([&](Operation *) { return readWhole(op, begin, end, out); });
}

} // namespace graphc
