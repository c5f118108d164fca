#include "codegen/kernels/MatmulLoops.h"

#include "codegen/kernels/Loops.h"
#include "codegen/kernels/VectorAccess.h"
#include "codegen/kernels/VectorMath.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace graphc {

ArrayRef<TileClass> MatmulLoops::classes() const {
  using enum TileClass::Way;
  return tileClasses(target, factors.weightType,
                     tiles            ? Tiles
                     : unpackedPanels ? Unpacked
                                      : Vectors);
}

int64_t MatmulLoops::maxRows() const {
  return floatTiles ? FloatTiles::kMostRows : classes().front().rows;
}

// How far ahead weights are fetched. With few rows the wait for memory is all there is, and the
// chains of sums keep a core from looking far enough ahead itself: bf16, T = 1 on one core of a
// Sapphire Rapids class Xeon reads 73 % of what a read loop does without, 95 % with 4 KB, 85 % with
// 2 KB. Next panels follow in memory, so the end of one fetches the next.
//
// Several panels are several streams, and each needs less.
static constexpr Fetch kFetchOfOne = {4096, 2}, kFetchOfMany = {1024, 3};

//===----------------------------------------------------------------------===//
// Scratch: the epilogue's, the sums of a tile or a slab, then a tile's rows widened to f32, or what
// ByteTiles has there, or unpacked panels
//===----------------------------------------------------------------------===//

static constexpr int64_t kFloatBytes = 4;

/// Without a bf16 dot product, a tile's rows are widened once a panel instead of once a step.
bool MatmulLoops::widensRows() const {
  return !floatTiles && factors.rowType.isBF16() &&
         multipliesWidened(target, factors.rowType, factors.weightType);
}

/// An odd number of cache lines, so that the rows of a tile do not share the sets of a cache.
int64_t MatmulLoops::widenedStride() const {
  constexpr int64_t kLineFloats = 16;
  return (ceilDiv(factors.depth, kLineFloats) | 1) * kLineFloats;
}

int64_t MatmulLoops::storedSums() const {
  int64_t rows = floatTiles ? FloatTiles::kMostRows : 0;
  for (const TileClass &tile : classes())
    rows = std::max(rows, keepsSums(tile) ? tile.rows * tile.streams : 0);
  if (hasPieces())
    rows = std::max(rows, kSlabRows * panelsOfGroup());
  return rows * kPanelRows;
}

int64_t MatmulLoops::scratchBytes() const {
  int64_t widened = widensRows() ? maxRows() * widenedStride() * kFloatBytes : 0;
  return sumsOffset() + storedSums() * kFloatBytes + widened + (tiles ? tiles->scratchBytes() : 0) +
         (floatTiles ? floatTiles->scratchBytes() : 0) +
         (unpackedPanels ? unpackedPanels->scratchBytes() : 0);
}

int64_t MatmulLoops::sumsOffset() const {
  return roundUp(epilogue.scratchBytes(), kBufferAlignment);
}

static Value scratchFloats(ImplicitLocOpBuilder &b, KernelFunction &function, int64_t count,
                           int64_t offset) {
  return function.scratch(b, MemRefType::get({count}, b.getF32Type()), offset);
}

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

MatmulLoops::MatmulLoops(KernelFunction &function, const Target &target,
                         const MatmulFactors &factors, const MatmulEpilogue &epilogue)
    : function(function), target(target), factors(factors), epilogue(epilogue) {
  if (ByteTiles::multiply(target, factors.rowType, factors.weightType)) {
    constexpr int64_t kSums = ByteTiles::kRows * kPanelRows * kFloatBytes;
    QuantFormat format = cast<QuantType>(factors.weightType).getFormat();
    QuantRowFormat rows = cast<QuantType>(factors.rowType).getRowFormat();
    tiles.emplace(function, target, rows, format, factors.blocks, epilogue.panelsTogether(),
                  sumsOffset() + (epilogue.isLong() ? kSums : 0));
  } else if (FloatTiles::multiply(target, factors.rowType, factors.weightType, factors.depth)) {
    constexpr int64_t kSums = FloatTiles::kMostRows * kPanelRows * kFloatBytes;
    floatTiles.emplace(function, factors.depth, sumsOffset() + kSums);
  } else if (isQuantized()) {
    unpackForManyRows();
  }
  assert(maxRows() <= MatmulEpilogue::kTileRows && "epilogues keep no more rows");
}

