#include "codegen/kernels/ByteTiles.h"

#include "codegen/kernels/ByteDot.h"
#include "codegen/kernels/Loops.h"
#include "codegen/kernels/QuantReader.h"
#include "codegen/kernels/VectorAccess.h"

#include "mlir/Dialect/AMX/AMXDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace graphc {

static constexpr int64_t kRows = ByteTiles::kRows;
/// Channels of a tile of weights and of sums: the lanes of a register.
static constexpr int64_t kChannels = 16;
/// Columns of k in 4 bytes.
static constexpr int64_t kQuad = 4;
static constexpr int64_t kQuadBytes = kPanelRows * kQuad;

/// The integers of a span of 16 rows, and its sums with a vector of channels.
static constexpr int64_t kSpanIntegers = kRows * kSpanColumns;
static constexpr int64_t kTileDots = kRows * kChannels;

static int64_t spansOf(const QuantRowFormat &rows) {
  assert(rows.span == kSpanColumns && "a tile has the columns of a span");
  return rows.group / kSpanColumns;
}
/// Bytes of a group of 16 rows: integers, then scales.
static int64_t rowGroupBytes(const QuantRowFormat &rows) {
  return spansOf(rows) * kSpanIntegers + kRows * QuantRowFormat::kWordBytes;
}
/// Dot products of two blocks with a vector of channels.
static int64_t dotCount(const QuantRowFormat &rows) { return 2 * spansOf(rows) * kTileDots; }

//===----------------------------------------------------------------------===//
// The product of a block
//===----------------------------------------------------------------------===//

namespace {

/// A block is a group of the rows' columns, some spans. Its dot products are begun a block ahead:
/// from the loads of a tile to the vector unit they take longer than scaling a block does.
class TileProduct : public BlockProduct {
public:
  TileProduct(ImplicitLocOpBuilder &builder, const Target &target, QuantRowFormat rowFormat,
              QuantFormat format, Value dots)
      : b(builder), reader(builder, target, format), rowFormat(rowFormat), format(format),
        dots(dots) {}

  int64_t depth() const override { return rowFormat.group; }
  bool runsAhead() const override { return true; }
  void begin(const BlockPlace &place, int64_t rows) override;
  void emit(const BlockPlace &place, int64_t rows, MutableArrayRef<Value> sums) override;

private:
  Value constant(int64_t value) { return arith::ConstantIndexOp::create(b, value); }
  Value rowsAt(const BlockPlace &place);
  Value spanOf(const BlockPlace &place, int64_t number);
  Value groupAt(const BlockPlace &place, Value span);
  int64_t dotsAt(const BlockPlace &place, int64_t span, int64_t vector);
  Value load(ArrayRef<int64_t> shape, Value memory, Value byte, int64_t stride);
  void beginSpan(const BlockPlace &place, int64_t number);

