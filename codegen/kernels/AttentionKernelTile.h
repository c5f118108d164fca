// A tile of attention: a few rows and one piece of the context.
//
// Page by page: scores = q kᵀ into scratch, times the scales of an int8 cache's keys; mask where
// the page has rows that a query does not see; maximum and weights p = 2^(score - m); values += p
// v. Everything of a tile stays in the first level of the cache; the two products are
// MicroKernel's, of a part of the tile's rows at a time. Then the piece is merged into the rows'
// totals, or, in a share, kept.
//
// The bits of a row do not depend on its tile: products are chains along k; every other sum is
// within a row, in an order of its own; a page that is hidden from a row adds exact zeros and
// scales by exactly 1, as if it had not been visited.
#ifndef GRAPHC_CODEGEN_KERNELS_ATTENTIONKERNELTILE_H
#define GRAPHC_CODEGEN_KERNELS_ATTENTIONKERNELTILE_H

#include "codegen/kernels/AttentionKernelTotals.h"
#include "codegen/kernels/MicroKernel.h"

namespace graphc {

class AttentionTile {
public:
  AttentionTile(GenericLoops &kernel, const AttentionShape &shape, const AttentionScratch &scratch,
                AttentionTotals &totals, mlir::Value cache)
      : k(kernel), shape(shape), scratch(scratch), totals(totals), cache(cache) {}

  /// Emits rows [firstRow, firstRow + rows) of `run` over the pages of `piece` that any of them
  /// sees, and adds the piece to their totals. `rows` is one of shape.tileRows.
  void emit(const AttentionRun &run, mlir::Value firstRow, int64_t rows, mlir::Value piece);

private:
  /// What is being emitted: rows of a tile, and the page.
  struct Place {
    const AttentionRun &run;
    mlir::Value firstRow;
    int64_t rows;
    mlir::Value firstPosition, lastPosition;    ///< of the tile's rows
    mlir::Value nextKeys = {}, nextValues = {}; ///< where they begin, if they are asked for
  };

  void clearState(int64_t rows);
  void emitPage(Place place, mlir::Value page);
  mlir::Value keysOfPage(const Place &place, mlir::Value page);
  void fetchNextPage(RightPanel &right, const Place &place, mlir::Value keysDone,
                     mlir::Value valuesDone);
  void emitScores(const Place &place, mlir::Value page, mlir::Value keys);
  void emitTransform(int64_t rows);
  void emitMask(const Place &place, mlir::Value page);
  void hideTokens(const Place &place, mlir::Value pageStart);
  void emitMaxima(int64_t rows);
  void emitWeights(int64_t rows, mlir::Value values);
  void emitValues(const Place &place, mlir::Value page, mlir::Value values);
  void emitValuesOfRows(const Place &place, mlir::Value firstRow, const MicroTile &tile,
                        mlir::Value values);

  void forEachRow(int64_t rows, llvm::function_ref<void(mlir::Value)> body);
  mlir::Value positionOf(const AttentionRun &run, mlir::Value row);
  mlir::Value seenTokens(const Place &place, mlir::Value page);
  mlir::Value loadVector(mlir::Value memory, mlir::Value at);
  void storeVector(mlir::Value vector, mlir::Value memory, mlir::Value at);
  mlir::Value splatAt(mlir::Value memory, mlir::Value at);
  mlir::Value scaled(mlir::Value numbers, mlir::Value head, mlir::Value token);
  bool needsTransform() const { return shape.cap || !(shape.scale > 0); }

  GenericLoops &k;
  const AttentionShape &shape;
  const AttentionScratch &scratch;
  AttentionTotals &totals;
  mlir::Value cache;
};

} // namespace graphc

#endif // GRAPHC_CODEGEN_KERNELS_ATTENTIONKERNELTILE_H
