// Ops that bring numbers to other places: each number of the result is one of an input's, perhaps
// of another type.
#include "codegen/kernels/GenericKernelParts.h"
#include "codegen/kernels/Loops.h"
#include "ir/PanelLayout.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace graphc {

namespace {

using Indices = SmallVector<Value>;

//===----------------------------------------------------------------------===//
// reshape
//===----------------------------------------------------------------------===//

/// Dimensions of a reshape's input and result that hold the same numbers in the same order.
struct DimGroup {
  SmallVector<size_t> input, result;
  bool isStatic = true;
};

/// The shortest such groups, first to last. Dimensions of extent 1 may be left on one side.
SmallVector<DimGroup> matchDims(const Space &input, const Space &result) {
  struct Side {
    const Space &space;
    size_t next = 0;
    int64_t fixed = 1, dynamic = 0;
    bool hasMore() const { return next < space.size(); }
  };
  Side in{input}, out{result};
  SmallVector<DimGroup> groups;
  while (in.hasMore() || out.hasMore()) {
    DimGroup group;
    auto take = [&](Side &side, SmallVector<size_t> &dims) {
      if (!side.hasMore())
        return;
      const SpaceDim &dim = side.space[side.next];
      (dim.isStatic() ? side.fixed *= dim.bound : side.dynamic += 1);
      group.isStatic &= dim.isStatic();
      dims.push_back(side.next++);
    };
    in.fixed = out.fixed = 1;
    in.dynamic = out.dynamic = 0;
    take(in, group.input);
    take(out, group.result);
    while (in.fixed != out.fixed || in.dynamic != out.dynamic) {
      bool wantsInput = in.fixed < out.fixed || in.dynamic < out.dynamic;
      if (wantsInput && in.hasMore())
        take(in, group.input);
      else
        take(out, group.result);
    }
    groups.push_back(group);
  }
  return groups;
}

/// Row-major number within the group, taken apart again by the input's extents.
Indices reshapeSource(GenericLoops &k, Operation *op, ValueRange indices) {
  Space input = k.spaceOf(op->getOperand(0)), result = k.spaceOf(op->getResult(0));
  Indices source(input.size(), k.index(0));
  for (const DimGroup &group : matchDims(input, result)) {
    Value place = k.index(0);
    for (size_t dim : group.result)
      place = k.plus(k.times(place, result[dim].extent), indices[dim]);
    for (size_t dim : llvm::reverse(group.input)) {
      source[dim] = k.modulo(place, input[dim].extent);
      place = k.over(place, input[dim].extent);
    }
  }
  return source;
}

/// Buffers are dense in static dimensions, so neighbours in a static group stay neighbours.
bool reshapeKeepsNeighbours(GenericLoops &k, Operation *op) {
  Space input = k.spaceOf(op->getOperand(0)), result = k.spaceOf(op->getResult(0));
  DimGroup last = matchDims(input, result).back();
  return !last.input.empty() && !last.result.empty() &&
         (last.isStatic || (last.input.size() == 1 && last.result.size() == 1));
}

//===----------------------------------------------------------------------===//
// transpose, slice, repeat, select_rows, embedding
//===----------------------------------------------------------------------===//

Indices transposeSource(GenericLoops &, Operation *op, ValueRange indices) {
  Indices source(indices.size());
  for (auto [i, from] : llvm::enumerate(cast<TransposeOp>(op).getPermutation()))
    source[from] = indices[i];
  return source;
}

bool transposeKeepsNeighbours(GenericLoops &, Operation *op) {
  ArrayRef<int64_t> permutation = cast<TransposeOp>(op).getPermutation();
  return permutation.back() + 1 == int64_t(permutation.size());
}

Indices sliceSource(GenericLoops &k, Operation *op, ValueRange indices) {
  auto slice = cast<SliceOp>(op);
  Indices source(indices);
  source[slice.getAxis()] = k.plus(source[slice.getAxis()], k.index(slice.getBegin()));
  return source;
}

Indices repeatSource(GenericLoops &k, Operation *op, ValueRange indices) {
  auto repeat = cast<RepeatOp>(op);
  Indices source(indices);
  source[repeat.getAxis()] = k.over(source[repeat.getAxis()], k.index(repeat.getTimes()));
  return source;
}

bool repeatKeepsNeighbours(GenericLoops &, Operation *op) {
  auto repeat = cast<RepeatOp>(op);
  return repeat.getTimes() == 1 || int64_t(repeat.getAxis()) + 1 != repeat.getType().getRank();
}

Indices selectRowsSource(GenericLoops &k, Operation *, ValueRange indices) {
  Indices source(indices);
  source[0] = k.stepIndex(kArgOutRows, source[0]);
  return source;
}

bool isPacked(Value table) { return cast<RankedTensorType>(table.getType()).getRank() == 4; }

/// The token's row of the table; of a packed one (see PanelLayout.h), its channel of a panel.
Indices embeddingSource(GenericLoops &k, Operation *op, ValueRange indices) {
  Value table = op->getOperand(0);
  Value token = k.stepIndex(kArgTokens, indices[0]);
  if (!isPacked(table))
    return {token, indices[1]};
  Value panelRows = k.index(kPanelRows);
  Value interleave = k.index(cast<RankedTensorType>(table.getType()).getDimSize(3));
  return {k.over(token, panelRows), k.over(indices[1], interleave), k.modulo(token, panelRows),
          k.modulo(indices[1], interleave)};
}

bool embeddingKeepsNeighbours(GenericLoops &, Operation *op) {
  return !isPacked(op->getOperand(0));
}

bool always(GenericLoops &, Operation *) { return true; }

struct MoveOp {
  StringRef name;
  /// Index in the first operand of the number that belongs at `indices` of the result.
  Indices (*source)(GenericLoops &, Operation *, ValueRange indices);
  /// Neighbours in the result's last dimension are neighbours in the input.
  bool (*keepsNeighbours)(GenericLoops &, Operation *);
};

const MoveOp kMoveOps[] = {
    {ReshapeOp::getOperationName(), reshapeSource, reshapeKeepsNeighbours},
    {TransposeOp::getOperationName(), transposeSource, transposeKeepsNeighbours},
    {SliceOp::getOperationName(), sliceSource, always},
    {RepeatOp::getOperationName(), repeatSource, repeatKeepsNeighbours},
    {SelectRowsOp::getOperationName(), selectRowsSource, always},
    {EmbeddingOp::getOperationName(), embeddingSource, embeddingKeepsNeighbours},
};

/// Numbers of a packed table of integers with scales (see ir/QuantFormat.h), one by one.
class QuantTable {
public:
  QuantTable(GenericLoops &k, Value table, QuantFormat format)
      : k(k), table(table), format(format) {}