  ImplicitLocOpBuilder &b;
  QuantReader reader;
  QuantRowFormat rowFormat;
  QuantFormat format;
  Value dots; ///< Rank 1, i32: those of two blocks.
};

/// Byte where the block's rows begin.
Value TileProduct::rowsAt(const BlockPlace &place) {
  Value block = indexPlus(b, place.index, place.offset);
  return arith::AddIOp::create(b, place.left.start, indexTimes(b, block, rowGroupBytes(rowFormat)));
}

/// The number in the panel that the block's span has.
Value TileProduct::spanOf(const BlockPlace &place, int64_t number) {
  Value block = indexPlus(b, place.index, place.offset);
  return indexPlus(b, indexTimes(b, block, spansOf(rowFormat)), number);
}

/// Byte where the weight's group begins that the span is part of.
Value TileProduct::groupAt(const BlockPlace &place, Value span) {
  Value group = arith::DivUIOp::create(b, span, constant(format.group / kSpanColumns));
  return arith::AddIOp::create(b, place.right.start, indexTimes(b, group, place.right.stride));
}

/// Where the dot products of a block's span with a vector of channels are.
int64_t TileProduct::dotsAt(const BlockPlace &place, int64_t span, int64_t vector) {
  int64_t vectors = place.right.vectors.size();
  return ((place.turn * spansOf(rowFormat) + span) * vectors + vector) * kTileDots;
}

Value TileProduct::load(ArrayRef<int64_t> shape, Value memory, Value byte, int64_t stride) {
  auto type = amx::TileType::get(shape, b.getI8Type());
  return amx::TileLoadOp::create(b, type, memory, byte, constant(stride));
}

void TileProduct::beginSpan(const BlockPlace &place, int64_t number) {
  const RightPanel &right = place.right;
  Value leftTile = load({kRows, kSpanColumns}, place.left.memory,
                        indexPlus(b, rowsAt(place), number * kSpanIntegers), kSpanColumns);
  Value span = spanOf(place, number);
  Value inGroup = arith::RemUIOp::create(b, span, constant(format.group / kSpanColumns));
  Value data = indexPlus(b, groupAt(place, span), format.headBytes(kPanelRows));
  data = arith::AddIOp::create(b, data, indexTimes(b, inGroup, kPanelRows * kSpanColumns));
  auto dotType = amx::TileType::get({kRows, kChannels}, b.getI32Type());
  for (auto [v, vector] : llvm::enumerate(right.vectors)) {
    Value rightTile = load({kSpanColumns / kQuad, kChannels * kQuad}, right.memory,
                           indexPlus(b, data, vector.channel * kQuad), kQuadBytes);
    Value zero = amx::TileZeroOp::create(b, dotType);
    Value tile = amx::TileMulIOp::create(b, dotType, leftTile, rightTile, zero);
    amx::TileStoreOp::create(b, dots, constant(dotsAt(place, number, v)), tile,
                             constant(kChannels));
  }
}

void TileProduct::begin(const BlockPlace &place, int64_t rows) {
  assert(rows == kRows && "tiles have 16 rows");
  assert(place.right.vectors.size() == 1 && "there is room for the dot products with one vector");
  for (int64_t span = 0; span < spansOf(rowFormat); ++span)
    beginSpan(place, span);
}

void TileProduct::emit(const BlockPlace &place, int64_t rows, MutableArrayRef<Value> sums) {
  auto integers = VectorType::get({kChannels}, b.getI32Type());
  auto floats = VectorType::get({kChannels}, b.getF32Type());
  Value zero = arith::ConstantOp::create(b, b.getZeroAttr(floats));
  Value rowScales = indexPlus(b, rowsAt(place), spansOf(rowFormat) * kSpanIntegers);
  size_t vectors = place.right.vectors.size();
  for (auto [v, vector] : llvm::enumerate(place.right.vectors)) {
    SmallVector<Value> scales;
    for (int64_t span = 0; span < spansOf(rowFormat); ++span)
      scales.push_back(
          reader.scales(place.right.memory, groupAt(place, spanOf(place, span)), vector.channel)
              .scale);
    for (int64_t r = 0; r < rows; ++r) {
      Value part = zero;
      for (auto [span, scale] : llvm::enumerate(scales)) {
        Value at = constant(dotsAt(place, span, v) + r * kChannels);
        Value dot = vector::LoadOp::create(b, integers, dots, at);
        part = math::FmaOp::create(b, arith::SIToFPOp::create(b, floats, dot), scale, part);
      }
      Value rowScale =
          reader.word(place.left.memory, indexPlus(b, rowScales, r * QuantRowFormat::kWordBytes),
                      b.getF32Type());
      Value &sum = sums[r * vectors + v];
      sum = math::FmaOp::create(b, part, rowScale, sum);
    }
  }
}

} // namespace

//===----------------------------------------------------------------------===//
// Scratch
//===----------------------------------------------------------------------===//

bool ByteTiles::multiply(const Target &target, Type rows, Type weight) {
  auto quant = dyn_cast<QuantType>(weight);
  if (!target.hasByteTiles() || !isa<QuantType>(rows) || !quant)
    return false;
  // Of these a span has one scale; the vector unit takes the others.
  const QuantFormat format = quant.getFormat();
  return !format.hasTwoLevels() && !format.hasMinimum;
}

ByteTiles::ByteTiles(KernelFunction &function, const Target &target, QuantRowFormat rows,
                     QuantFormat weight, int64_t blocks, int64_t panelsTogether,
                     int64_t scratchOffset)
    : function(function), target(target), rowFormat(rows), packed(weight),
      unpacked{.bits = 8, .group = weight.group}, blocks(blocks), panelsTogether(panelsTogether),
      scratchOffset(scratchOffset) {}

