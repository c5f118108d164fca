#include "codegen/kernels/MatmulTiles.h"

#include "codegen/kernels/ByteTiles.h"

using namespace mlir;

namespace graphc {

// A panel is 2 vectors on AVX-512 and 4 on AVX2. The largest tile has 24 sums in 32 registers, or
// 12 (10, where bf16 is widened, which takes registers as well) in 16; small ones read the panel
// once and get their independent chains from its channels.
static ArrayRef<TileClass> floatClasses(const Target &target, Type weight) {
  static constexpr TileClass kWide[] = {
      {12, 1, 2}, {8, 1, 2}, {4, 1, 2, 2}, {2, 1, 2, 4}, {1, 1, 2, 4}};
  static constexpr TileClass kNarrow[] = {{6, 2, 2}, {4, 2, 2}, {2, 1, 2}, {1, 1, 2, 2}};
  static constexpr TileClass kNarrowF16[] = {{6, 2, 2}, {4, 2, 2}, {2, 1, 2}, {1, 1, 1, 2}};
  static constexpr TileClass kNarrowBf16[] = {{5, 2, 1}, {4, 2, 1}, {2, 1, 1}, {1, 1, 2, 2}};
  if (target.vectorRegisters() >= 32)
    return kWide;
  if (weight.isBF16())
    return kNarrowBf16;
  return weight.isF16() ? ArrayRef(kNarrowF16) : ArrayRef(kNarrow);
}

// A quantized weight needs a second set of sums, those of a span, and a third where the rows are
// quantized too (the sums themselves are then in memory, but for once a group), and its numbers are
// unpacked for each tile: fewer rows make room for it. Tiles of 16 rows are scaled by vectors of 16
// sums.
static ArrayRef<TileClass> quantClasses(const Target &target, TileClass::Way many) {
  using enum TileClass::Way;
  static constexpr TileClass kWide[] = {{6, 1, 1}, {4, 1, 1, 2}, {2, 1, 1, 4}, {1, 1, 1, 4}};
  static constexpr TileClass kTiles[] = {
      {ByteTiles::kRows, 2, 2, 1, Tiles}, {6, 1, 1}, {4, 1, 1}, {2, 1, 1, 2}, {1, 1, 1, 4}};
  static constexpr TileClass kNarrow[] = {{5, 4, 1}, {4, 4, 1}, {2, 2, 1}, {1, 2, 1}};
  static constexpr TileClass kWideUnpacked[] = {
      {6, 1, 1, 1, Unpacked}, {6, 1, 1}, {4, 1, 1, 2}, {2, 1, 1, 4}, {1, 1, 1, 4}};
  static constexpr TileClass kNarrowUnpacked[] = {
      {5, 4, 1, 1, Unpacked}, {5, 4, 1}, {4, 4, 1}, {2, 2, 1}, {1, 2, 1}};
  const bool isWide = target.vectorRegisters() >= 32;
  switch (many) {
  case Tiles:
    return kTiles;
  case Unpacked:
    return isWide ? ArrayRef(kWideUnpacked) : ArrayRef(kNarrowUnpacked);
  case Vectors:
    break;
  }
  return isWide ? ArrayRef(kWide) : ArrayRef(kNarrow);
}

ArrayRef<TileClass> tileClasses(const Target &target, Type weight, TileClass::Way many) {
  return isa<QuantType>(weight) ? quantClasses(target, many) : floatClasses(target, weight);
}

} // namespace graphc
