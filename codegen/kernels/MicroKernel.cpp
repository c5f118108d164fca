#include "codegen/kernels/MicroKernel.h"

#include "codegen/kernels/VectorAccess.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;

namespace graphc {

static constexpr int64_t kLineBytes = 64;

int64_t packedPair(Type elementType) { return elementType.isF32() || elementType.isF16() ? 1 : 2; }

MicroKernel::MicroKernel(ImplicitLocOpBuilder &builder, const Target &target, Type left, Type right)
    : MicroKernel(builder, target, makeBlockProduct(builder, target, left, right)) {}

MicroKernel::MicroKernel(ImplicitLocOpBuilder &builder, const Target &target,
                         std::unique_ptr<BlockProduct> product)
    : b(builder), lanes(target.lanes()), product(std::move(product)) {}

VectorType MicroKernel::sumType() const { return VectorType::get({lanes}, b.getF32Type()); }

std::unique_ptr<BlockProduct> makeBlockProduct(ImplicitLocOpBuilder &builder, const Target &target,
                                               Type left, Type right) {
  auto quant = dyn_cast<QuantType>(right);
  if (!quant)
    return makeFloatProduct(builder, target, left, right);
  if (auto rows = dyn_cast<QuantType>(left))
    return makeIntegerProduct(builder, target, rows.getRowFormat(), {quant.getFormat()});
  if (left.isBF16())
    return makePairProduct(builder, target, {quant.getFormat()});
  return makeWidenedProduct(builder, target, quant.getFormat());
}

std::unique_ptr<BlockProduct> makeUnpackedProduct(ImplicitLocOpBuilder &builder,
                                                  const Target &target, Type left,
                                                  QuantPanels panels) {
  if (auto rows = dyn_cast<QuantType>(left))
    return makeIntegerProduct(builder, target, rows.getRowFormat(), panels);
  return makePairProduct(builder, target, panels);
}

Value RightVector::inPanel(ImplicitLocOpBuilder &b, Value at) const {
  return offset ? Value(arith::AddIOp::create(b, at, offset)) : at;
}

void RightPanel::emitFetches(ImplicitLocOpBuilder &b, Value at, int64_t bytes) const {
  if (fetch.distance == 0)
    return;
  Type element = cast<MemRefType>(memory.getType()).getElementType();
  int64_t elementBytes = element.getIntOrFloatBitWidth() / 8;
  SmallVector<Value> panels; // The vectors of a panel are neighbours.
  for (size_t i = 0; i < vectors.size(); ++i) {
    if (i == 0 || vectors[i].offset != vectors[i - 1].offset)
      panels.push_back(vectors[i].inPanel(b, at));
  }
  for (int64_t byte = 0; byte < bytes; byte += kLineBytes)
    for (Value panel : panels) {
      Value ahead = indexPlus(b, panel, (fetch.distance + byte) / elementBytes);
      memref::PrefetchOp::create(b, memory, ahead, /*isWrite=*/false, fetch.hint,
                                 /*isDataCache=*/true);
    }
}

/// The block behind `block + offset`. Behind the last one it is that again: begun once more, which
/// nobody waits for.
Value MicroKernel::nextBlock(Value block, int64_t offset, int64_t blocks) {
  Value next = indexPlus(b, block, offset + 1);
  return arith::MinUIOp::create(b, next, arith::ConstantIndexOp::create(b, blocks - 1));
}

void MicroKernel::fetchTurn(const RightPanel &right, Value block, int64_t blocks) {
  if (right.fetch.distance == 0 && right.next.empty())
    return;
  assert(!product->runsAhead() && "blocks that run ahead are not those of the right factor");
  int64_t bits = cast<MemRefType>(right.memory.getType()).getElementTypeBitWidth();
  Value first = arith::AddIOp::create(b, right.start, indexTimes(b, block, right.stride));
  right.emitFetches(b, first, blocks * right.stride * bits / 8);
  if (!right.next.empty())
    fetchNext(right, block, blocks);
}

/// Asks for as much of what is read next as the turn reads of its panel, in each piece in the order
/// of memory: then the machine's own prefetching helps.
void MicroKernel::fetchNext(const RightPanel &right, Value block, int64_t blocks) {
  Type element = cast<MemRefType>(right.memory.getType()).getElementType();
  int64_t lineElements = kLineBytes * 8 / element.getIntOrFloatBitWidth();
  int64_t pieces = std::ssize(right.next);
  int64_t ofBlock = std::ssize(right.vectors) * lanes * packedPair(element) / pieces;
  for (int64_t at = 0; at < blocks * ofBlock; at += lineElements)
    for (Value piece : right.next) {
      Value next = arith::AddIOp::create(b, piece, indexTimes(b, block, ofBlock));
      memref::PrefetchOp::create(b, right.memory, indexPlus(b, next, at), /*isWrite=*/false,
                                 right.fetch.hint, /*isDataCache=*/true);
    }
}

SmallVector<Value> MicroKernel::emit(const LeftRows &left, const RightPanel &right,
                                     const MicroTile &tile, ValueRange initial) {
  SmallVector<Value> sums(initial);
  if (sums.empty()) {
    Value zero = arith::ConstantOp::create(b, b.getZeroAttr(sumType()));
    sums.assign(tile.rows * right.vectors.size(), zero);
  }
  int64_t depth = product->depth();
  int64_t fullBlocks = tile.depth / depth;
  int64_t looped = fullBlocks - fullBlocks % tile.unroll;
  auto unrolled = [&](Value block, int64_t count, MutableArrayRef<Value> into) {
    for (int64_t u = 0; u < count; ++u) {
      if (product->runsAhead())
        product->begin({left, right, nextBlock(block, u, fullBlocks), 0, depth, (u + 1) % 2},
                       tile.rows);
      product->emit({left, right, block, u, depth, u % 2}, tile.rows, into);
    }
  };
  auto index = [&](int64_t value) -> Value { return arith::ConstantIndexOp::create(b, value); };

  Value first = tile.first ? tile.first : index(0);
  assert((!tile.first || (!tile.blocks && !product->runsAhead())) && "pieces are of one size");
  assert((!product->runsAhead() || tile.unroll % 2 == 0) && "blocks take turns of two");
  if (product->runsAhead() && fullBlocks > 0)
    product->begin({left, right, index(0), 0, depth}, tile.rows);
  assert((!tile.blocks || (looped * depth == tile.depth && !product->runsAhead())) &&
         "blocks that may be left out are those of the loop");
  if (looped > 0) {
    Value end = tile.blocks ? tile.blocks : indexPlus(b, first, looped);
    auto loop = scf::ForOp::create(b, first, end, index(tile.unroll), sums);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    SmallVector<Value> inner(loop.getRegionIterArgs());
    if (!product->fetches())
      fetchTurn(right, loop.getInductionVar(), tile.unroll);
    unrolled(loop.getInductionVar(), tile.unroll, inner);
    scf::YieldOp::create(b, inner);
    sums.assign(loop.getResults().begin(), loop.getResults().end());
  }

  Value rest = indexPlus(b, first, looped);
  unrolled(rest, fullBlocks - looped, sums);
  if (int64_t valid = tile.depth % depth)
    product->emit({left, right, rest, fullBlocks - looped, valid}, tile.rows, sums);
  return sums;
}

} // namespace graphc