/// Whether panels are unpacked if there are many rows, and how many at a time: half of a
/// second-level cache of 1 MB.
void MatmulLoops::unpackForManyRows() {
  constexpr int64_t kBytes = 512 << 10;
  quantPanels.format = cast<QuantType>(factors.weightType).getFormat();
  quantPanels.unpacked = UnpackedPanels::numbersFor(target, factors.rowType, quantPanels.format);
  if (!quantPanels.unpacked)
    return;
  int64_t panelBytes = factors.blocks * quantPanels.blockBytes();
  int64_t panels = roundUp(std::max<int64_t>(1, kBytes / panelBytes), epilogue.panelsTogether());
  unpackedPanels.emplace(function, target, quantPanels, factors.blocks, panels,
                         sumsOffset() + storedSums() * kFloatBytes);
}

int64_t MatmulLoops::bytesOfBlocks(int64_t blocks) const {
  Type element = cast<MemRefType>(factors.weight.getType()).getElementType();
  return blocks * factors.blockStride * element.getIntOrFloatBitWidth() / 8;
}

/// Panels whose rows are read once for all of them: as many as leave room for the rows in an L2 of
/// 1 MB. Where rows are widened or copied, which costs as much as a third of a panel's product,
/// more panels pay for it, even if they have to come from the next cache. A group is a multiple of
/// what the epilogue wants together.
int64_t MatmulLoops::panelsOfGroup() const {
  if (tiles)
    return tiles->panelsOfGroup();
  if (unpackedPanels)
    return unpackedPanels->panels();
  int64_t panelBytes = bytesOfBlocks(pieceBlocks());
  bool copiesRows = floatTiles || widensRows();
  int64_t bytes = copiesRows ? 1 << 20 : 512 << 10;
  int64_t least = copiesRows ? 4 : 1;
  return roundUp(std::max(least, bytes / panelBytes), epilogue.panelsTogether());
}

void MatmulLoops::emit(ImplicitLocOpBuilder &b, Value first, Value end, Value rows) {
  if (floatTiles)
    return emitGroupsInTiles(b, first, end, rows);
  SmallVector<Range> ranges;
  Value next = arith::ConstantIndexOp::create(b, 0);
  for (const TileClass &tile : classes()) {
    Value stop = arith::AddIOp::create(b, next, rowsOfClass(b, tile, rows, next));
    ranges.push_back({next, stop});
    next = stop;
  }
  Value group = groupSize(b, rows, arith::SubIOp::create(b, end, first));
  emitLoop(b, first, end, group, [&](Value panel) {
    Value groupEnd = arith::MinUIOp::create(b, arith::AddIOp::create(b, panel, group), end);
    for (auto [tile, range] : llvm::zip_equal(classes(), ranges)) {
      if (tile.inTiles() || tile.isUnpacked())
        unpackPanels(b, range, {panel, groupEnd});
      if (hasPieces() && !tile.isStream())
        emitClassInPieces(b, tile, range, {panel, groupEnd});
      else
        emitClass(b, tile, range, {panel, groupEnd});
    }
  });
}

/// Panels of a group. A few rows read each panel once: their group is the whole range, and has room
/// for several streams.
Value MatmulLoops::groupSize(ImplicitLocOpBuilder &b, Value rows, Value panels) {
  int64_t leastMany = 0; // Rows that no streaming tile takes alone.
  for (const TileClass &tile : classes()) {
    if (!tile.isStream())
      leastMany = tile.rows;
  }
  Value isFew = arith::CmpIOp::create(b, arith::CmpIPredicate::ult, rows,
                                      arith::ConstantIndexOp::create(b, leastMany));
  Value group = arith::ConstantIndexOp::create(b, panelsOfGroup());
  return arith::SelectOp::create(b, isFew, arith::MaxUIOp::create(b, panels, group), group);
}

/// How many of the rows from `first` on a class takes: whole tiles, and none if it unpacks panels
/// and too few tiles would read them.
Value MatmulLoops::rowsOfClass(ImplicitLocOpBuilder &b, const TileClass &tile, Value rows,
                               Value first) {
  constexpr int64_t kLeastTiles = 4;
  Value size = arith::ConstantIndexOp::create(b, tile.rows);
  Value tiles = arith::DivUIOp::create(b, arith::SubIOp::create(b, rows, first), size);
  Value taken = arith::MulIOp::create(b, tiles, size);
  if (!tile.isUnpacked())
    return taken;
  Value pays = arith::CmpIOp::create(b, arith::CmpIPredicate::uge, tiles,
                                     arith::ConstantIndexOp::create(b, kLeastTiles));
  return arith::SelectOp::create(b, pays, taken, arith::ConstantIndexOp::create(b, 0));
}

