#include "codegen/kernels/MatmulEpilogue.h"

#include "codegen/kernels/Loops.h"
#include "codegen/kernels/VectorAccess.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace graphc {

void MatmulEpilogue::emitRows(ImplicitLocOpBuilder &b, const PanelSums &rows) const {
  size_t vectors = rows.places.size();
  auto rowsOfWidth = [&](int64_t channels) {
    for (int64_t r = 0; r < rows.rows; ++r) {
      ArrayRef<Value> rowSums = ArrayRef(rows.sums).slice(r * vectors, vectors);
      Value row = indexPlus(b, rows.firstRow, r);
      emitRow(b, {row, rows.panel, channels, rows.places, rowSums});
    }
  };
  PanelWidth width = this->width();
  if (width.last == width.full || width.period == 1)
    return rowsOfWidth(width.last);
  Value inPeriod =
      arith::RemUIOp::create(b, rows.panel, arith::ConstantIndexOp::create(b, width.period));
  Value lastPanel = arith::ConstantIndexOp::create(b, width.period - 1);
  Value isFull = arith::CmpIOp::create(b, arith::CmpIPredicate::ne, inPeriod, lastPanel);
  emitIf(b, isFull, [&] { rowsOfWidth(width.full); }, [&] { rowsOfWidth(width.last); });
}

} // namespace graphc
