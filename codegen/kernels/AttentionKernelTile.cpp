#include "codegen/kernels/AttentionKernelTile.h"

#include "codegen/kernels/KvIntegers.h"
#include "codegen/kernels/Loops.h"
#include "codegen/kernels/VectorAccess.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

#include <limits>

using namespace mlir;

namespace graphc {

static constexpr double kLog2E = 1.4426950408889634;

/// Steps of k in a turn of both products' loops.
static constexpr int64_t kUnroll = 2;

//===----------------------------------------------------------------------===//
// Helpers
//===----------------------------------------------------------------------===//

void AttentionTile::forEachRow(int64_t rows, function_ref<void(Value)> body) {
  k.loop(k.index(0), k.index(rows), 1, body);
}

Value AttentionTile::positionOf(const AttentionRun &run, Value row) {
  Value token = k.plus(run.firstToken, k.over(row, k.index(shape.group)));
  return k.stepIndex(kArgPosition, token);
}

Value AttentionTile::loadVector(Value memory, Value at) { return k.load(memory, at, shape.lanes); }

void AttentionTile::storeVector(Value vector, Value memory, Value at) {
  k.store(vector, memory, at);
}

Value AttentionTile::splatAt(Value memory, Value at) {
  return k.splat(k.load(memory, at), shape.lanes);
}

/// Numbers of tokens from `token` on, times their scales if the cache has such. `head`: where the
/// head's keys or values begin.
Value AttentionTile::scaled(Value numbers, Value head, Value token) {
  if (!shape.layout.hasScales())
    return numbers;
  KvIntegers integers(k.b, k.target, shape.layout, cache);
  return k.mul(numbers, integers.scales(head, token, shape.lanes));
}

static Value zeros(GenericLoops &k) {
  return arith::ConstantOp::create(k.b,
                                   k.b.getZeroAttr(VectorType::get(k.lanes(), k.b.getF32Type())));
}

static Value compare(GenericLoops &k, arith::CmpIPredicate predicate, Value x, Value y) {
  return arith::CmpIOp::create(k.b, predicate, x, y);
}

static Value nothing(GenericLoops &k) { return k.math.constant(kNothing, zeros(k)); }

//===----------------------------------------------------------------------===//
// A tile's way through a piece
//===----------------------------------------------------------------------===//

void AttentionTile::clearState(int64_t rows) {
  int64_t numbers = rows * shape.paddedDim();
  k.loop(k.index(0), k.index(numbers), shape.lanes,
         [&](Value at) { storeVector(zeros(k), scratch.values, at); });
  k.loop(k.index(0), k.index(rows * shape.lanes), shape.lanes,
         [&](Value at) { storeVector(zeros(k), scratch.sums, at); });
  storeVector(nothing(k), scratch.max, k.index(0));
}

void AttentionTile::emit(const AttentionRun &run, Value firstRow, int64_t rows, Value piece) {
  Place place{run, firstRow, rows, positionOf(run, firstRow),
              positionOf(run, k.plus(firstRow, k.index(rows - 1)))};
  Value pageTokens = k.index(kPageTokens);
  Value begin = k.times(piece, k.index(kPiecePages));
  Value end = k.plus(begin, k.index(kPiecePages));
  Value seenEnd = k.plus(k.over(place.lastPosition, pageTokens), k.index(1));
  end = arith::MinUIOp::create(k.b, end, seenEnd);
  if (shape.window) {
    Value window = k.index(*shape.window);
    Value behind = arith::MaxUIOp::create(k.b, k.plus(place.firstPosition, k.index(1)), window);
    Value first = k.over(arith::SubIOp::create(k.b, behind, window), pageTokens);
    begin = arith::MaxUIOp::create(k.b, begin, first);
  }
  clearState(rows);
  k.loop(begin, end, 1, [&](Value page) { emitPage(place, page); });
  totals.add(run, firstRow, rows, piece);
}

/// Where the keys of the run's head begin in a page.
Value AttentionTile::keysOfPage(const Place &place, Value page) {
  Value number = k.stepIndex(kArgPageTable, k.plus(place.run.pages, page));
  return k.plus(k.times(number, k.index(shape.layout.pageElements())),
                k.times(place.run.keyHead, k.index(shape.layout.headStride())));
}

void AttentionTile::emitPage(Place place, Value page) {
  Value keys = keysOfPage(place, page);
  Value toValues = k.index(shape.layout.heads * shape.layout.headStride());
  if (shape.isStream(place.rows)) {
    Value last = k.over(place.lastPosition, k.index(kPageTokens));
    Value next = arith::MinUIOp::create(k.b, k.plus(page, k.index(1)), last);
    place.nextKeys = keysOfPage(place, next);
    place.nextValues = k.plus(place.nextKeys, toValues);
  }
  Value values = k.plus(keys, toValues);

  emitScores(place, page, keys);
  if (needsTransform())
    emitTransform(place.rows);
  emitMask(place, page);
  emitMaxima(place.rows);
  emitWeights(place.rows, values);
  emitValues(place, page, values);
}

/// Lets the product's turns ask for the next page, if a page is read but once. Halves of its keys
/// and of its values are asked for side by side, a line of each a turn: of several streams the
/// machine fetches more by itself than of one. The lines go past the second-level cache, which they
/// would only fill. `keysDone`, `valuesDone`: elements of the keys, or of the values after all
/// keys, that products before this one have asked for.
void AttentionTile::fetchNextPage(RightPanel &right, const Place &place, Value keysDone,
                                  Value valuesDone) {
  if (!place.nextKeys)
    return;
  constexpr int64_t kLineBits = 64 * 8;
  int64_t turnBits = kUnroll * std::ssize(right.vectors) * shape.lanes * shape.layout.interleave() *
                     shape.cacheType.getIntOrFloatBitWidth();
  right.fetch.hint = 0;
  int64_t lines = turnBits / kLineBits;
  int64_t streams = lines >= 4 ? 4 : 2; // As many of the keys as of the values.
  if (lines < 2) { // A line or less a turn: keys while keys are read, then values.
    right.next = {keysDone ? k.plus(place.nextKeys, keysDone)
                           : k.plus(place.nextValues, valuesDone)};
    return;
  }
  int64_t keys = kPageTokens * shape.paddedDim();
  Value done = keysDone ? keysDone : k.plus(k.index(keys), valuesDone);
  done = k.over(done, k.index(streams));
  for (Value begin : {place.nextKeys, place.nextValues}) {
    for (int64_t i = 0; i < streams / 2; ++i)
      right.next.push_back(k.plus(k.plus(begin, k.index(i * keys * 2 / streams)), done));
  }
}

//===----------------------------------------------------------------------===//
// Scores
//===----------------------------------------------------------------------===//

/// How many tokens of the page the tile's last row sees.
Value AttentionTile::seenTokens(const Place &place, Value page) {
  Value before = k.times(page, k.index(kPageTokens));
  Value last = arith::SubIOp::create(k.b, place.lastPosition, before);
  last = arith::MinUIOp::create(k.b, last, k.index(kPageTokens - 1));
  return k.plus(last, k.index(1));
}

/// Blocks of tokens that no row sees are left out: the mask does not look at their scores.
void AttentionTile::emitScores(const Place &place, Value page, Value keys) {
  MicroKernel micro(k.b, k.target, shape.leftType, shape.cacheType);
  int64_t pair = shape.layout.interleave();
  int64_t vectors = std::min(shape.vectorsOf(place.rows), kPageTokens / shape.lanes);
  int64_t tokens = vectors * shape.lanes;
  int64_t rows = shape.productRows(place.rows);
  auto multiply = [&](Value token, Value row) {
    Value query = k.times(k.plus(place.firstRow, row), k.index(scratch.queryStride));
    LeftRows left{scratch.queries, query, scratch.queryStride};
    RightPanel right{cache, k.plus(keys, k.times(token, k.index(pair))), kPageTokens * pair, {}};
    for (int64_t v = 0; v < vectors; ++v)
      right.vectors.push_back({.channel = v * shape.lanes});
    fetchNextPage(right, place, k.times(token, k.index(shape.paddedDim())), {});
    auto sums =
        micro.emit(left, right, {.rows = rows, .depth = shape.headDim(), .unroll = kUnroll});
    Value to = k.plus(k.times(row, k.index(kPageTokens)), token);
    for (int64_t i = 0; i < rows * vectors; ++i) {
      int64_t inRow = i % vectors * shape.lanes;
      Value score = scaled(sums[i], keys, k.plus(token, k.index(inRow)));
      storeVector(score, scratch.scores, k.plus(to, k.index(i / vectors * kPageTokens + inRow)));
    }
  };
  k.loop(k.index(0), seenTokens(place, page), tokens, [&](Value token) {
    k.loop(k.index(0), k.index(place.rows), rows, [&](Value row) { multiply(token, row); });
  });
}

/// The soft cap, and the factor to powers of 2 with it; or that alone if it cannot wait.
void AttentionTile::emitTransform(int64_t rows) {
  k.loop(k.index(0), k.index(rows * kPageTokens), shape.lanes, [&](Value at) {
    Value x = loadVector(scratch.scores, at);
    if (shape.cap) {
      x = k.math.tanh(k.mul(x, k.math.constant(shape.scale / *shape.cap, x)));
      x = k.mul(x, k.math.constant(*shape.cap * kLog2E, x));
    } else {
      x = k.mul(x, k.math.constant(shape.scale * kLog2E, x));
    }
    storeVector(x, scratch.scores, at);
  });
}

/// Hides what a row must not see, if the page has such tokens for any row of the tile.
void AttentionTile::emitMask(const Place &place, Value page) {
  Value pageStart = k.times(page, k.index(kPageTokens));
  Value last = k.plus(pageStart, k.index(kPageTokens - 1));
  Value hides = compare(k, arith::CmpIPredicate::ugt, last, place.firstPosition);
  if (shape.window) {
    Value reach = k.plus(pageStart, k.index(*shape.window));
    Value isBehind = compare(k, arith::CmpIPredicate::ule, reach, place.lastPosition);
    hides = arith::OrIOp::create(k.b, hides, isBehind);
  }
  emitIf(k.b, hides, [&] { hideTokens(place, pageStart); });
}

/// Scores of tokens that a row does not see become -infinity.
void AttentionTile::hideTokens(const Place &place, Value pageStart) {
  Type i32 = k.b.getI32Type();
  SmallVector<int32_t> numbers = llvm::to_vector(llvm::seq<int32_t>(0, shape.lanes));
  Value lane = arith::ConstantOp::create(
      k.b, DenseElementsAttr::get(VectorType::get(shape.lanes, i32), ArrayRef<int32_t>(numbers)));
  forEachRow(place.rows, [&](Value row) {
    Value position = positionOf(place.run, k.plus(place.firstRow, row));
    Value inPage = arith::SubIOp::create(k.b, position, pageStart);
    inPage = arith::IndexCastOp::create(k.b, i32, inPage);
    k.loop(k.index(0), k.index(kPageTokens), shape.lanes, [&](Value first) {
      Value start = arith::IndexCastOp::create(k.b, i32, first);
      Value token = arith::AddIOp::create(k.b, lane, k.splat(start, shape.lanes));
      Value isSeen = compare(k, arith::CmpIPredicate::sle, token, k.splat(inPage, shape.lanes));
      if (shape.window) {
        Value window = arith::ConstantIntOp::create(
            k.b, i32, std::min<int64_t>(*shape.window, std::numeric_limits<int32_t>::max() / 2));
        Value behind = arith::SubIOp::create(k.b, inPage, window);
        isSeen = arith::AndIOp::create(
            k.b, isSeen,
            compare(k, arith::CmpIPredicate::sgt, token, k.splat(behind, shape.lanes)));
      }
      Value at = k.plus(k.times(row, k.index(kPageTokens)), first);
      Value x = loadVector(scratch.scores, at);
      Value hidden = k.math.constant(-std::numeric_limits<double>::infinity(), x);
      storeVector(arith::SelectOp::create(k.b, isSeen, x, hidden), scratch.scores, at);
    });
  });
}

//===----------------------------------------------------------------------===//
// Softmax
//===----------------------------------------------------------------------===//

/// New m of every row and the decay of what was summed before.
void AttentionTile::emitMaxima(int64_t rows) {
  auto larger = [&](Value x, Value y) { return k.math.max(x, y); };
  SmallVector<Value> inRows;
  for (int64_t row = 0; row < rows; ++row) {
    Value at = k.index(row * kPageTokens);
    Value max = loadVector(scratch.scores, at);
    for (int64_t first = shape.lanes; first < kPageTokens; first += shape.lanes)
      max = larger(max, loadVector(scratch.scores, k.plus(at, k.index(first))));
    inRows.push_back(max);
  }
  Value zero = k.index(0);
  Value old = loadVector(scratch.max, zero), page = k.math.reduceRows(inRows, larger);
  if (!needsTransform())
    page = k.mul(page, k.math.constant(shape.scale * kLog2E, page));
  Value max = k.math.max(page, old);
  storeVector(max, scratch.max, zero);
  storeVector(k.math.exp2(k.sub(old, max)), scratch.decay, zero);
}

/// p = 2^(score - m), and l; what multiplies the values is p times their scales.
void AttentionTile::emitWeights(int64_t rows, Value values) {
  forEachRow(rows, [&](Value row) {
    Value minusMax = splatAt(scratch.max, row);
    minusMax = arith::NegFOp::create(k.b, minusMax);
    SmallVector<Value> sums;
    for (int64_t first = 0; first < kPageTokens; first += shape.lanes) {
      Value at = k.plus(k.times(row, k.index(kPageTokens)), k.index(first));
      Value x = loadVector(scratch.scores, at);
      x = needsTransform() ? k.add(x, minusMax)
                           : k.fma(x, k.math.constant(shape.scale * kLog2E, x), minusMax);
      Value p = k.math.exp2(x);
      sums.push_back(p);
      p = scaled(p, values, k.index(first));
      if (shape.isBf16)
        p = k.math.convert(k.math.toBf16(p), shape.leftType);
      k.store(p, scratch.weights, at);
    }
    for (size_t count = sums.size() / 2; count >= 1; count /= 2) {
      for (size_t i = 0; i < count; ++i)
        sums[i] = k.add(sums[i], sums[i + count]);
    }
    Value at = k.times(row, k.index(shape.lanes));
    Value old = loadVector(scratch.sums, at);
    storeVector(k.fma(old, splatAt(scratch.decay, row), sums[0]), scratch.sums, at);
  });
}

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

/// O = O * decay + p v. Tokens that no row sees are left out: their p is 0.
void AttentionTile::emitValues(const Place &place, Value page, Value values) {
  int64_t turn = kUnroll * shape.layout.interleave();
  Value seen = k.plus(seenTokens(place, page), k.index(turn - 1));
  Value blocks = k.times(k.over(seen, k.index(turn)), k.index(kUnroll));
  int64_t rows = shape.productRows(place.rows);
  k.loop(k.index(0), k.index(place.rows), rows, [&](Value row) {
    MicroTile tile{.rows = rows, .depth = kPageTokens, .unroll = kUnroll, .blocks = blocks};
    emitValuesOfRows(place, row, tile, values);
  });
}

/// Rows from `firstRow` on.
void AttentionTile::emitValuesOfRows(const Place &place, Value firstRow, const MicroTile &tile,
                                     Value values) {
  MicroKernel micro(k.b, k.target, shape.leftType, shape.cacheType);
  int64_t rows = tile.rows;
  int64_t pair = shape.layout.interleave(), width = shape.vectorsOf(rows);
  int64_t vectors = shape.paddedDim() / shape.lanes;
  Value start = k.times(firstRow, k.index(shape.paddedDim()));
  LeftRows left{scratch.weights, k.times(firstRow, k.index(kPageTokens)), kPageTokens};
  for (int64_t first = 0; first < vectors; first += width) {
    RightPanel right{cache, values, shape.paddedDim() * pair, {}};
    for (int64_t v = first; v < std::min(first + width, vectors); ++v)
      right.vectors.push_back({.channel = v * shape.lanes});
    int64_t count = right.vectors.size();
    fetchNextPage(right, place, {}, k.index(first * shape.lanes * kPageTokens));
    auto placeOf = [&](int64_t i) {
      int64_t inRow = (first + i % count) * shape.lanes;
      return k.plus(start, k.index(i / count * shape.paddedDim() + inRow));
    };
    SmallVector<Value> initial;
    for (int64_t i = 0; i < rows * count; ++i) {
      Value decay = splatAt(scratch.decay, k.plus(firstRow, k.index(i / count)));
      initial.push_back(k.mul(loadVector(scratch.values, placeOf(i)), decay));
    }
    auto sums = micro.emit(left, right, tile, initial);
    for (int64_t i = 0; i < rows * count; ++i)
      storeVector(sums[i], scratch.values, placeOf(i));
  }
}

} // namespace graphc
