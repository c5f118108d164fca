#include "ir/OpRules.h"

#include "ir/PanelLayout.h"

using namespace mlir;

namespace graphc::rules {

//===----------------------------------------------------------------------===//
// Dimensions
//===----------------------------------------------------------------------===//

DimList dimsOf(Type type, ArrayRef<Dim> symbols) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor || static_cast<size_t>(tensor.getNumDynamicDims()) != symbols.size())
    return {};
  DimList dims;
  for (int64_t extent : tensor.getShape()) {
    if (!ShapedType::isDynamic(extent)) {
      dims.push_back(Dim::fixed(extent));
      continue;
    }
    dims.push_back(symbols.front());
    symbols = symbols.drop_front();
  }
  return dims;
}

DimList dimsLike(Type type, ArrayRef<Dim> like) {
  DimList symbols;
  llvm::copy_if(like, std::back_inserter(symbols), [](Dim dim) { return !dim.isStatic(); });
  return dimsOf(type, symbols);
}

DimList withLast(ArrayRef<Dim> input, Dim last) {
  DimList dims(input.begin(), input.end());
  if (!dims.empty())
    dims.back() = last;
  return dims;
}

DimList broadcast(ArrayRef<Dim> lhs, ArrayRef<Dim> rhs) {
  if (lhs.size() < rhs.size())
    std::swap(lhs, rhs);
  DimList dims(lhs.begin(), lhs.end());
  for (size_t i = 0; i < rhs.size(); ++i) {
    Dim &dim = dims[lhs.size() - rhs.size() + i];
    if (dim == Dim::fixed(1))
      dim = rhs[i];
  }
  return dims;
}

//===----------------------------------------------------------------------===//
// Costs
//===----------------------------------------------------------------------===//

double elements(ArrayRef<Dim> dims, const StepDims &step) {
  double product = 1;
  for (Dim dim : dims)
    product *= double(step(dim));
  return product;
}

double bytes(Type type, ArrayRef<Dim> dims, const StepDims &step) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor ? elements(dims, step) * tensor.getElementTypeBitWidth() / 8 : 0;
}

Cost memoryCost(Operation *op, ArrayRef<DimList> operandDims, const StepDims &step) {
  Cost cost;
  for (auto [operand, dims] : llvm::zip(op->getOperands(), operandDims)) {
    const bool isWeight = llvm::all_of(dims, [](Dim dim) { return dim.isStatic(); });
    (isWeight ? cost.weightBytes : cost.activationBytes) += bytes(operand.getType(), dims, step);
  }
  SmallVector<DimList> resultDims = cast<DimsOpInterface>(op).inferDims(operandDims);
  for (auto [type, dims] : llvm::zip(op->getResultTypes(), resultDims))
    cost.activationBytes += bytes(type, dims, step);
  return cost;
}

Cost elementwiseCost(Operation *op, ArrayRef<DimList> operandDims, const StepDims &step,
                     double flops) {
  Cost cost = memoryCost(op, operandDims, step);
  cost.flops = flops * elements(cast<DimsOpInterface>(op).inferDims(operandDims)[0], step);
  return cost;
}

double flopsOf(Activation activation) {
  switch (activation) {
  case Activation::Silu:
    return 4; // x / (1 + exp(-x))
  case Activation::GeluTanh:
    return 9; // x/2 * (1 + tanh(c * (x + d * x*x*x)))
  case Activation::GeluErf:
    return 5; // x/2 * (1 + erf(c * x))
  case Activation::Relu:
    return 1;
  }
  return 0;
}

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

bool isPackedMatrix(RankedTensorType type) {
  return type.getRank() == 4 && type.getDimSize(2) == kPanelRows &&
         (type.getElementType().isF32() || type.getElementType().isBF16()) &&
         type.getDimSize(3) ==
             panelInterleave(type.getElementType().isF32() ? ElementType::F32 : ElementType::BF16);
}

int64_t weightRows(RankedTensorType type) {
  return isPackedMatrix(type) ? type.getDimSize(0) * kPanelRows : type.getDimSize(0);
}

int64_t weightColumns(RankedTensorType type) {
  return isPackedMatrix(type) ? type.getDimSize(1) * type.getDimSize(3) : type.getDimSize(1);
}

} // namespace graphc::rules