  /// The number of row `token` in column `column`, as f32.
  Value at(Value token, Value column);

private:
  Value over(Value value, int64_t by) { return k.over(value, k.index(by)); }
  Value modulo(Value value, int64_t by) { return k.modulo(value, k.index(by)); }
  Value times(Value value, int64_t by) { return k.times(value, k.index(by)); }
  Value plus(Value value, int64_t bytes) { return k.plus(value, k.index(bytes)); }
  Value word(int32_t value) { return arith::ConstantOp::create(k.b, k.b.getI32IntegerAttr(value)); }

  Value half(Value panel, Value byte);
  Value factor(Value panel, Value byte);
  Value unitByte(Value panel, Value first, Value channel, Value column, int64_t columns);
  Value bitsOf(Value byte, Value column, int64_t columns, int64_t bits);
  Value integerOf(Value places);
  Value integer(Value panel, Value group, Value channel, Value column);

  GenericLoops &k;
  Value table; ///< [panels, bytes]
  QuantFormat format;
};

/// The number of f16 at `byte`, as f32.
Value QuantTable::half(Value panel, Value byte) {
  auto bytes = VectorType::get({QuantFormat::kScaleBytes}, k.b.getI8Type());
  Value loaded = vector::LoadOp::create(k.b, bytes, table, ValueRange{panel, byte});
  Value one = vector::BitCastOp::create(k.b, VectorType::get({1}, k.b.getF16Type()), loaded);
  return k.math.convert(vector::ExtractOp::create(k.b, one, 0), k.b.getF32Type());
}

/// The number of i8 at `byte`, as f32.
Value QuantTable::factor(Value panel, Value byte) {
  Value loaded = memref::LoadOp::create(k.b, table, ValueRange{panel, byte});
  return arith::SIToFPOp::create(k.b, k.b.getF32Type(), loaded);
}

/// The byte that a column has in 4-byte units of so many columns, which begin at the byte `first`.
Value QuantTable::unitByte(Value panel, Value first, Value channel, Value column, int64_t columns) {
  Value inFour = modulo(column, 4);
  Value unit = k.plus(times(over(column, columns), kPanelRows), channel);
  Value inBytes = k.plus(over(inFour, 2), times(modulo(inFour, 2), 2)); // See byteOfColumn().
  Value byte = k.plus(first, k.plus(times(unit, 4), inBytes));
  Value bits = memref::LoadOp::create(k.b, table, ValueRange{panel, byte});
  return arith::ExtSIOp::create(k.b, k.b.getI32Type(), bits);
}

/// Of the byte that four columns out of `columns` share, the bits of one, the lowest first.
Value QuantTable::bitsOf(Value byte, Value column, int64_t columns, int64_t bits) {
  Value bit = times(over(modulo(column, columns), 4), bits);
  Value shift = arith::IndexCastOp::create(k.b, k.b.getI32Type(), bit);
  Value shifted = arith::ShRUIOp::create(k.b, byte, shift);
  return arith::AndIOp::create(k.b, shifted, word((1 << bits) - 1));
}

/// The integer that is stored as `places`, if it is less than a byte.
Value QuantTable::integerOf(Value places) {
  if (!format.isNonlinear)
    return arith::SubIOp::create(k.b, places, word(static_cast<int32_t>(format.storedOffset())));
  SmallVector<int32_t> integers(kNonlinear4.begin(), kNonlinear4.end());
  auto type = VectorType::get({std::ssize(integers)}, k.b.getI32Type());
  Value all = arith::ConstantOp::create(k.b, DenseElementsAttr::get(type, ArrayRef(integers)));
  Value place = arith::IndexCastOp::create(k.b, k.b.getIndexType(), places);
  return vector::ExtractOp::create(k.b, all, place);
}

/// The integer in a column of the group whose integers begin at the byte `group`, as f32.
Value QuantTable::integer(Value panel, Value group, Value channel, Value column) {
  const int64_t spanColumns = format.spanColumns();
  Value spans = times(over(column, spanColumns), format.integerBytes(kPanelRows, spanColumns));
  Value span = k.plus(group, spans);
  Value inSpan = modulo(column, spanColumns);
  Value number = unitByte(panel, span, channel, inSpan, format.unitColumns());
  if (!format.isWhole()) {
    number = bitsOf(number, inSpan, format.unitColumns(), 4);
    if (const int64_t bits = format.highBits()) {
      Value first = plus(span, format.lowBytes(kPanelRows, spanColumns));
      Value high = unitByte(panel, first, channel, inSpan, format.highUnitColumns());
      high = bitsOf(high, inSpan, format.highUnitColumns(), bits);
      number = arith::OrIOp::create(k.b, number, arith::ShLIOp::create(k.b, high, word(4)));
    }
    number = integerOf(number);
  }
  return arith::SIToFPOp::create(k.b, k.b.getF32Type(), number);
}

Value QuantTable::at(Value token, Value column) {
  constexpr int64_t kBytes = QuantFormat::kScaleBytes;
  Value panel = over(token, kPanelRows), channel = modulo(token, kPanelRows);
  Value block = times(over(column, format.blockColumns()), format.blockBytes(kPanelRows));
  Value inBlock = modulo(column, format.blockColumns());
  Value group = times(over(inBlock, format.group), format.groupBytes(kPanelRows));
  group = plus(k.plus(block, group), format.headBytes(kPanelRows));
  Value integers = plus(group, format.factorBytes(kPanelRows));
  Value number = integer(panel, integers, channel, modulo(inBlock, format.group));
  // A scale, or the minimum that follows it, in front of the block and of the group.
  auto scale = [&](int64_t which) -> Value {
    Value at = k.plus(block, times(channel, kBytes));
    Value value = half(panel, plus(at, which * kPanelRows * kBytes));
    if (!format.hasTwoLevels())
      return value;
    Value byte = plus(k.plus(group, channel), which * kPanelRows);
    return arith::MulFOp::create(k.b, value, factor(panel, byte));
  };
  if (format.hasMinimum)
    return math::FmaOp::create(k.b, number, scale(0), scale(1));
  return arith::MulFOp::create(k.b, number, scale(0));
}

/// An embedding whose table is packed and quantized: number by number.
FailureOr<PlanTasks> emitQuantEmbedding(EmbeddingOp op, QuantType type, GenericLoops &k) {
  if (!isPacked(op.getTable()))
    return op.emitOpError("expected a quantized table to be packed but got ")
           << op.getTable().getType();
  Value table = k.memoryOf(op.getTable()), to = k.memoryOf(op.getResult());
  Type element = cast<MemRefType>(to.getType()).getElementType();
  Space space = k.spaceOf(op.getResult());
  SpaceDim last = space.pop_back_val();
  return k.forEachRow(space, last.bound, [&](ValueRange row) {
    Value token = k.stepIndex(kArgTokens, row[0]);
    k.loop(k.index(0), last.extent, 1, [&](Value column) {
      Value number = QuantTable(k, table, type.getFormat()).at(token, column);
      k.store(k.math.convert(number, element), to, withLast(row, column));
    });
  });
}

/// Copies numbers, as they are where the types are equal.
void copy(GenericLoops &k, Value from, ValueRange source, Value to, ValueRange target,
          int64_t width) {
  Type element = cast<MemRefType>(to.getType()).getElementType();
  k.store(k.math.convert(k.load(from, source, width), element), to, target);
}

} // namespace

