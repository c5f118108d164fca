// The classes of tiles that the rows of a product are taken in.
#ifndef GRAPHC_CODEGEN_KERNELS_MATMULTILES_H
#define GRAPHC_CODEGEN_KERNELS_MATMULTILES_H

#include "codegen/target/Target.h"

#include "mlir/IR/Types.h"

namespace graphc {

/// A tile: rows at once, in how many passes over the panel (each takes every passes-th vector), and
/// how many steps of k a turn of the loop has.
struct TileClass {
  int64_t rows;
  int64_t passes;
  int64_t unroll;
  int64_t streams = 1; ///< Panels that are read side by side, as far as the range has so many.
  enum class Way {
    Vectors,  ///< Panels as they are packed.
    Tiles,    ///< By tile instructions (ByteTiles.h).
    Unpacked, ///< Panels that were unpacked for all tiles (UnpackedPanels.h).
  } way = Way::Vectors;

  /// All there is to wait for is memory.
  bool isStream() const { return rows <= 4 && way == Way::Vectors; }
  bool inTiles() const { return way == Way::Tiles; }
  bool isUnpacked() const { return way == Way::Unpacked; }
};

/// By falling rows, the last with one row: tiles are taken greedily. `many`: how the class with the
/// most rows takes the panels of a quantized weight; floats have the one way.
llvm::ArrayRef<TileClass> tileClasses(const Target &target, mlir::Type weight, TileClass::Way many);

} // namespace graphc

#endif // GRAPHC_CODEGEN_KERNELS_MATMULTILES_H
