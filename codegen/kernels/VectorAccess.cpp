#include "codegen/kernels/VectorAccess.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

#include "llvm/ADT/bit.h"

using namespace mlir;

namespace graphc {

Value flattened(ImplicitLocOpBuilder &b, Value memory) {
  auto type = cast<MemRefType>(memory.getType());
  if (type.getRank() == 1)
    return memory;
  ReassociationIndices all = llvm::to_vector(llvm::seq<int64_t>(0, type.getRank()));
  return memref::CollapseShapeOp::create(b, memory, ArrayRef<ReassociationIndices>(all));
}

Value indexPlus(ImplicitLocOpBuilder &b, Value base, int64_t elements) {
  if (elements == 0)
    return base;
  return arith::AddIOp::create(b, base, arith::ConstantIndexOp::create(b, elements));
}

Value indexTimes(ImplicitLocOpBuilder &b, Value base, int64_t factor) {
  return arith::MulIOp::create(b, base, arith::ConstantIndexOp::create(b, factor));
}

/// Cuts `count` lanes into powers of two, the largest first: calls piece(first lane, lanes).
static void forEachPiece(int64_t count, llvm::function_ref<void(int64_t, int64_t)> piece) {
  for (int64_t first = 0; first < count;) {
    int64_t width = llvm::bit_floor(static_cast<uint64_t>(count - first));
    piece(first, width);
    first += width;
  }
}

Value loadLanes(ImplicitLocOpBuilder &b, VectorType type, Value memory, Value at, int64_t count) {
  if (count == type.getNumElements())
    return vector::LoadOp::create(b, type, memory, at);
  Value result = arith::ConstantOp::create(b, b.getZeroAttr(type));
  forEachPiece(count, [&](int64_t first, int64_t width) {
    auto pieceType = VectorType::get({width}, type.getElementType());
    Value piece = vector::LoadOp::create(b, pieceType, memory, indexPlus(b, at, first));
    result = vector::InsertStridedSliceOp::create(b, piece, result, ArrayRef<int64_t>{first},
                                                  ArrayRef<int64_t>{1});
  });
  return result;
}

void storeLanes(ImplicitLocOpBuilder &b, Value value, Value memory, Value at, int64_t count) {
  if (count == cast<VectorType>(value.getType()).getNumElements()) {
    vector::StoreOp::create(b, value, memory, at);
    return;
  }
  forEachPiece(count, [&](int64_t first, int64_t width) {
    Value piece = vector::ExtractStridedSliceOp::create(
        b, value, ArrayRef<int64_t>{first}, ArrayRef<int64_t>{width}, ArrayRef<int64_t>{1});
    vector::StoreOp::create(b, piece, memory, indexPlus(b, at, first));
  });
}

} // namespace graphc
