#include "passes/analysis/DispatchList.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/MLIRContext.h"

#include <gtest/gtest.h>

using namespace mlir;

namespace graphc {
namespace {

Dim n(int64_t extent) { return Dim::fixed(extent); }
const Dim kT = Dim::tokens();
const Dim kR = Dim::rows();
const Dim kS = Dim::cached();

TEST(KeepsLayout, RegroupingBehindASymbolMovesNothing) {
  EXPECT_TRUE(keepsLayout({kT, n(64)}, {kT, n(4), n(16)}));
  EXPECT_TRUE(keepsLayout({kT, n(4), n(16)}, {kT, n(64)}));
  EXPECT_TRUE(keepsLayout({n(4), kT, n(16)}, {n(2), n(2), kT, n(16)}));
  EXPECT_TRUE(keepsLayout({n(4), kT, kS}, {n(2), n(1), n(2), kT, n(1), kS}));
  EXPECT_TRUE(keepsLayout({n(6), n(4)}, {n(24)}));
}

TEST(KeepsLayout, MovingExtentsAcrossASymbolDoes) {
  EXPECT_FALSE(keepsLayout({n(4), kT, n(16)}, {kT, n(64)}));
  EXPECT_FALSE(keepsLayout({n(2), kT}, {kT, n(2)}));
  EXPECT_FALSE(keepsLayout({kT, n(2), kS}, {kT, kS, n(2)}));
}

TEST(KeepsLayout, OtherSymbolsDo) {
  EXPECT_FALSE(keepsLayout({kT, kS}, {kS, kT}));
  EXPECT_FALSE(keepsLayout({kT, n(64)}, {kR, n(64)}));
}

TEST(BoundedBytes, TakesSymbolsAtTheirBounds) {
  MLIRContext context;
  Builder builder(&context);
  const StepDims bounds{.tokens = 16, .rows = 8, .cached = 128};
  const int64_t any = ShapedType::kDynamic;
  Type scores = RankedTensorType::get({4, any, any}, builder.getF32Type());
  EXPECT_EQ(boundedBytes(scores, {n(4), kT, kS}, bounds), 4u * 16 * 128 * 4);
  Type rows = RankedTensorType::get({any, 10}, builder.getBF16Type());
  EXPECT_EQ(boundedBytes(rows, {kR, n(10)}, bounds), 8u * 10 * 2);
}

TEST(BoundedBytes, RefusesUnknownDimensionsAndOverflow) {
  MLIRContext context;
  Builder builder(&context);
  const StepDims bounds{.tokens = 16, .rows = 16, .cached = 128};
  Type rows = RankedTensorType::get({ShapedType::kDynamic, 10}, builder.getF32Type());
  EXPECT_EQ(boundedBytes(rows, {}, bounds), std::nullopt);
  EXPECT_EQ(boundedBytes(builder.getIndexType(), {}, bounds), std::nullopt);
  const int64_t huge = int64_t(1) << 40;
  Type large = RankedTensorType::get({huge, huge}, builder.getF32Type());
  EXPECT_EQ(boundedBytes(large, {n(huge), n(huge)}, bounds), std::nullopt);
}

} // namespace
} // namespace graphc
