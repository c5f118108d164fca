// The KV cache by itself: kv_append and kv_read of an un-fused network. For the layout of a page
// see runtime/plan/KvLayout.h.
#include "codegen/kernels/GenericKernelParts.h"

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
  return k.plus(k.times(head, k.index(layout.headElements())), element);
}

/// The same for a value: KvLayout::valueOffset.
Value valueElement(GenericLoops &k, const KvLayout &layout, Value head, Value token, Value d) {
  Value interleave = k.index(layout.interleave());
  Value line = k.plus(k.times(k.over(token, interleave), k.index(layout.paddedDim())), d);
  Value element = k.plus(k.times(line, interleave), k.modulo(token, interleave));
  head = k.plus(head, k.index(layout.heads));
  return k.plus(k.times(head, k.index(layout.headElements())), element);
}

using Element = Value(GenericLoops &, const KvLayout &, Value, Value, Value);

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
    auto copy = [&](Value tensor, Element *element) {
      k.loop(k.index(0), last.extent, 1, [&](Value d) {
        Value at = element(k, layout, head, place.token, d);
        k.storeF32(k.loadF32(cache, {place.page, at}), k.memoryOf(tensor), withLast(row, d));
      });
    };
    copy(read.getKey(), keyElement);
    copy(read.getValue(), valueElement);
  });
}

} // namespace graphc
