// The KV cache by itself: kv_append and kv_read of an un-fused network. For the layout of a page
// see runtime/plan/KvLayout.h.
#include "codegen/kernels/GenericKernelParts.h"
#include "codegen/kernels/KvIntegers.h"
#include "codegen/kernels/VectorAccess.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace graphc {

namespace {

/// A token's place: its page and its number in the page.
struct Place {
  Value page, token;
};

Place placeOf(GenericLoops &k, Value slot, Value position) {
  Value pageTokens = k.index(kPageTokens);
  Value entry = k.times(slot, k.function.dim(kArgPageTableStride));
  entry = k.plus(entry, k.over(position, pageTokens));
  return {k.stepIndex(kArgPageTable, entry), k.modulo(position, pageTokens)};
}

/// Element of its page where number `d` of a head's key is: KvLayout::keyOffset with values.
Value keyElement(GenericLoops &k, const KvLayout &layout, Value head, Value token, Value d) {
  Value interleave = k.index(layout.interleave());
  Value line = k.plus(k.times(k.over(d, interleave), k.index(kPageTokens)), token);
  Value element = k.plus(k.times(line, interleave), k.modulo(d, interleave));
  return k.plus(k.times(head, k.index(layout.headStride())), element);
}

/// The same for a value: KvLayout::valueOffset.
Value valueElement(GenericLoops &k, const KvLayout &layout, Value head, Value token, Value d) {
  Value interleave = k.index(layout.interleave());
  Value line = k.plus(k.times(k.over(token, interleave), k.index(layout.paddedDim())), d);
  Value element = k.plus(k.times(line, interleave), k.modulo(token, interleave));
  head = k.plus(head, k.index(layout.heads));
  return k.plus(k.times(head, k.index(layout.headStride())), element);
}

using Element = Value(GenericLoops &, const KvLayout &, Value, Value, Value);

/// `row` and `last` as the indices of a number in [Hkv, rows, D].
Value loadOfHead(GenericLoops &k, Value memory, ValueRange row, Value d, int64_t count) {
  Type element = cast<MemRefType>(memory.getType()).getElementType();
  ArrayRef<int64_t> shape = cast<MemRefType>(memory.getType()).getShape();
  Value line = k.plus(k.times(row[0], k.index(shape[1])), row[1]);
  Value at = k.plus(k.times(line, k.index(shape[2])), d);
  Value numbers =
      loadLanes(k.b, VectorType::get({k.lanes()}, element), flattened(k.b, memory), at, count);
  return k.math.convert(numbers, k.b.getF32Type());
}

/// The first byte of a page of an int8 cache.
Value pageStart(GenericLoops &k, const KvLayout &layout, Value page) {
  return k.times(page, k.index(layout.pageBytes()));
}

} // namespace

FailureOr<PlanTasks> emitKvAppend(Operation *op, GenericLoops &k) {
  auto append = cast<KvAppendOp>(op);
  KvLayout layout = kvLayoutOf(append.getCache().getType());
  Value cache = k.memoryOf(append.getCache());
  Space space = k.spaceOf(append.getKey());
  SpaceDim last = space.pop_back_val();
  return k.forEachRow(space, 2 * last.bound, [&](ValueRange row) {
    Value head = row[0], t = row[1];
    Place place = placeOf(k, k.stepIndex(kArgSlot, t), k.stepIndex(kArgPosition, t));
    if (layout.hasScales()) {
      KvIntegers integers(k.b, k.target, layout, flattened(k.b, cache));
      for (auto [tensor, side] : {std::pair(append.getKey(), KvIntegers::Side::Key),
                                  {append.getValue(), KvIntegers::Side::Value}}) {
        Value start = integers.headStart(pageStart(k, layout, place.page), head, side);
        Value from = k.memoryOf(tensor);
        integers.append(start, place.token, side,
                        [&](Value d, int64_t count) { return loadOfHead(k, from, row, d, count); });
      }
      return;
    }
    auto write = [&](Value tensor, Element *element) {
      k.loop(k.index(0), last.extent, 1, [&](Value d) {
        Value x = k.loadF32(k.memoryOf(tensor), withLast(row, d));
        k.storeF32(x, cache, {place.page, element(k, layout, head, place.token, d)});
      });
    };
    write(append.getKey(), keyElement);
    write(append.getValue(), valueElement);
  });
}

FailureOr<PlanTasks> emitKvRead(Operation *op, GenericLoops &k) {
  auto read = cast<KvReadOp>(op);
  KvLayout layout = kvLayoutOf(read.getCache().getType());
  Value cache = k.memoryOf(read.getCache());
  Space space = k.spaceOf(read.getKey());
  SpaceDim last = space.pop_back_val();
  return k.forEachRow(space, 2 * last.bound, [&](ValueRange row) {
    Value head = row[0], s = row[1];
    Place place = placeOf(k, k.stepIndex(kArgColumnSlot, s), k.stepIndex(kArgColumnPosition, s));
    auto copy = [&](Value tensor, Element *element, KvIntegers::Side side) {
      Value scale;
      if (layout.hasScales()) {
        KvIntegers integers(k.b, k.target, layout, flattened(k.b, cache));
        Value start = integers.headStart(pageStart(k, layout, place.page), head, side);
        scale = integers.scale(start, place.token);
      }
      k.loop(k.index(0), last.extent, 1, [&](Value d) {
        SmallVector<Value> at = {place.page, element(k, layout, head, place.token, d)};
        Value x;
        if (scale)
          x = k.mul(arith::SIToFPOp::create(k.b, k.b.getF32Type(), k.load(cache, at)), scale);
        else
          x = k.loadF32(cache, at);
        k.storeF32(x, k.memoryOf(tensor), withLast(row, d));
      });
    };
    copy(read.getKey(), keyElement, KvIntegers::Side::Key);
    copy(read.getValue(), valueElement, KvIntegers::Side::Value);
  });
}

} // namespace graphc