FailureOr<PlanTasks> emitMove(Operation *op, GenericLoops &k) {
  if (auto embedding = dyn_cast<EmbeddingOp>(op))
    if (auto quant = dyn_cast<QuantType>(embedding.getTable().getType().getElementType()))
      return emitQuantEmbedding(embedding, quant, k);
  auto *move = llvm::find_if(
      kMoveOps, [&](const MoveOp &move) { return move.name == op->getName().getStringRef(); });
  Value from = k.memoryOf(op->getOperand(0)), to = k.memoryOf(op->getResult(0));
  Space space = k.spaceOf(op->getResult(0));
  SpaceDim last = space.pop_back_val();
  bool isContiguous = move->keepsNeighbours(k, op);
  return k.forEachRow(space, last.bound, [&](ValueRange row) {
    auto body = [&](Value at, int64_t width) {
      Indices target = withLast(row, at);
      copy(k, from, move->source(k, op, target), to, target, width);
    };
    if (isContiguous)
      k.forEachVector(last, body);
    else
      k.loop(k.index(0), last.extent, 1, [&](Value at) { body(at, 1); });
  });
}

//===----------------------------------------------------------------------===//
// input_rows
//===----------------------------------------------------------------------===//

FailureOr<PlanTasks> emitInputRows(Operation *op, GenericLoops &k) {
  Value from = k.function.inputRows(), to = k.memoryOf(op->getResult(0));
  Space space = k.spaceOf(op->getResult(0));
  SpaceDim last = space.pop_back_val();
  return k.forEachRow(space, last.bound, [&](ValueRange row) {
    Value begin = k.times(row[0], last.extent);
    k.forEachVector(last, [&](Value at, int64_t width) {
      copy(k, from, k.plus(begin, at), to, withLast(row, at), width);
    });
  });
}

