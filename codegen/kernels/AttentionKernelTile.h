// A tile of attention: a few rows and one piece of the context.
//
// Page by page: scores = q kᵀ into scratch, times the scales of an int8 cache's keys; mask where
// the page has rows that a query does not see; maximum and weights p = 2^(score - m); values += p
// v. Everything of a tile stays in the first level of the cache; the two products are
// MicroKernel's, of a part of the tile's rows at a time. Then the piece is merged into the rows'
// totals.
//
// The bits of a row do not depend on its tile: products are chains along k; every other sum is
// within a row, in an order of its own; a page that is hidden from a row adds exact zeros and
// scales by exactly 1, as if it had not been visited.
#ifndef GRAPHC_CODEGEN_KERNELS_ATTENTIONKERNELTILE_H
#define GRAPHC_CODEGEN_KERNELS_ATTENTIONKERNELTILE_H

#include "codegen/kernels/AttentionKernelShape.h"
#include "codegen/kernels/GenericKernelLoops.h"
#include "codegen/kernels/MicroKernel.h"

namespace graphc {

/// A thread's memory: what a task keeps of its rows, and the state of the tile at hand.
struct AttentionScratch {
  AttentionScratch(GenericLoops &kernel, const AttentionShape &shape);

  int64_t bytes = 0;

  // Of all rows of a run; m, l and O are the totals over the pieces so far.
  mlir::Value queries;     ///< [blockRows * queryStride], left type
  int64_t queryStride;     ///< elements from row to row
  mlir::Value totalMax;    ///< m [blockRows], in powers of 2
  mlir::Value totalSum;    ///< l [blockRows]
  mlir::Value totalValues; ///< O [blockRows * Dp]

  // Of a tile and a piece.
  mlir::Value scores;  ///< [rows * 64]
  mlir::Value weights; ///< [rows * 64], left type
  mlir::Value values;  ///< O [rows * Dp]
  mlir::Value sums;    ///< l [rows * lanes], one number per lane
  mlir::Value max;     ///< m [lanes], one lane per row
  mlir::Value decay;   ///< 2^(old m - new m) [lanes]
};

/// The rows of one sequence in a task.
struct AttentionRun {
  mlir::Value keyHead;    ///< index
  mlir::Value firstToken; ///< row of the step
  mlir::Value pages;      ///< where the sequence's entries in the page table begin
};

class AttentionTile {
public:
  AttentionTile(GenericLoops &kernel, const AttentionShape &shape, const AttentionScratch &scratch,
                mlir::Value cache)
      : k(kernel), shape(shape), scratch(scratch), cache(cache) {}

  /// Emits rows [firstRow, firstRow + rows) of `run` over the pages of `piece` that any of them
  /// sees, and the merge into their totals. `rows` is one of shape.tileRows.
  void emit(const AttentionRun &run, mlir::Value firstRow, int64_t rows, mlir::Value piece);

  /// Sets totals of `rows` rows to those of no context: m very small, l and O zero.
  void clearTotals(mlir::Value rows);

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
  void emitScores(const Place &place, mlir::Value page, mlir::Value keys);
  void emitTransform(int64_t rows);
  void emitMask(const Place &place, mlir::Value page);
  void emitMaxima(int64_t rows);
  void emitWeights(int64_t rows, mlir::Value values);
  void emitValues(const Place &place, mlir::Value page, mlir::Value values);
  void emitValuesOfRows(const Place &place, mlir::Value firstRow, const MicroTile &tile,
                        mlir::Value values);
  void emitMerge(const Place &place);

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
  mlir::Value cache;
};

} // namespace graphc

#endif // GRAPHC_CODEGEN_KERNELS_ATTENTIONKERNELTILE_H
