// Epilogue of fused_qkv: rotation, queries to their buffer, keys and values to the cache.
//
// The panels of a head hold 16 channels of its first half and the 16 of the second half that rope
// turns them into, so that a rotation stays in registers. Heads come in the order of the weight:
// queries, keys, values.
//
// An int8 cache needs all of a head before it can round any of it: rows of keys and values are
// staged in scratch until the last panel of their head.
#include "codegen/kernels/KvWriter.h"
#include "codegen/kernels/Loops.h"
#include "codegen/kernels/MatmulEpilogue.h"
#include "codegen/kernels/VectorAccess.h"
#include "codegen/kernels/VectorMath.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;

namespace graphc {

namespace {

/// The memories of a fused_qkv and the shapes that addresses follow from.
struct QkvParts {
  explicit QkvParts(KvWriter writer) : writer(std::move(writer)) {}

  ScaleAndBias scaleAndBias;
  Value ropeTable; ///< memref<context * D x f32>: cos | sin; or null.
  Value query;     ///< memref<H * rows * D x f32 or bf16>.
  Value staged;    ///< memref<kTileRows * Dp x f32>: rows of a head; null unless they need it.
  KvWriter writer;
  int64_t queryHeads = 0;
  int64_t queryRows = 0; ///< Rows between the heads of the queries: the bound of T.

  const KvLayout &layout() const { return writer.layout(); }
  int64_t headDim() const { return layout().headDim; }
  int64_t half() const { return layout().headDim / 2; }
  int64_t panelsOfHead() const { return ceilDiv(half(), kHalfBlockRows); }
};

class QkvEpilogue : public MatmulEpilogue {
public:
  QkvEpilogue(QkvParts parts, const Target &target) : parts(std::move(parts)), target(target) {}

  PanelWidth width() const override {
    int64_t panels = parts.panelsOfHead();
    return {panels, kHalfBlockRows, parts.half() - (panels - 1) * kHalfBlockRows};
  }

  bool isLong() const override { return true; }

  int64_t panelsTogether() const override {
    return parts.layout().hasScales() ? parts.panelsOfHead() : 1;
  }
  int64_t scratchBytes() const override {
    return parts.layout().hasScales() ? stagedNumbers(parts.layout()) * byteSize(ElementType::F32)
                                      : 0;
  }
  static int64_t stagedNumbers(const KvLayout &layout) { return kTileRows * layout.paddedDim(); }

  void emitRow(ImplicitLocOpBuilder &b, const RowSums &row) const override;

private:
  SmallVector<HeadVector> headVectors(ImplicitLocOpBuilder &b, const RowSums &row) const;
  SmallVector<HeadVector> rotated(ImplicitLocOpBuilder &b, Value row,
                                  SmallVector<HeadVector> vectors) const;
  void storeQuery(ImplicitLocOpBuilder &b, Value row, Value head,
                  ArrayRef<HeadVector> vectors) const;
  void appendIntegers(ImplicitLocOpBuilder &b, const RowSums &row, Value head,
                      KvIntegers::Side side, ArrayRef<HeadVector> vectors) const;

