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

/// A span of 16 rows: integers, then scales.
static constexpr int64_t kSpanIntegers = kRows * kRowGroup;
static constexpr int64_t kSpanBytes = kSpanIntegers + kRows * 4;

/// The sums of a tile, and the bytes of those of two blocks of a vector.
static constexpr int64_t kTileDots = kRows * kChannels;
static constexpr int64_t kDotBytes = 2 * kTileDots * 4;

//===----------------------------------------------------------------------===//
// The product of a block
//===----------------------------------------------------------------------===//

namespace {

/// A block is a span: 32 columns. Its dot products are begun a block ahead: from the loads of a
/// tile to the vector unit they take longer than scaling a block does.
class TileProduct : public BlockProduct {
public:
  TileProduct(ImplicitLocOpBuilder &builder, const Target &target, QuantFormat format, Value dots)
      : b(builder), reader(builder, target, format), format(format), dots(dots) {}

  int64_t depth() const override { return kRowGroup; }
  bool runsAhead() const override { return true; }
  void begin(const BlockPlace &place, int64_t rows) override;
  void emit(const BlockPlace &place, int64_t rows, MutableArrayRef<Value> sums) override;

private:
  Value constant(int64_t value) { return arith::ConstantIndexOp::create(b, value); }
  Value rowsAt(const BlockPlace &place);
  Value groupAt(const BlockPlace &place);
  int64_t dotsAt(const BlockPlace &place, int64_t vector);
  Value load(ArrayRef<int64_t> shape, Value memory, Value byte, int64_t stride);

  ImplicitLocOpBuilder &b;
  QuantReader reader;
  QuantFormat format;
  Value dots; ///< Rank 1, i32: those of two blocks.
};

/// Byte where the span's rows begin.
Value TileProduct::rowsAt(const BlockPlace &place) {
  Value span = indexPlus(b, place.index, place.offset);
  return arith::AddIOp::create(b, place.left.start, indexTimes(b, span, kSpanBytes));
}

/// Byte where the group of columns begins that the span is part of.
Value TileProduct::groupAt(const BlockPlace &place) {
  Value span = indexPlus(b, place.index, place.offset);
  Value group = arith::DivUIOp::create(b, span, constant(format.group / kRowGroup));
  return arith::AddIOp::create(b, place.right.start, indexTimes(b, group, place.right.stride));
}

/// Where a block's dot products with a vector of channels are.
int64_t TileProduct::dotsAt(const BlockPlace &place, int64_t vector) {
  int64_t vectors = place.right.vectors.size();
  return (place.turn * vectors + vector) * kTileDots;
}

Value TileProduct::load(ArrayRef<int64_t> shape, Value memory, Value byte, int64_t stride) {
  auto type = amx::TileType::get(shape, b.getI8Type());
  return amx::TileLoadOp::create(b, type, memory, byte, constant(stride));
}

void TileProduct::begin(const BlockPlace &place, int64_t rows) {
  assert(rows == kRows && "tiles have 16 rows");
  const RightPanel &right = place.right;
  Value leftTile = load({kRows, kRowGroup}, place.left.memory, rowsAt(place), kRowGroup);
  Value span = indexPlus(b, place.index, place.offset);
  Value inGroup = arith::RemUIOp::create(b, span, constant(format.group / kRowGroup));
  Value data = indexPlus(b, groupAt(place), format.headBytes(kPanelRows));
  data = arith::AddIOp::create(b, data, indexTimes(b, inGroup, kPanelRows * kRowGroup));
  auto dotType = amx::TileType::get({kRows, kChannels}, b.getI32Type());
  for (auto [v, vector] : llvm::enumerate(right.vectors)) {
    Value rightTile = load({kRowGroup / kQuad, kChannels * kQuad}, right.memory,
                           indexPlus(b, data, vector.channel * kQuad), kQuadBytes);
    Value zero = amx::TileZeroOp::create(b, dotType);
    Value tile = amx::TileMulIOp::create(b, dotType, leftTile, rightTile, zero);
    amx::TileStoreOp::create(b, dots, constant(dotsAt(place, v)), tile, constant(kChannels));
  }
}

void TileProduct::emit(const BlockPlace &place, int64_t rows, MutableArrayRef<Value> sums) {
  auto integers = VectorType::get({kChannels}, b.getI32Type());
  auto floats = VectorType::get({kChannels}, b.getF32Type());
  Value rowScales = indexPlus(b, rowsAt(place), kSpanIntegers);
  size_t vectors = place.right.vectors.size();
  for (auto [v, vector] : llvm::enumerate(place.right.vectors)) {
    Value scales = reader.scales(place.right.memory, groupAt(place), vector.channel).scale;
    for (int64_t r = 0; r < rows; ++r) {
      Value at = constant(dotsAt(place, v) + r * kChannels);
      Value dot = vector::LoadOp::create(b, integers, dots, at);
      Value number = arith::SIToFPOp::create(b, floats, dot);
      Value rowScale =
          reader.word(place.left.memory, indexPlus(b, rowScales, r * 4), b.getF32Type());
      Value scaled = arith::MulFOp::create(b, number, rowScale);
      Value &sum = sums[r * vectors + v];
      sum = math::FmaOp::create(b, scaled, scales, sum);
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

ByteTiles::ByteTiles(KernelFunction &function, const Target &target, QuantFormat weight,
                     int64_t blocks, int64_t panelsTogether, int64_t scratchOffset)
    : function(function), target(target), packed(weight),
      unpacked{.bits = 8, .group = weight.group}, blocks(blocks), panelsTogether(panelsTogether),
      scratchOffset(scratchOffset) {}

// Half of a second-level cache of 2 MB, which every processor with tiles has; at least so many
// panels that copying rows costs little beside multiplying them.
int64_t ByteTiles::panelsOfGroup() const {
  constexpr int64_t kBytes = 1 << 20;
  constexpr int64_t kLeast = 3;
  return roundUp(std::max(kLeast, kBytes / panelBytes()), panelsTogether);
}

int64_t ByteTiles::rowsOffset() const { return scratchOffset + kDotBytes; }

int64_t ByteTiles::panelsOffset() const { return rowsOffset() + spans() * kSpanBytes; }

int64_t ByteTiles::scratchBytes() const {
  int64_t panelsEnd = panelsOffset() + (unpacks() ? panelsOfGroup() * panelBytes() : 0);
  return panelsEnd - scratchOffset;
}

Value ByteTiles::bytes(ImplicitLocOpBuilder &b, int64_t count, int64_t offset) {
  return function.scratch(b, MemRefType::get({count}, b.getI8Type()), offset);
}

std::unique_ptr<BlockProduct> ByteTiles::product(ImplicitLocOpBuilder &b) {
  auto type = MemRefType::get({2 * kTileDots}, b.getI32Type());
  return std::make_unique<TileProduct>(b, target, unpacked,
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
  Value memory = bytes(b, spans() * kSpanBytes, rowsOffset());
  emitLoop(b, spans(), [&](Value span) {
    Value to = indexTimes(b, span, kSpanBytes);
    Value integers = arith::AddIOp::create(b, rows.start, indexTimes(b, span, kRowGroup));
    Value scales = arith::AddIOp::create(b, rows.start, indexTimes(b, span, 4));
    for (int64_t r = 0; r < kRows; ++r) {
      copyBytes(b, kRowGroup, rows.memory, indexPlus(b, integers, r * rows.stride), memory,
                indexPlus(b, to, r * kRowGroup));
      copyBytes(b, 4, rows.memory, indexPlus(b, scales, r * rows.stride + rows.width), memory,
                indexPlus(b, to, kSpanIntegers + r * 4));
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