void MatmulLoops::emitGroupsInTiles(ImplicitLocOpBuilder &b, Value first, Value end, Value rows) {
  Value zero = arith::ConstantIndexOp::create(b, 0);
  Value large = arith::ConstantIndexOp::create(b, FloatTiles::kMostRows);
  Value small = arith::ConstantIndexOp::create(b, FloatTiles::kLeastRows);
  Value bulk = arith::MulIOp::create(b, arith::DivUIOp::create(b, rows, large), large);
  int64_t group = panelsOfGroup();
  emitLoop(b, first, end, group, [&](Value panel) {
    Range panels{panel, arith::MinUIOp::create(b, indexPlus(b, panel, group), end)};
    emitLoop(b, zero, bulk, FloatTiles::kMostRows, [&](Value row) {
      emitTileRows(b, {row, indexPlus(b, row, FloatTiles::kMostRows)}, FloatTiles::kMostRows,
                   panels);
    });
    emitLoop(b, bulk, rows, FloatTiles::kLeastRows, [&](Value row) {
      Value rowEnd = arith::MinUIOp::create(b, arith::AddIOp::create(b, row, small), rows);
      emitTileRows(b, {row, rowEnd}, FloatTiles::kLeastRows, panels);
    });
  });
}

void MatmulLoops::emitTileRows(ImplicitLocOpBuilder &b, Range rows, int64_t tileRows,
                               Range panels) {
  Value count = arith::SubIOp::create(b, rows.end, rows.first);
  TilePlace place;
  place.firstRow = rows.first;
  place.left = {factors.rows, indexTimes(b, rows.first, factors.rowStride), factors.rowStride,
                factors.rowWidth};
  place.places = llvm::to_vector(llvm::seq(kPanelRows / target.lanes()));
  floatTiles->packRows(b, place.left, count, tileRows);
  Value zero = arith::ConstantIndexOp::create(b, 0);
  emitLoop(b, panels.first, panels.end, 1, [&](Value panel) {
    place.panel = panel;
    int64_t prefetch = tileRows == FloatTiles::kLeastRows ? kFetchOfOne.distance : 0;
    floatTiles->multiply(b, rightPanel(b, {}, place), scratchSums(b), tileRows, prefetch);
    emitStoredRows(b, count, place, zero);
  });
}

/// Once for all tiles of the class, if there are any.
void MatmulLoops::unpackPanels(ImplicitLocOpBuilder &b, Range rows, Range panels) {
  Value any = arith::CmpIOp::create(b, arith::CmpIPredicate::ult, rows.first, rows.end);
  emitIf(b, any, [&] {
    if (tiles)
      tiles->unpackPanels(b, factors.weight, panels.first, panels.end);
    else
      unpackedPanels->unpack(b, factors.weight, panels.first, panels.end);
  });
}

void MatmulLoops::emitClass(ImplicitLocOpBuilder &b, const TileClass &tile, Range rows,
                            Range panels) {
  emitLoop(b, rows.first, rows.end, tile.rows, [&](Value firstRow) {
    TilePlace place{{}, firstRow, leftRows(b, tile, firstRow), {}, panels.first};
    Value rest = tile.streams == 1 ? panels.first : emitStreams(b, tile, place, panels);
    emitLoop(b, rest, panels.end, 1, [&](Value panel) {
      place.panel = panel;
      emitPanels(b, tile, place);
    });
  });
}

/// Reads the panels as several streams, and returns the first of the few that are left. A stream is
/// a part of the range, which is one piece of memory: what the machine fetches ahead at the end of
/// a panel is the next panel. An epilogue that wants neighbours together gets them side by side.
Value MatmulLoops::emitStreams(ImplicitLocOpBuilder &b, const TileClass &tile, TilePlace place,
                               Range panels) {
  place.streams = tile.streams;
  Value streams = arith::ConstantIndexOp::create(b, tile.streams);
  Value count = arith::SubIOp::create(b, panels.end, panels.first);
  Value each = arith::DivUIOp::create(b, count, streams);
  Value rest = arith::AddIOp::create(b, panels.first, arith::MulIOp::create(b, each, streams));
  bool sideBySide = epilogue.panelsTogether() > 1;
  place.apart = sideBySide ? Value(arith::ConstantIndexOp::create(b, 1)) : each;
  Value end = sideBySide ? rest : Value(arith::AddIOp::create(b, panels.first, each));
  emitLoop(b, panels.first, end, sideBySide ? tile.streams : 1, [&](Value panel) {
    place.panel = panel;
    emitPanels(b, tile, place);
  });
  return rest;
}

