#include "codegen/kernels/UnpackedPanels.h"

#include "codegen/kernels/Loops.h"
#include "codegen/kernels/QuantReader.h"
#include "codegen/kernels/VectorAccess.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace graphc {

static constexpr int64_t kUnitBytes = QuantFormat::kUnitBytes;

int64_t QuantPanels::unitColumns() const {
  if (!unpacked)
    return format.unitColumns();
  return *unpacked == PanelNumbers::Bf16 ? 2 : 4;
}

int64_t QuantPanels::spanBytes() const {
  const int64_t columns = format.spanColumns();
  return unpacked ? columns / unitColumns() * kPanelRows * kUnitBytes
                  : format.integerBytes(kPanelRows, columns);
}

int64_t QuantPanels::groupBytes() const {
  return format.factorBytes(kPanelRows) + format.group / format.spanColumns() * spanBytes();
}

int64_t QuantPanels::blockBytes() const {
  return format.headBytes(kPanelRows) + format.blockGroups() * groupBytes();
}

std::optional<PanelNumbers> UnpackedPanels::numbersFor(const Target &target, Type rows,
                                                       QuantFormat format) {
  if (isa<QuantType>(rows)) {
    // int8 is ready as it is packed: VPMADDUBSW takes it by its sign and magnitude, and what
    // VPDPBUSD needs, one bit of each byte turned over, is done in pipes that it leaves idle: a
    // Zen 5 gains 4 % of pp512. A core with two pipes of 512 bits may lose; none was measured.
    // Nonlinear integers have a sign for VPMADDUBSW as well, which tiles look up for themselves.
    bool isReady = format.isWhole() || (format.isNonlinear && !target.hasByteDot());
    return isReady ? std::nullopt : std::optional(PanelNumbers::Unsigned);
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

/// What is the same packed and unpacked.
void UnpackedPanels::copy(ImplicitLocOpBuilder &b, Value from, Value fromByte, Value to,
                          Value toByte, int64_t count) {
  if (count == 0)
    return;
  auto bytes = VectorType::get({count}, b.getI8Type());
  vector::StoreOp::create(b, vector::LoadOp::create(b, bytes, from, fromByte), to, toByte);
}

/// The integers of one group; see ir/QuantFormat.h for where they are.
void UnpackedPanels::unpackGroup(ImplicitLocOpBuilder &b, Value from, Value fromByte, Value to,
                                 Value toByte) {
  QuantReader reader(b, target, layout.format);
  const int64_t columns = layout.format.spanColumns(), unitColumns = layout.format.unitColumns();
  const int64_t unitBytes = unitColumns / layout.unitColumns() * kPanelRows * kUnitBytes;
  emitLoop(b, layout.format.group / columns, [&](Value span) {
    auto stepped = [&](Value from, int64_t bytes) -> Value {
      return arith::AddIOp::create(b, from, indexTimes(b, span, bytes));
    };
    Value data = stepped(fromByte, QuantPanels{layout.format}.spanBytes());
    Value first = stepped(toByte, layout.spanBytes());
    emitLoop(b, columns / unitColumns, [&](Value unit) {
      Value at = arith::AddIOp::create(b, first, indexTimes(b, unit, unitBytes));
      for (int64_t channel = 0; channel < kPanelRows; channel += target.lanes()) {
        QuantUnits units = reader.units(from, data, unit, channel);
        for (auto [i, numbers] : llvm::enumerate(reader.unpacked(units, *layout.unpacked)))
          vector::StoreOp::create(
              b, numbers, to, indexPlus(b, at, (int64_t(i) * kPanelRows + channel) * kUnitBytes));
      }
    });
  });
}

void UnpackedPanels::unpack(ImplicitLocOpBuilder &b, Value weight, Value first, Value end) {
  const QuantFormat &format = layout.format;
  const int64_t head = format.headBytes(kPanelRows), factors = format.factorBytes(kPanelRows);
  Value to = memory(b);
  auto stepped = [&](Value from, Value step, int64_t by) -> Value {
    return arith::AddIOp::create(b, from, indexTimes(b, step, by));
  };
  Value firstBlock = indexTimes(b, first, blocks);
  emitLoop(b, firstBlock, indexTimes(b, end, blocks), 1, [&](Value block) {
    Value fromByte = indexTimes(b, block, format.blockBytes(kPanelRows));
    Value number = arith::SubIOp::create(b, block, firstBlock);
    Value toByte = indexTimes(b, number, layout.blockBytes());
    copy(b, weight, fromByte, to, toByte, head);
    emitLoop(b, format.blockGroups(), [&](Value group) {
      Value fromGroup = stepped(indexPlus(b, fromByte, head), group, format.groupBytes(kPanelRows));
      Value toGroup = stepped(indexPlus(b, toByte, head), group, layout.groupBytes());
      copy(b, weight, fromGroup, to, toGroup, factors);
      unpackGroup(b, weight, indexPlus(b, fromGroup, factors), to, indexPlus(b, toGroup, factors));
    });
  });
}

} // namespace graphc
