// Products over k in pieces, where a panel is too large to stay in the second-level cache with the
// rows that meet it:
//
//   for slab of rows
//     for piece of k
//       for tile of the slab
//         for panel in group
//           sums = sums from scratch + all of the piece
//           sums to scratch
//     for tile of the slab, for panel in group
//       epilogue of each row
//
// Each piece is of about one size for every group: more panels share a tile's rows, which are the
// ones that come from afar. A sum goes on where it stood, in the order of k, so a row's bits are
// the same.
#include "codegen/kernels/Loops.h"
#include "codegen/kernels/MatmulLoops.h"
#include "codegen/kernels/VectorAccess.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace graphc {

/// Rows of a slab at most, whose sums are kept: what a prompt has in a step, as a multiple of the
/// rows of a tile.
const int64_t MatmulLoops::kSlabRows = 504;

/// Blocks of k that are multiplied at a time: all of them where a panel is small, where rows or
/// panels are copied first, and where 16 registers have no room for the addresses of a slab.
int64_t MatmulLoops::pieceBlocks() const {
  constexpr int64_t kWholeBytes = 256 << 10, kPieceBytes = 128 << 10, kTurnBlocks = 2;
  const int64_t bytes = bytesOfBlocks(factors.blocks);
  if (bytes <= kWholeBytes || isQuantized() || floatTiles || widensRows() ||
      target.vectorRegisters() < 32)
    return factors.blocks;
  return roundUp(ceilDiv(factors.blocks, ceilDiv(bytes, kPieceBytes)), kTurnBlocks);
}

void MatmulLoops::emitClassInPieces(ImplicitLocOpBuilder &b, const TileClass &tile, Range rows,
                                    Range panels) {
  const int64_t slabRows = kSlabRows / tile.rows * tile.rows, blocks = pieceBlocks();
  const int64_t lastBlock = (ceilDiv(factors.blocks, blocks) - 1) * blocks;
  const int64_t pair = packedPair(factors.weightType);
  auto index = [&](int64_t value) -> Value { return arith::ConstantIndexOp::create(b, value); };
  emitLoop(b, rows.first, rows.end, slabRows, [&](Value first) {
    Range slab{first, arith::MinUIOp::create(b, indexPlus(b, first, slabRows), rows.end)};
    clearSums(b, slab);
    emitLoop(b, index(0), index(lastBlock), blocks,
             [&](Value block) { emitPiece(b, tile, slab, panels, {blocks * pair, block}); });
    emitPiece(b, tile, slab, panels, {factors.depth - lastBlock * pair, index(lastBlock)});
    forEachTile(b, tile, slab, panels, [&](TilePlace &place, Value base) {
      place.places = llvm::to_vector(llvm::seq(kPanelRows / target.lanes()));
      emitStoredRows(b, index(tile.rows), place, base);
    });
  });
}

/// `body` gets where the sums of the tile and panel begin in scratch.
void MatmulLoops::forEachTile(ImplicitLocOpBuilder &b, const TileClass &tile, Range slab,
                              Range panels, function_ref<void(TilePlace &, Value)> body) {
  emitLoop(b, slab.first, slab.end, tile.rows, [&](Value row) {
    TilePlace place{{}, row, leftRows(b, tile, row), {}, panels.first};
    Value tileBase =
        indexTimes(b, arith::SubIOp::create(b, row, slab.first), panelsOfGroup() * kPanelRows);
    emitLoop(b, panels.first, panels.end, 1, [&](Value panel) {
      place.panel = panel;
      Value number = arith::SubIOp::create(b, panel, panels.first);
      body(place,
           arith::AddIOp::create(b, tileBase, indexTimes(b, number, tile.rows * kPanelRows)));
    });
  });
}

void MatmulLoops::emitPiece(ImplicitLocOpBuilder &b, const TileClass &tile, Range slab,
                            Range panels, const Piece &piece) {
  forEachTile(b, tile, slab, panels, [&](TilePlace &place, Value base) {
    for (int64_t pass = 0; pass < tile.passes; ++pass) {
      place.places.clear();
      for (int64_t v = pass; v < kPanelRows / target.lanes(); v += tile.passes)
        place.places.push_back(v);
      Piece next = piece;
      next.sums = loadSums(b, tile, place, base);
      storeSums(b, place, base, emitSums(b, tile, place, next));
    }
  });
}

/// The sums of all tiles of the slab, zeroed: as many as it has, for it may be short.
void MatmulLoops::clearSums(ImplicitLocOpBuilder &b, Range slab) {
  auto type = VectorType::get({target.lanes()}, b.getF32Type());
  Value memory = scratchSums(b);
  Value zeros = arith::ConstantOp::create(b, b.getZeroAttr(type));
  Value first = arith::ConstantIndexOp::create(b, 0);
  Value end =
      indexTimes(b, arith::SubIOp::create(b, slab.end, slab.first), panelsOfGroup() * kPanelRows);
  emitLoop(b, first, end, target.lanes(),
           [&](Value at) { storeLanes(b, zeros, memory, at, target.lanes()); });
}

/// What storeSums() wrote there for a pass.
SmallVector<Value> MatmulLoops::loadSums(ImplicitLocOpBuilder &b, const TileClass &tile,
                                         const TilePlace &place, Value base) {
  const int64_t lanes = target.lanes();
  auto type = VectorType::get({lanes}, b.getF32Type());
  Value memory = scratchSums(b);
  SmallVector<Value> sums;
  for (int64_t row = 0; row < tile.rows; ++row)
    for (int64_t v : place.places) {
      Value at = indexPlus(b, base, row * kPanelRows + v * lanes);
      sums.push_back(loadLanes(b, type, memory, at, lanes));
    }
  return sums;
}

} // namespace graphc