// Half of a second-level cache of 2 MB, which every processor with tiles has; at least so many
// panels that copying rows costs little beside multiplying them.
int64_t ByteTiles::panelsOfGroup() const {
  constexpr int64_t kBytes = 1 << 20;
  constexpr int64_t kLeast = 3;
  return roundUp(std::max(kLeast, kBytes / panelBytes()), panelsTogether);
}

int64_t ByteTiles::rowsOffset() const {
  return scratchOffset + dotCount(rowFormat) * static_cast<int64_t>(sizeof(int32_t));
}

int64_t ByteTiles::panelsOffset() const {
  return rowsOffset() + rowGroups() * rowGroupBytes(rowFormat);
}

int64_t ByteTiles::scratchBytes() const {
  int64_t panelsEnd = panelsOffset() + (unpacks() ? panelsOfGroup() * panelBytes() : 0);
  return panelsEnd - scratchOffset;
}

Value ByteTiles::bytes(ImplicitLocOpBuilder &b, int64_t count, int64_t offset) {
  return function.scratch(b, MemRefType::get({count}, b.getI8Type()), offset);
}

std::unique_ptr<BlockProduct> ByteTiles::product(ImplicitLocOpBuilder &b) {
  auto type = MemRefType::get({dotCount(rowFormat)}, b.getI32Type());
  return std::make_unique<TileProduct>(b, target, rowFormat, unpacked,
                                       function.scratch(b, type, scratchOffset));
}

//===----------------------------------------------------------------------===//
// Rows
//===----------------------------------------------------------------------===//

static void copyBytes(ImplicitLocOpBuilder &b, int64_t count, Value from, Value fromByte, Value to,
                      Value toByte) {
  auto type = VectorType::get({count}, b.getI8Type());
  vector::StoreOp::create(b, vector::LoadOp::create(b, type, from, fromByte), to, toByte);
}

LeftRows ByteTiles::packRows(ImplicitLocOpBuilder &b, const LeftRows &rows) {
  constexpr int64_t kWord = QuantRowFormat::kWordBytes;
  const int64_t groupBytes = rowGroupBytes(rowFormat), integers = groupBytes - kRows * kWord;
  Value memory = bytes(b, rowGroups() * groupBytes, rowsOffset());
  emitLoop(b, rowGroups(), [&](Value group) {
    Value to = indexTimes(b, group, groupBytes);
    Value from = arith::AddIOp::create(b, rows.start, indexTimes(b, group, rowFormat.group));
    Value scales = arith::AddIOp::create(b, rows.start, indexTimes(b, group, kWord));
    for (int64_t r = 0; r < kRows; ++r) {
      for (int64_t span = 0; span < spansOf(rowFormat); ++span)
        copyBytes(b, kSpanColumns, rows.memory,
                  indexPlus(b, from, r * rows.stride + span * kSpanColumns), memory,
                  indexPlus(b, to, span * kSpanIntegers + r * kSpanColumns));
      copyBytes(b, kWord, rows.memory, indexPlus(b, scales, r * rows.stride + rows.width), memory,
                indexPlus(b, to, integers + r * kWord));
    }
  });
  return {memory, arith::ConstantIndexOp::create(b, 0), 0, rows.width};
}

//===----------------------------------------------------------------------===//
// Panels
//===----------------------------------------------------------------------===//

UnpackedPanels ByteTiles::unpackedPanels() const {
  return {function, target,          {packed, PanelNumbers::Signed},
          blocks,   panelsOfGroup(), panelsOffset()};
}

void ByteTiles::unpackPanels(ImplicitLocOpBuilder &b, Value weight, Value first, Value end) {
  if (unpacks())
    unpackedPanels().unpack(b, weight, first, end);
}

RightPanel ByteTiles::panel(ImplicitLocOpBuilder &b, Value weight, Value panel, Value first) {
  RightPanel right;
  right.memory = unpacks() ? unpackedPanels().memory(b) : weight;
  right.stride = unpacked.blockBytes(kPanelRows);
  Value number = unpacks() ? Value(arith::SubIOp::create(b, panel, first)) : panel;
  right.start = indexTimes(b, number, panelBytes());
  return right;
}

} // namespace graphc
