#include "codegen/kernels/UnpackedPanels.h"

#include "codegen/kernels/Loops.h"
#include "codegen/kernels/QuantReader.h"
#include "codegen/kernels/VectorAccess.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace graphc {

static constexpr int64_t kUnitBytes = 4;
static constexpr int64_t kScalesBytes = kPanelRows * QuantFormat::kScaleBytes;

int64_t QuantPanels::unitColumns() const {
  if (!unpacked)
    return format.unitColumns();
  return *unpacked == PanelNumbers::Bf16 ? 2 : 4;
}

int64_t QuantPanels::blockBytes() const {
  return kScalesBytes + format.group / unitColumns() * kPanelRows * kUnitBytes;
}

std::optional<PanelNumbers> UnpackedPanels::numbersFor(const Target &target, Type rows,
                                                       QuantFormat format) {
  if (isa<QuantType>(rows)) {
    // int8 is ready as it is packed: VPMADDUBSW takes it by its sign and magnitude, and what
    // VPDPBUSD needs, one bit of each byte turned over, is done in pipes that it leaves idle: a
    // Zen 5 gains 4 % of pp512. A core with two pipes of 512 bits may lose; none was measured.
    return format.bits == 4 ? std::optional(PanelNumbers::Unsigned) : std::nullopt;
  }
  if (rows.isBF16() && target.prefersBf16Dot())
    return PanelNumbers::Bf16;
  return std::nullopt;
}

UnpackedPanels::UnpackedPanels(KernelFunction &function, const Target &target, QuantPanels layout,
                               int64_t blocks, int64_t panelCount, int64_t scratchOffset)
    : function(function), target(target), layout(layout), blocks(blocks), panelCount(panelCount),
      scratchOffset(scratchOffset) {}

Value UnpackedPanels::memory(ImplicitLocOpBuilder &b) {
  return function.scratch(b, MemRefType::get({scratchBytes()}, b.getI8Type()), scratchOffset);
}

/// The integers of one block; see ir/QuantFormat.h for where they are.
void UnpackedPanels::unpackBlock(ImplicitLocOpBuilder &b, Value from, Value fromByte, Value to,
                                 Value toByte) {
  QuantReader reader(b, target, layout.format);
  int64_t vectorBytes = target.lanes() * kUnitBytes;
  int64_t unitsOfOne = layout.format.unitColumns() / layout.unitColumns();
  emitLoop(b, layout.format.group / layout.format.unitColumns(), [&](Value unit) {
    Value at = arith::AddIOp::create(b, fromByte, indexTimes(b, unit, kPanelRows * kUnitBytes));
    Value first =
        arith::AddIOp::create(b, toByte, indexTimes(b, unit, unitsOfOne * kPanelRows * kUnitBytes));
    for (int64_t byte = 0; byte < kPanelRows * kUnitBytes; byte += vectorBytes) {
      auto type = VectorType::get({vectorBytes}, b.getI8Type());
      Value units = vector::LoadOp::create(b, type, from, indexPlus(b, at, byte));
      for (auto [i, numbers] : llvm::enumerate(reader.unpacked(units, *layout.unpacked)))
        vector::StoreOp::create(b, numbers, to,
                                indexPlus(b, first, int64_t(i) * kPanelRows * kUnitBytes + byte));
    }
  });
}

void UnpackedPanels::unpack(ImplicitLocOpBuilder &b, Value weight, Value first, Value end) {
  Value to = memory(b);
  auto scales = VectorType::get({kScalesBytes}, b.getI8Type());
  Value firstBlock = indexTimes(b, first, blocks);
  emitLoop(b, firstBlock, indexTimes(b, end, blocks), 1, [&](Value block) {
    Value fromByte = indexTimes(b, block, layout.format.blockBytes(kPanelRows));
    Value number = arith::SubIOp::create(b, block, firstBlock);
    Value toByte = indexTimes(b, number, layout.blockBytes());
    vector::StoreOp::create(b, vector::LoadOp::create(b, scales, weight, fromByte), to, toByte);
    unpackBlock(b, weight, indexPlus(b, fromByte, kScalesBytes), to,
                indexPlus(b, toByte, kScalesBytes));
  });
}

} // namespace graphc
