#include "codegen/kernels/FloatTiles.h"

#include "codegen/kernels/Loops.h"
#include "codegen/kernels/VectorAccess.h"

#include "mlir/Dialect/AMX/AMXDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace graphc {

/// Rows, and channels, of a tile register.
static constexpr int64_t kTile = 16;
/// Numbers of k in a tile, two of them side by side in a panel.
static constexpr int64_t kDepth = 32;
static constexpr int64_t kPair = 2;
/// Elements of a panel for all k of a tile.
static constexpr int64_t kPanelBlock = kDepth * kPanelRows;

/// What a product reads and writes.
struct FloatTiles::Tiles {
  Value rows;
  const RightPanel &right;
  Value sums;
  int64_t tileRows;
  int64_t prefetch;
};

bool FloatTiles::multiply(const Target &target, Type rows, Type weight, int64_t depth) {
  return target.hasBf16Tiles() && rows.isBF16() && weight.isBF16() && depth % kDepth == 0;
}

int64_t FloatTiles::scratchBytes() const {
  return kMostRows * depth * static_cast<int64_t>(sizeof(uint16_t));
}

Value FloatTiles::packed(ImplicitLocOpBuilder &b) {
  return function.scratch(b, MemRefType::get({kMostRows * depth}, b.getBF16Type()), scratchOffset);
}

void FloatTiles::packRows(ImplicitLocOpBuilder &b, const LeftRows &rows, Value count,
                          int64_t tileRows) {
  auto part = VectorType::get({kDepth}, b.getBF16Type());
  Value to = packed(b);
  emitLoop(b, arith::ConstantIndexOp::create(b, 0), count, 1, [&](Value r) {
    Value from = arith::AddIOp::create(b, rows.start, indexTimes(b, r, rows.stride));
    Value toRow = indexTimes(b, r, kDepth);
    emitLoop(b, depth / kDepth, [&](Value block) {
      Value at = arith::AddIOp::create(b, from, indexTimes(b, block, kDepth));
      Value toAt = arith::AddIOp::create(b, toRow, indexTimes(b, block, tileRows * kDepth));
      vector::StoreOp::create(b, vector::LoadOp::create(b, part, rows.memory, at), to, toAt);
    });
  });
}

/// Tile `number` of `type` from element `first` of a rank-1 memref on.
static Value loadTile(ImplicitLocOpBuilder &b, amx::TileType type, Value memory, Value first,
                      int64_t number, int64_t stride) {
  return amx::TileLoadOp::create(b, type, memory, indexPlus(b, first, number),
                                 arith::ConstantIndexOp::create(b, stride).getResult());
}

/// Adds the products of `count` blocks of 32 k from number `block` on to the sums in memory.
void FloatTiles::multiplyBlocks(ImplicitLocOpBuilder &b, const Tiles &tiles, Value block,
                                int64_t count) {
  auto factor = amx::TileType::get({kTile, kDepth}, b.getBF16Type());
  auto sum = amx::TileType::get({kTile, kTile}, b.getF32Type());
  Value zero = arith::ConstantIndexOp::create(b, 0);
  const int64_t across = kPanelRows / kTile, down = tiles.tileRows / kTile;
  auto place = [&](int64_t d, int64_t a) { return d * kTile * kPanelRows + a * kTile; };
  SmallVector<Value> sums;
  for (int64_t d = 0; d < down; ++d)
    for (int64_t a = 0; a < across; ++a)
      sums.push_back(loadTile(b, sum, tiles.sums, zero, place(d, a), kPanelRows));

  Value rows = indexTimes(b, block, tiles.tileRows * kDepth);
  Value weight = arith::AddIOp::create(b, tiles.right.start, indexTimes(b, block, kPanelBlock));
  for (int64_t i = 0; i < count; ++i) {
    SmallVector<Value> right;
    for (int64_t a = 0; a < across; ++a)
      right.push_back(loadTile(b, factor, tiles.right.memory, weight,
                               i * kPanelBlock + a * kTile * kPair, kPanelRows * kPair));
    for (int64_t d = 0; d < down; ++d) {
      Value left =
          loadTile(b, factor, tiles.rows, rows, (i * tiles.tileRows + d * kTile) * kDepth, kDepth);
      for (int64_t a = 0; a < across; ++a)
        sums[d * across + a] =
            amx::TileMulFOp::create(b, sum, left, right[a], sums[d * across + a]);
    }
    constexpr int64_t kLine = 64 / sizeof(uint16_t);
    for (int64_t at = 0; tiles.prefetch > 0 && at < kPanelBlock; at += kLine)
      memref::PrefetchOp::create(
          b, tiles.right.memory,
          indexPlus(b, weight, i * kPanelBlock + at + tiles.prefetch / int64_t(sizeof(uint16_t))),
          /*isWrite=*/false, /*localityHint=*/2u, /*isDataCache=*/true);
  }

  Value stride = arith::ConstantIndexOp::create(b, kPanelRows);
  for (int64_t d = 0; d < down; ++d)
    for (int64_t a = 0; a < across; ++a)
      amx::TileStoreOp::create(b, tiles.sums, indexPlus(b, zero, place(d, a)), sums[d * across + a],
                               stride);
}

// Tile registers are not carried around a loop: a turn has so many blocks that keeping sums in
// memory between turns costs little.
void FloatTiles::multiply(ImplicitLocOpBuilder &b, const RightPanel &right, Value sums,
                          int64_t tileRows, int64_t prefetch) {
  constexpr int64_t kTurn = 8;
  auto line = VectorType::get({kTile}, b.getF32Type());
  Value none = arith::ConstantOp::create(b, b.getZeroAttr(line));
  for (int64_t at = 0; at < tileRows * kPanelRows; at += kTile)
    vector::StoreOp::create(b, none, sums, arith::ConstantIndexOp::create(b, at).getResult());

  Tiles tiles{packed(b), right, sums, tileRows, prefetch};
  const int64_t blocks = depth / kDepth, looped = blocks - blocks % kTurn;
  auto index = [&](int64_t value) -> Value { return arith::ConstantIndexOp::create(b, value); };
  if (looped > 0)
    emitLoop(b, index(0), index(looped), kTurn,
             [&](Value block) { multiplyBlocks(b, tiles, block, kTurn); });
  if (looped < blocks)
    multiplyBlocks(b, tiles, index(looped), blocks - looped);
}

} // namespace graphc
