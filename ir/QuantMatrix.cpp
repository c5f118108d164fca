#include "ir/QuantMatrix.h"

#include "runtime/base/Assert.h"
#include "runtime/base/ElementType.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace graphc {

QuantMatrix::QuantMatrix(const QuantFormat &format, int64_t rows, int64_t columns)
    : format(format), rows(rows), columns(columns) {
  auto sizeOf = [&](int64_t perRow) { return static_cast<size_t>(rows * perRow); };
  integers.resize(sizeOf(paddedColumns()));
  scales.resize(sizeOf(blocks()));
  if (format.hasMinimum)
    minimums.resize(sizeOf(blocks()));
  if (format.hasTwoLevels())
    factors.resize(sizeOf(groups()));
  if (format.hasTwoLevels() && format.hasMinimum)
    minimumFactors.resize(sizeOf(groups()));
}

QuantMatrix::Scales QuantMatrix::scalesOf(int64_t row, int64_t group) const {
  const auto block = static_cast<size_t>(row * blocks() + group / format.blockGroups());
  const auto at = static_cast<size_t>(row * groups() + group);
  Scales result{fromF16(scales[block]), format.hasMinimum ? fromF16(minimums[block]) : 0.0f};
  if (format.hasTwoLevels()) {
    result.scale *= static_cast<float>(factors[at]);
    if (format.hasMinimum)
      result.minimum *= static_cast<float>(minimumFactors[at]);
  }
  return result;
}

static float numberOf(const QuantFormat &format, const QuantMatrix::Scales &scales, int8_t q) {
  const auto integer = static_cast<float>(format.isNonlinear ? format.integerOf(q) : q);
  return format.hasMinimum ? std::fma(integer, scales.scale, scales.minimum)
                           : scales.scale * integer;
}

float QuantMatrix::number(int64_t row, int64_t column) const {
  return numberOf(format, scalesOf(row, column / format.group),
                  integers[static_cast<size_t>(row * paddedColumns() + column)]);
}

void QuantMatrix::copyRow(const QuantMatrix &from, int64_t fromRow, int64_t row) {
  GRAPHC_ASSERT(format == from.format && columns == from.columns, "the same form");
  auto copy = [&](auto &to, const auto &numbers, int64_t perRow) {
    if (!to.empty())
      std::copy_n(numbers.begin() + fromRow * perRow, perRow, to.begin() + row * perRow);
  };
  copy(integers, from.integers, paddedColumns());
  copy(scales, from.scales, blocks());
  copy(minimums, from.minimums, blocks());
  copy(factors, from.factors, groups());
  copy(minimumFactors, from.minimumFactors, groups());
}

void QuantMatrix::read(int64_t row, std::span<float> out) const {
  GRAPHC_ASSERT(std::ssize(out) == columns, "room for a row");
  const int8_t *from = integers.data() + row * paddedColumns();
  for (int64_t begin = 0; begin < columns; begin += format.group) {
    const Scales groupScales = scalesOf(row, begin / format.group);
    const int64_t end = std::min(columns, begin + format.group);
    for (int64_t k = begin; k < end; ++k)
      out[static_cast<size_t>(k)] = numberOf(format, groupScales, from[k]);
  }
}

//===----------------------------------------------------------------------===//
// Panels
//===----------------------------------------------------------------------===//

namespace {

/// Writes the blocks of a panel one after the other.
class PanelWriter {
public:
  PanelWriter(const QuantMatrix &matrix, std::span<std::byte> out)
      : matrix(matrix), format(matrix.format), out(out.data()) {}

  void write() {
    for (int64_t block = 0; block < matrix.blocks(); ++block) {
      writeEach(matrix.scales, matrix.blocks(), block);
      writeEach(matrix.minimums, matrix.blocks(), block);
      for (int64_t i = 0; i < format.blockGroups(); ++i)
        writeGroup(block * format.blockGroups() + i);
    }
  }

private:
  /// Number `at` of each row's `perRow`; nothing if there are none.
  template <typename Number>
  void writeEach(const std::vector<Number> &numbers, int64_t perRow, int64_t at) {
    if (numbers.empty())
      return;
    for (int64_t row = 0; row < kBlockChannels; ++row, out += sizeof(Number))
      std::memcpy(out, &numbers[static_cast<size_t>(row * perRow + at)], sizeof(Number));
  }

  void writeGroup(int64_t group) {
    writeEach(matrix.factors, matrix.groups(), group);
    writeEach(matrix.minimumFactors, matrix.groups(), group);
    const int64_t begin = group * format.group, end = begin + format.group;
    for (int64_t span = begin; span < end; span += format.spanColumns()) {
      writeUnits(span, format.unitColumns(), [&](const int8_t *from) { return lowUnit(from); });
      if (format.highBits() != 0)
        writeUnits(span, format.highUnitColumns(),
                   [&](const int8_t *from) { return highUnit(from); });
    }
  }

  /// Units of a span's columns, `columns` each, made from the row's integers from a column on.
  template <typename Unit>
  void writeUnits(int64_t span, int64_t columns, Unit unitOf) {
    for (int64_t column = span; column < span + format.spanColumns(); column += columns) {
      for (int64_t row = 0; row < kBlockChannels; ++row, out += QuantFormat::kUnitBytes) {
        const uint32_t unit =
            unitOf(matrix.integers.data() + row * matrix.paddedColumns() + column);
        std::memcpy(out, &unit, sizeof unit);
      }
    }
  }

  uint32_t lowUnit(const int8_t *from) const {
    const uint32_t mask = format.isWhole() ? 0xff : 0xf;
    uint32_t unit = 0;
    for (int64_t k = 0; k < format.unitColumns(); ++k)
      unit |= (storedFrom(from[k]) & mask) << static_cast<uint32_t>(format.bitOf(k));
    return unit;
  }

  uint32_t storedFrom(int8_t q) const { return static_cast<uint32_t>(q + format.storedOffset()); }

  uint32_t highUnit(const int8_t *from) const {
    const uint32_t mask = (1u << static_cast<uint32_t>(format.highBits())) - 1;
    uint32_t unit = 0;
    for (int64_t k = 0; k < format.highUnitColumns(); ++k) {
      unit |= (storedFrom(from[k]) >> 4 & mask) << static_cast<uint32_t>(format.highBitOf(k));
    }
    return unit;
  }

  const QuantMatrix &matrix;
  const QuantFormat &format;
  std::byte *out;
};

} // namespace

void writePanel(const QuantMatrix &matrix, std::span<std::byte> out) {
  GRAPHC_ASSERT(matrix.rows == kBlockChannels, "a panel has 32 rows");
  GRAPHC_ASSERT(std::ssize(out) == matrix.blocks() * matrix.format.blockBytes(kBlockChannels),
                "room for a panel");
  PanelWriter(matrix, out).write();
}

} // namespace graphc