/// Whether a tile's passes take the halves of a panel apart, which belong together in a row.
bool MatmulLoops::splitsHalves(const TileClass &tile) const {
  int64_t vectorsOfHalf = kHalfBlockRows / target.lanes();
  return tile.passes > vectorsOfHalf;
}

/// Whether a tile's sums go to scratch, for one copy of the epilogue's code.
bool MatmulLoops::keepsSums(const TileClass &tile) const {
  constexpr int64_t kRepeatedRows = 2;
  return epilogue.isLong() && (tile.rows > kRepeatedRows || splitsHalves(tile));
}

void MatmulLoops::emitPanels(ImplicitLocOpBuilder &b, const TileClass &tile, TilePlace place) {
  bool splits = splitsHalves(tile);
  bool byScratch = keepsSums(tile);
  int64_t vectors = kPanelRows / target.lanes();
  Value rows = arith::ConstantIndexOp::create(b, tile.rows);
  Value base = arith::ConstantIndexOp::create(b, 0);
  for (int64_t pass = 0; pass < tile.passes; ++pass) {
    place.places.clear();
    for (int64_t v = pass; v < vectors; v += tile.passes)
      place.places.push_back(v);
    SmallVector<Value> sums = emitSums(b, tile, place, {factors.depth});
    if (!byScratch) {
      emitRowsOfPanels(b, place, tile.rows, sums);
      continue;
    }
    storeSums(b, place, base, sums);
    if (!splits)
      emitStoredRows(b, rows, place, base);
  }
  if (!byScratch || !splits)
    return;
  place.places = llvm::to_vector(llvm::seq(vectors));
  emitStoredRows(b, rows, place, base);
}

/// Row after row, `sums` has those of all panels; an epilogue wants one panel's.
void MatmulLoops::emitRowsOfPanels(ImplicitLocOpBuilder &b, TilePlace place, int64_t rows,
                                   ArrayRef<Value> sums) {
  size_t vectors = place.places.size();
  size_t rowSums = place.streams * vectors;
  for (int64_t stream = 0; stream < place.streams; ++stream) {
    if (stream > 0)
      place.panel = arith::AddIOp::create(b, place.panel, place.apart);
    SmallVector<Value> own;
    for (int64_t r = 0; r < rows; ++r)
      llvm::append_range(own, sums.slice(r * rowSums + stream * vectors, vectors));
    emitRows(b, place, place.firstRow, rows, own);
  }
}

LeftRows MatmulLoops::leftRows(ImplicitLocOpBuilder &b, const TileClass &tile, Value firstRow) {
  LeftRows left = {factors.rows, indexTimes(b, firstRow, factors.rowStride), factors.rowStride,
                   factors.rowWidth};
  if (tile.inTiles())
    return tiles->packRows(b, left);
  return widensRows() ? widenRows(b, left, tile.rows) : left;
}

LeftRows MatmulLoops::widenRows(ImplicitLocOpBuilder &b, const LeftRows &rows, int64_t count) {
  int64_t lanes = target.lanes();
  int64_t stride = widenedStride();
  Value memory =
      scratchFloats(b, function, maxRows() * stride, sumsOffset() + storedSums() * kFloatBytes);
  Value zero = arith::ConstantIndexOp::create(b, 0);
  auto narrow = VectorType::get({lanes}, b.getBF16Type());
  auto widenAt = [&](Value k, int64_t existing) {
    for (int64_t r = 0; r < count; ++r) {
      Value from = indexPlus(b, arith::AddIOp::create(b, rows.start, k), r * rows.stride);
      Value wide =
          VectorMath(b, target).fromBf16(loadLanes(b, narrow, rows.memory, from, existing));
      storeLanes(b, wide, memory, indexPlus(b, k, r * stride), lanes);
    }
  };
  int64_t whole = factors.depth / lanes * lanes;
  Value end = arith::ConstantIndexOp::create(b, whole);
  emitLoop(b, zero, end, lanes, [&](Value k) { widenAt(k, lanes); });
  if (whole < factors.depth)
    widenAt(end, factors.depth - whole);
  return {memory, zero, stride, factors.rowWidth};
}

//===----------------------------------------------------------------------===//
// A tile
//===----------------------------------------------------------------------===//

