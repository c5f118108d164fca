// Epilogue of linear and fused_linear.
#include "codegen/kernels/MatmulEpilogue.h"
#include "codegen/kernels/VectorAccess.h"
#include "codegen/kernels/VectorMath.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace graphc {

SmallVector<Value> ScaleAndBias::apply(ImplicitLocOpBuilder &b, const RowSums &row) const {
  SmallVector<Value> values(row.sums);
  auto type = cast<VectorType>(values.front().getType());
  if (factor) {
    Value one = memref::LoadOp::create(b, factor, row.row);
    Value all = vector::BroadcastOp::create(b, type, one);
    for (Value &value : values)
      value = arith::MulFOp::create(b, value, all);
  }
  if (bias) {
    Value panelStart = indexTimes(b, row.panel, kPanelRows);
    for (auto [value, place] : llvm::zip_equal(values, row.places)) {
      Value at = indexPlus(b, panelStart, place * type.getNumElements());
      value = arith::AddFOp::create(b, value, vector::LoadOp::create(b, type, bias, at));
    }
  }
  return values;
}

namespace {

/// Where a linear op's result goes and what is added to it.
struct LinearParts {
  ScaleAndBias scaleAndBias;
  std::optional<Activation> gate;
  std::optional<Activation> act;
  std::optional<double> cap;
  Value residual;       ///< memref<rows * N x f32>, or null.
  Value result;         ///< memref<rows * N x f32 or bf16>.
  int64_t channels = 0; ///< N.
};

class LinearEpilogue : public MatmulEpilogue {
public:
  LinearEpilogue(LinearParts parts, const Target &target)
      : parts(std::move(parts)), target(target) {}

  PanelWidth width() const override {
    int64_t full = panelOutputs();
    int64_t panels = ceilDiv(parts.channels, full);
    return {panels, full, parts.channels - (panels - 1) * full};
  }

  bool isLong() const override { return parts.gate || parts.act || parts.cap; }

  void emitRow(ImplicitLocOpBuilder &b, const RowSums &row) const override {
    SmallVector<Value> values = parts.scaleAndBias.apply(b, row);
    int64_t lanes = target.lanes();
    Value rowStart = indexTimes(b, row.row, parts.channels);
    Value panelStart = arith::AddIOp::create(b, rowStart, indexTimes(b, row.panel, panelOutputs()));
    size_t outputs = parts.gate ? values.size() / 2 : values.size();
    for (size_t i = 0; i < outputs; ++i) {
      int64_t first = row.places[i] * lanes;
      int64_t count = std::min(row.channels - first, lanes);
      if (count <= 0)
        continue;
      Value value = parts.gate ? gated(b, values[i], values[outputs + i]) : function(b, values[i]);
      finish(b, value, indexPlus(b, panelStart, first), count);
    }
  }

private:
  int64_t panelOutputs() const { return parts.gate ? kHalfBlockRows : kPanelRows; }

  /// activation(gate) * up.
  Value gated(ImplicitLocOpBuilder &b, Value gate, Value up) const {
    Value activated = VectorMath(b, target).activation(gate, *parts.gate);
    return arith::MulFOp::create(b, activated, up);
  }

  /// The activation or the soft cap, if there is one.
  Value function(ImplicitLocOpBuilder &b, Value value) const {
    VectorMath math(b, target);
    if (parts.act)
      return math.activation(value, *parts.act);
    if (!parts.cap)
      return value;
    Value bound = math.constant(*parts.cap, value);
    Value turned = math.tanh(arith::DivFOp::create(b, value, bound));
    return arith::MulFOp::create(b, turned, bound);
  }

  /// Adds the residual, rounds and stores.
  void finish(ImplicitLocOpBuilder &b, Value value, Value at, int64_t count) const {
    if (parts.residual) {
      auto type = cast<VectorType>(value.getType());
      value = arith::AddFOp::create(b, value, loadLanes(b, type, parts.residual, at, count));
    }
    Type stored = cast<MemRefType>(parts.result.getType()).getElementType();
    storeLanes(b, VectorMath(b, target).convert(value, stored), parts.result, at, count);
  }

  LinearParts parts;
  const Target &target;
};

LinearParts resultParts(ImplicitLocOpBuilder &b, Value result, KernelFunction &function) {
  LinearParts parts;
  parts.result = flattened(b, function.memoryOf(result));
  parts.channels = cast<RankedTensorType>(result.getType()).getDimSize(1);
  return parts;
}

} // namespace

std::unique_ptr<MatmulEpilogue> makeLinearEpilogue(ImplicitLocOpBuilder &b, LinearOp op,
                                                   KernelFunction &function, const Target &target) {
  return std::make_unique<LinearEpilogue>(resultParts(b, op.getResult(), function), target);
}

std::unique_ptr<MatmulEpilogue> makeLinearEpilogue(ImplicitLocOpBuilder &b, FusedLinearOp op,
                                                   KernelFunction &function, const Target &target) {
  LinearParts parts = resultParts(b, op.getResult(), function);
  parts.scaleAndBias = {function.memoryOf(op.getRowFactor()), function.memoryOf(op.getBias())};
  parts.gate = op.getGate();
  parts.act = op.getAct();
  if (op.getCap())
    parts.cap = op.getCap()->convertToFloat();
  if (op.getResidual())
    parts.residual = flattened(b, function.memoryOf(op.getResidual()));
  return std::make_unique<LinearEpilogue>(std::move(parts), target);
}

} // namespace graphc