  QkvParts parts;
  const Target &target;
};

Value indexConstant(ImplicitLocOpBuilder &b, int64_t value) {
  return arith::ConstantIndexOp::create(b, value);
}

} // namespace

void QkvEpilogue::emitRow(ImplicitLocOpBuilder &b, const RowSums &row) const {
  int64_t cacheHeads = parts.layout().heads;
  SmallVector<HeadVector> vectors = headVectors(b, row);
  Value head = arith::DivUIOp::create(b, row.panel, indexConstant(b, parts.panelsOfHead()));
  Value firstKey = indexConstant(b, parts.queryHeads);
  Value firstValue = indexConstant(b, parts.queryHeads + cacheHeads);
  auto isBelow = [&](Value bound) -> Value {
    return arith::CmpIOp::create(b, arith::CmpIPredicate::ult, head, bound);
  };
  auto queryOrKey = [&] {
    SmallVector<HeadVector> turned = rotated(b, row.row, vectors);
    emitIf(
        b, isBelow(firstKey), [&] { storeQuery(b, row.row, head, turned); },
        [&] {
          Value keyHead = arith::SubIOp::create(b, head, firstKey);
          if (parts.staged)
            appendIntegers(b, row, keyHead, KvIntegers::Side::Key, turned);
          else
            parts.writer.appendKey(b, row.row, keyHead, turned);
        });
  };
  auto value = [&] {
    Value valueHead = arith::SubIOp::create(b, head, firstValue);
    if (parts.staged)
      appendIntegers(b, row, valueHead, KvIntegers::Side::Value, vectors);
    else
      parts.writer.appendValue(b, row.row, valueHead, vectors);
  };
  emitIf(b, isBelow(firstValue), queryOrKey, value);
}

/// The row's sums, scaled and with their bias: vectors of the first half, then those that belong to
/// them in the second.
SmallVector<HeadVector> QkvEpilogue::headVectors(ImplicitLocOpBuilder &b,
                                                 const RowSums &row) const {
  SmallVector<Value> sums = parts.scaleAndBias.apply(b, row);
  int64_t lanes = target.lanes();
  Value inHead = arith::RemUIOp::create(b, row.panel, indexConstant(b, parts.panelsOfHead()));
  Value firstChannel = indexTimes(b, inHead, kHalfBlockRows);
  SmallVector<HeadVector> vectors;
  for (auto [sum, place] : llvm::zip_equal(sums, row.places)) {
    int64_t channel = place * lanes % kHalfBlockRows;
    int64_t count = std::clamp<int64_t>(row.channels - channel, 0, lanes);
    int64_t offset = place * lanes < kHalfBlockRows ? 0 : parts.half();
    vectors.push_back({sum, indexPlus(b, firstChannel, channel), offset, count});
  }
  return vectors;
}

/// lo' = lo cos - hi sin, hi' = hi cos + lo sin, with the angles of the row's position.
SmallVector<HeadVector> QkvEpilogue::rotated(ImplicitLocOpBuilder &b, Value row,
                                             SmallVector<HeadVector> vectors) const {
  if (!parts.ropeTable)
    return vectors;
  Value angles = indexTimes(b, parts.writer.positionOf(b, row), parts.headDim());
  size_t pairs = vectors.size() / 2;
  for (size_t i = 0; i < pairs; ++i) {
    HeadVector &low = vectors[i], &high = vectors[i + pairs];
    if (low.count == 0)
      continue;
    auto type = cast<VectorType>(low.values.getType());
    Value at = arith::AddIOp::create(b, angles, low.channel);
    Value cos = loadLanes(b, type, parts.ropeTable, at, low.count);
    Value sin = loadLanes(b, type, parts.ropeTable, indexPlus(b, at, parts.half()), low.count);
    auto times = [&](Value x, Value y) -> Value { return arith::MulFOp::create(b, x, y); };
    Value lo = low.values, hi = high.values;
    low.values = arith::SubFOp::create(b, times(lo, cos), times(hi, sin));
    high.values = arith::AddFOp::create(b, times(hi, cos), times(lo, sin));
  }
  return vectors;
}

/// query[head][row][d].
void QkvEpilogue::storeQuery(ImplicitLocOpBuilder &b, Value row, Value head,
                             ArrayRef<HeadVector> vectors) const {
  Value inHeads = arith::AddIOp::create(b, indexTimes(b, head, parts.queryRows), row);
  Value start = indexTimes(b, inHeads, parts.headDim());
  Type stored = cast<MemRefType>(parts.query.getType()).getElementType();
  for (const HeadVector &vector : vectors) {
    if (vector.count == 0)
      continue;
    Value at = arith::AddIOp::create(b, start, vector.channel);
    storeLanes(b, VectorMath(b, target).convert(vector.values, stored), parts.query,
               indexPlus(b, at, vector.offset), vector.count);
  }
}

/// Stages the vectors; the last ones of a head have all of it written.
void QkvEpilogue::appendIntegers(ImplicitLocOpBuilder &b, const RowSums &row, Value head,
                                 KvIntegers::Side side, ArrayRef<HeadVector> vectors) const {
  const KvLayout &layout = parts.layout();
  Value line = arith::RemUIOp::create(b, row.row, indexConstant(b, kTileRows));
  Value start = indexTimes(b, line, layout.paddedDim());
  for (const HeadVector &vector : vectors) {
    Value at = indexPlus(b, arith::AddIOp::create(b, start, vector.channel), vector.offset);
    if (vector.count > 0)
      storeLanes(b, vector.values, parts.staged, at, vector.count);
  }
  if (row.places.back() != kPanelRows / target.lanes() - 1)
    return; // another pass brings the other vectors of the panel
  Value inHead = arith::RemUIOp::create(b, row.panel, indexConstant(b, parts.panelsOfHead()));
  Value isLast = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, inHead,
                                       indexConstant(b, parts.panelsOfHead() - 1));
  emitIf(b, isLast, [&] {
    auto type = VectorType::get({target.lanes()}, b.getF32Type());
    parts.writer.appendIntegers(b, row.row, head, side, [&](Value d, int64_t count) {
      return loadLanes(b, type, parts.staged, arith::AddIOp::create(b, start, d), count);
    });
  });
}

std::unique_ptr<MatmulEpilogue> makeQkvEpilogue(ImplicitLocOpBuilder &b, FusedQkvOp op,
                                                KernelFunction &function, const Target &target) {
  QkvParts parts(KvWriter(b, op.getCache(), function, target));
  parts.scaleAndBias = {function.memoryOf(op.getRowFactor()), function.memoryOf(op.getBias())};
  if (op.getRopeTable())
    parts.ropeTable = flattened(b, function.memoryOf(op.getRopeTable()));
  Value query = function.memoryOf(op.getQuery());
  parts.query = flattened(b, query);
  parts.queryHeads = cast<MemRefType>(query.getType()).getDimSize(0);
  parts.queryRows = cast<MemRefType>(query.getType()).getDimSize(1);
  if (parts.layout().hasScales())
    parts.staged = function.scratch(
        b, MemRefType::get({QkvEpilogue::stagedNumbers(parts.layout())}, b.getF32Type()), 0);
  return std::make_unique<QkvEpilogue>(std::move(parts), target);
}

} // namespace graphc
