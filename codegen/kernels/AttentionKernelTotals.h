// The totals of a row over the pieces of its context, and what a share leaves for them.
//
// A piece of the context ends as a state of its own: m, l and O of an online softmax (see
// AttentionKernelTile.h). States are merged into the totals one after the other, from the first
// piece to the last. Where a task is cut into shares (KernelAbi.h), a share keeps the states of its
// pieces in memory that all threads see, and the last one to end merges all of them: the same
// numbers in the same order, so the same bits.
#ifndef GRAPHC_CODEGEN_KERNELS_ATTENTIONKERNELTOTALS_H
#define GRAPHC_CODEGEN_KERNELS_ATTENTIONKERNELTOTALS_H

#include "codegen/kernels/AttentionKernelShape.h"
#include "codegen/kernels/GenericKernelLoops.h"

namespace graphc {

/// m of a row that has seen nothing: finite, so that differences are no NaN, and so small that
/// 2^(kNothing - m) is 0 for every score.
constexpr double kNothing = -3.0e38;

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
  mlir::Value keyHead;              ///< index
  mlir::Value firstToken;           ///< row of the step
  mlir::Value lastToken;            ///< row of the step
  mlir::Value rows;                 ///< their number
  mlir::Value pages;                ///< where the sequence's entries in the page table begin
  mlir::Value firstPiece, endPiece; ///< of the context that any of its rows sees
};

class AttentionTotals {
public:
  AttentionTotals(GenericLoops &kernel, const AttentionShape &shape,
                  const AttentionScratch &scratch);

  /// Sets totals of `rows` rows to those of no context: m very small, l and O zero.
  void clear(mlir::Value rows);

  /// The state of rows [firstRow, firstRow + rows) of `run`, of a tile that is through with
  /// `piece`: into their totals, or, in a share, into the memory of all.
  void add(const AttentionRun &run, mlir::Value firstRow, int64_t rows, mlir::Value piece);

  /// Adds what shares have kept of a run's rows.
  void addKept(const AttentionRun &run);

  /// i1: whether this task is a whole one, or a share.
  mlir::Value isWhole();
  mlir::Value isShare();
  /// Ends a share, when it has kept everything. i1: whether it is the last of its head to do so;
  /// then it must merge, and nobody else will.
  mlir::Value endShare(mlir::Value keyHead);

private:
  /// m and l, a lane for each of some rows, and where their O is.
  struct State {
    mlir::Value max, sum;
    mlir::Value values, valuesAt;
  };

  void merge(mlir::Value firstRow, int64_t rows, const State &state);
  void keep(const AttentionRun &run, mlir::Value firstRow, int64_t rows, mlir::Value piece,
            const State &state);
  mlir::Value placeOfKept(const AttentionRun &run, mlir::Value row, mlir::Value piece);
  void forEachVector(llvm::function_ref<void(mlir::Value)> body);
  mlir::VectorType lanesType() const;

  GenericLoops &k;
  const AttentionShape &shape;
  const AttentionScratch &scratch;
  mlir::Value counters; ///< i32, of each head's shares that have ended
  mlir::Value kept;     ///< f32, [piece][head][row of the step][keptNumbers()]
};

} // namespace graphc

#endif // GRAPHC_CODEGEN_KERNELS_ATTENTIONKERNELTOTALS_H