RightPanel MatmulLoops::rightPanel(ImplicitLocOpBuilder &b, const TileClass &tile,
                                   const TilePlace &place) {
  RightPanel right;
  if (tile.inTiles()) {
    right = tiles->panel(b, factors.weight, place.panel, place.firstOfGroup);
  } else if (tile.isUnpacked()) {
    right.memory = unpackedPanels->memory(b);
    right.stride = quantPanels.blockBytes();
    Value number = arith::SubIOp::create(b, place.panel, place.firstOfGroup);
    right.start = indexTimes(b, number, factors.blocks * right.stride);
  } else {
    right.memory = factors.weight;
    right.stride = factors.blockStride;
    right.start = indexTimes(b, place.panel, factors.blocks * right.stride);
  }
  int64_t panelElements = factors.blocks * right.stride;
  Value offset;
  for (int64_t stream = 0; stream < place.streams; ++stream) {
    if (stream > 0)
      offset = indexTimes(b, place.apart, stream * panelElements);
    for (int64_t v : place.places)
      right.vectors.push_back({v * target.lanes(), offset});
  }
  return right;
}

/// The sums of a pass, row by row.
SmallVector<Value> MatmulLoops::emitSums(ImplicitLocOpBuilder &b, const TileClass &tile,
                                         const TilePlace &place, const Piece &piece) {
  Type rowType = widensRows() ? Type(b.getF32Type()) : factors.rowType;
  auto product = tile.inTiles()      ? tiles->product(b)
                 : tile.isUnpacked() ? makeUnpackedProduct(b, target, rowType, quantPanels)
                                     : makeBlockProduct(b, target, rowType, factors.weightType);
  MicroKernel kernel(b, target, std::move(product));
  RightPanel right = rightPanel(b, tile, place);
  // Of many rows, all tiles but the first find the panel in the cache; so do later passes.
  if (tile.isStream() && place.places.front() == 0)
    right.fetch = place.streams > 1 ? kFetchOfMany : kFetchOfOne;
  return kernel.emit(place.left, right, {tile.rows, piece.depth, tile.unroll, {}, piece.first},
                     piece.sums);
}

Value MatmulLoops::scratchSums(ImplicitLocOpBuilder &b) {
  return scratchFloats(b, function, storedSums(), sumsOffset());
}

void MatmulLoops::storeSums(ImplicitLocOpBuilder &b, const TilePlace &place, Value base,
                            ValueRange sums) {
  Value memory = scratchSums(b);
  int64_t lanes = target.lanes(), vectors = place.places.size(), streams = place.streams;
  int64_t rows = std::ssize(sums) / (streams * vectors);
  for (int64_t i = 0; i < std::ssize(sums); ++i) {
    int64_t stream = i / vectors % streams, row = i / (vectors * streams);
    int64_t at = (stream * rows + row) * kPanelRows + place.places[i % vectors] * lanes;
    storeLanes(b, sums[i], memory, indexPlus(b, base, at), lanes);
  }
}

/// The epilogues of a tile whose sums are in scratch: one copy of the code for all rows of all
/// streams.
void MatmulLoops::emitStoredRows(ImplicitLocOpBuilder &b, Value rows, const TilePlace &place,
                                 Value base) {
  Value memory = scratchSums(b);
  int64_t lanes = target.lanes();
  auto sumType = VectorType::get({lanes}, b.getF32Type());
  Value zero = arith::ConstantIndexOp::create(b, 0);
  auto emitStream = [&](const TilePlace &own, Value firstSum) {
    emitLoop(b, zero, rows, 1, [&](Value r) {
      Value start = arith::AddIOp::create(b, firstSum, indexTimes(b, r, kPanelRows));
      SmallVector<Value> sums;
      for (int64_t v : own.places)
        sums.push_back(loadLanes(b, sumType, memory, indexPlus(b, start, v * lanes), lanes));
      emitRows(b, own, arith::AddIOp::create(b, own.firstRow, r), 1, sums);
    });
  };
  if (place.streams == 1)
    return emitStream(place, base);
  Value streams = arith::ConstantIndexOp::create(b, place.streams);
  emitLoop(b, zero, streams, 1, [&](Value stream) {
    TilePlace own = place;
    Value panels = arith::MulIOp::create(b, stream, place.apart);
    own.panel = arith::AddIOp::create(b, place.panel, panels);
    Value firstSum = indexTimes(b, arith::MulIOp::create(b, stream, rows), kPanelRows);
    emitStream(own, arith::AddIOp::create(b, base, firstSum));
  });
}

void MatmulLoops::emitRows(ImplicitLocOpBuilder &b, const TilePlace &place, Value firstRow,
                           int64_t rows, ValueRange sums) {
  epilogue.emitRows(b, {place.panel, firstRow, rows, place.places, llvm::to_vector(sums)});
}

} // namespace graphc