//===----------------------------------------------------------------------===//
// concat
//===----------------------------------------------------------------------===//

/// Rows that belong to one input: their index along `axis` is in [begin, begin + extent).
static void copyRowsOf(GenericLoops &k, Value input, Value to, ValueRange row, size_t axis,
                       int64_t begin, const SpaceDim &last) {
  int64_t extent = cast<RankedTensorType>(input.getType()).getDimSize(axis);
  Value isFrom = arith::CmpIOp::create(k.b, arith::CmpIPredicate::uge, row[axis], k.index(begin));
  Value isBefore =
      arith::CmpIOp::create(k.b, arith::CmpIPredicate::ult, row[axis], k.index(begin + extent));
  emitIf(k.b, arith::AndIOp::create(k.b, isFrom, isBefore), [&] {
    Indices own(row);
    own[axis] = arith::SubIOp::create(k.b, row[axis], k.index(begin));
    k.forEachVector(last, [&](Value at, int64_t width) {
      copy(k, k.memoryOf(input), withLast(own, at), to, withLast(row, at), width);
    });
  });
}

FailureOr<PlanTasks> emitConcat(Operation *op, GenericLoops &k) {
  auto concat = cast<ConcatOp>(op);
  size_t axis = concat.getAxis();
  Value to = k.memoryOf(concat.getResult());
  Space space = k.spaceOf(concat.getResult());
  SpaceDim last = space.pop_back_val();
  return k.forEachRow(space, last.bound, [&](ValueRange row) {
    int64_t begin = 0;
    for (Value input : concat.getInputs()) {
      if (axis < space.size()) {
        copyRowsOf(k, input, to, row, axis, begin, last);
      } else {
        k.forEachVector(k.spaceOf(input).back(), [&](Value at, int64_t width) {
          copy(k, k.memoryOf(input), withLast(row, at), to,
               withLast(row, k.plus(at, k.index(begin))), width);
        });
      }
      begin += cast<RankedTensorType>(input.getType()).getDimSize(axis);
    }
  });
}

//===----------------------------------------------------------------------===//
// constant
//===----------------------------------------------------------------------===//

FailureOr<PlanTasks> emitConstant(Operation *op, GenericLoops &k) {
  auto value = dyn_cast<DenseElementsAttr>(cast<ConstantOp>(op).getValue());
  if (!value)
    return op->emitOpError("expected a dense constant");
  Value to = k.memoryOf(op->getResult(0));
  auto type = cast<MemRefType>(to.getType());
  func::FuncOp function = k.function.function();
  OpBuilder module(function);
  std::string name = (function.getSymName() + "_value").str();
  memref::GlobalOp::create(module, op->getLoc(), name, module.getStringAttr("private"), type, value,
                           /*constant=*/true, module.getI64IntegerAttr(kBufferAlignment));
  Value from = memref::GetGlobalOp::create(k.b, type, name);
  Space space = k.spaceOf(op->getResult(0));
  SpaceDim last = space.pop_back_val();
  return k.forEachRow(space, last.bound, [&](ValueRange row) {
    k.forEachVector(last, [&](Value at, int64_t width) {
      copy(k, from, withLast(row, at), to, withLast(row, at), width);
    });
  });
}

} // namespace graphc
