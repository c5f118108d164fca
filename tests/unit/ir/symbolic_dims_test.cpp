// Dimensions derived from the ops, and costs in terms of them.
#include "ir/IrTest.h"

#include <gmock/gmock.h>

using namespace graphc;
using namespace mlir;

namespace {

class SymbolicDimsTest : public IrTest {
protected:
  static std::string text(ArrayRef<Dim> dims) {
    std::string result;
    llvm::raw_string_ostream os(result);
    llvm::interleave(dims, os, "x");
    return result;
  }

  /// Dimensions of the first result of the only op of a class.
  template <typename Op>
  std::string dimsOf(const SymbolicDims &dims, ModuleOp module, unsigned result = 0) {
    return text(dims.get(first<Op>(module)->getResult(result)));
  }
};

constexpr const char *kNetwork = R"mlir(
func.func private @layer(%x: tensor<?x64xf32>, %step: !graphc.step,
                         %kv: !graphc.kv_cache<2x16xf32>, %w: tensor<64x64xf32>)
    -> tensor<?x64xf32> {
  %y = graphc.linear %x, %w : (tensor<?x64xf32>, tensor<64x64xf32>) -> tensor<?x64xf32>
  %h = graphc.reshape %y : tensor<?x64xf32> -> tensor<?x4x16xf32>
  %q = graphc.transpose %h [1, 0, 2] : tensor<?x4x16xf32> -> tensor<4x?x16xf32>
  %k, %v = graphc.kv_read %kv, %step : !graphc.kv_cache<2x16xf32>
           -> tensor<2x?x16xf32>, tensor<2x?x16xf32>
  %k4 = graphc.repeat %k axis 0 times 2 : tensor<2x?x16xf32> -> tensor<4x?x16xf32>
  %s = graphc.batch_matmul %q, %k4 transpose_b
       : (tensor<4x?x16xf32>, tensor<4x?x16xf32>) -> tensor<4x?x?xf32>
  %m = graphc.mean %s : tensor<4x?x?xf32> -> tensor<4x?x1xf32>
  %b = graphc.sub %s, %m : (tensor<4x?x?xf32>, tensor<4x?x1xf32>) -> tensor<4x?x?xf32>
  %o = graphc.flash_attention %q, %kv, %step causal scale 0.25
       : tensor<4x?x16xf32>, !graphc.kv_cache<2x16xf32> -> tensor<?x64xf32>
  return %o : tensor<?x64xf32>
}
func.func @step(%step: !graphc.step) -> tensor<?x100xf32> {
  %table = graphc.constant dense<0.0> : tensor<100x64xf32>
  %w = graphc.constant dense<0.0> : tensor<64x64xf32>
  %kv0 = graphc.kv_layer 0 : !graphc.kv_cache<2x16xf32>
  %kv1 = graphc.kv_layer 1 : !graphc.kv_cache<2x16xf32>
  %x = graphc.embedding %table, %step : tensor<100x64xf32> -> tensor<?x64xf32>
  %y = func.call @layer(%x, %step, %kv0, %w)
       : (tensor<?x64xf32>, !graphc.step, !graphc.kv_cache<2x16xf32>, tensor<64x64xf32>) -> tensor<?x64xf32>
  %z = func.call @layer(%y, %step, %kv1, %w)
       : (tensor<?x64xf32>, !graphc.step, !graphc.kv_cache<2x16xf32>, tensor<64x64xf32>) -> tensor<?x64xf32>
  %r = graphc.select_rows %z, %step : tensor<?x64xf32> -> tensor<?x64xf32>
  %l = graphc.fused_linear %r, %table : (tensor<?x64xf32>, tensor<100x64xf32>) -> tensor<?x100xf32>
  return %l : tensor<?x100xf32>
}
)mlir";

TEST_F(SymbolicDimsTest, FollowsCallsFromStep) {
  OwningOpRef<ModuleOp> module = parse(kNetwork);
  ASSERT_TRUE(module) << diagnostics;
  FailureOr<SymbolicDims> dims = SymbolicDims::analyze(*module);
  ASSERT_TRUE(succeeded(dims)) << diagnostics;
  EXPECT_EQ(dimsOf<EmbeddingOp>(*dims, *module), "Tx64");
  EXPECT_EQ(dimsOf<LinearOp>(*dims, *module), "Tx64");
  EXPECT_EQ(dimsOf<ReshapeOp>(*dims, *module), "Tx4x16");
  EXPECT_EQ(dimsOf<TransposeOp>(*dims, *module), "4xTx16");
  EXPECT_EQ(dimsOf<KvReadOp>(*dims, *module, 1), "2xSx16");
  EXPECT_EQ(dimsOf<RepeatOp>(*dims, *module), "4xSx16");
  EXPECT_EQ(dimsOf<BatchMatmulOp>(*dims, *module), "4xTxS");
  EXPECT_EQ(dimsOf<MeanOp>(*dims, *module), "4xTx1");
  EXPECT_EQ(dimsOf<SubOp>(*dims, *module), "4xTxS");
  EXPECT_EQ(dimsOf<FlashAttentionOp>(*dims, *module), "Tx64");
  EXPECT_EQ(dimsOf<func::CallOp>(*dims, *module), "Tx64");
  EXPECT_EQ(dimsOf<SelectRowsOp>(*dims, *module), "Rx64");
  EXPECT_EQ(dimsOf<FusedLinearOp>(*dims, *module), "Rx100");
}

TEST_F(SymbolicDimsTest, RefusesCallsThatDiffer) {
  OwningOpRef<ModuleOp> module = parse(R"mlir(
    func.func private @f(%x: tensor<?x4xf32>) -> tensor<?x4xf32> { return %x : tensor<?x4xf32> }
    func.func @step(%step: !graphc.step) -> tensor<?x4xf32> {
      %w = graphc.constant dense<0.0> : tensor<8x4xf32>
      %x = graphc.embedding %w, %step : tensor<8x4xf32> -> tensor<?x4xf32>
      %y = func.call @f(%x) : (tensor<?x4xf32>) -> tensor<?x4xf32>
      %r = graphc.select_rows %y, %step : tensor<?x4xf32> -> tensor<?x4xf32>
      %z = func.call @f(%r) : (tensor<?x4xf32>) -> tensor<?x4xf32>
      return %z : tensor<?x4xf32>
    })mlir");
  ASSERT_TRUE(module) << diagnostics;
  EXPECT_TRUE(failed(SymbolicDims::analyze(*module)));
  EXPECT_THAT(diagnostics,
              ::testing::HasSubstr("dimensions [T, 4], as in an earlier call, but got [R, 4]"));
}

TEST_F(SymbolicDimsTest, ReadsArgumentAttributes) {
  OwningOpRef<ModuleOp> module = parse(R"mlir(
    graphc.kernel @k(%x: tensor<?x4xf32> {graphc.dims = ["R"]}, %w: tensor<8x4xf32>) -> tensor<?x8xf32> {
      %y = graphc.linear %x, %w : (tensor<?x4xf32>, tensor<8x4xf32>) -> tensor<?x8xf32>
      graphc.yield %y : tensor<?x8xf32>
    })mlir");
  ASSERT_TRUE(module) << diagnostics;
  auto kernel = first<KernelOp>(*module);
  FailureOr<SymbolicDims> dims = SymbolicDims::analyze(kernel);
  ASSERT_TRUE(succeeded(dims)) << diagnostics;
  EXPECT_EQ(dimsOf<LinearOp>(*dims, *module), "Rx8");
  EXPECT_EQ(getDimsAttr(&context, dims->get(kernel.getArgument(0))),
            kernel.getArgAttr(0, kDimsAttrName));

  const DimList tokens{Dim::tokens(), Dim::fixed(4)}, weight{Dim::fixed(8), Dim::fixed(4)};
  dims = SymbolicDims::analyze(kernel, {tokens, weight});
  ASSERT_TRUE(succeeded(dims)) << diagnostics;
  EXPECT_EQ(dimsOf<LinearOp>(*dims, *module), "Tx8");
  EXPECT_TRUE(failed(SymbolicDims::analyze(kernel, {weight, weight})));
}

TEST_F(SymbolicDimsTest, RefusesDimensionWithoutSymbol) {
  OwningOpRef<ModuleOp> module =
      parse("func.func @f(%x: tensor<?x?xf32>) -> tensor<?x?xf32> { return %x : tensor<?x?xf32> }");
  ASSERT_TRUE(module) << diagnostics;
  EXPECT_TRUE(failed(SymbolicDims::analyze(*module)));
  EXPECT_THAT(diagnostics, ::testing::HasSubstr("expected graphc.dims with a symbol for each ?"));
}

TEST_F(SymbolicDimsTest, RefusesProductsOverTwoSymbols) {
  OwningOpRef<ModuleOp> module = parse(R"mlir(
    func.func @f(%p: tensor<2x?x?xf32> {graphc.dims = ["T", "S"]}, %v: tensor<2x?x8xf32>)
        -> tensor<2x?x8xf32> {
      %y = graphc.batch_matmul %p, %v : (tensor<2x?x?xf32>, tensor<2x?x8xf32>) -> tensor<2x?x8xf32>
      return %y : tensor<2x?x8xf32>
    })mlir");
  ASSERT_TRUE(module) << diagnostics;
  EXPECT_TRUE(failed(SymbolicDims::analyze(*module)));
  EXPECT_THAT(diagnostics, ::testing::HasSubstr("batch_matmul"));
}

TEST_F(SymbolicDimsTest, CountsCosts) {
  OwningOpRef<ModuleOp> module = parse(kNetwork);
  ASSERT_TRUE(module) << diagnostics;
  FailureOr<SymbolicDims> dims = SymbolicDims::analyze(*module);
  ASSERT_TRUE(succeeded(dims)) << diagnostics;
  const StepDims step{.tokens = 3, .rows = 1, .cached = 10};
  Cost linear = dims->cost(first<LinearOp>(*module), step);
  EXPECT_EQ(linear.flops, 2 * 3 * 64 * 64);
  EXPECT_EQ(linear.weightBytes, 4 * 64 * 64);
  EXPECT_EQ(linear.activationBytes, 4 * (3 * 64 + 3 * 64));
  EXPECT_EQ(dims->cost(first<EmbeddingOp>(*module), step).weightBytes, 4 * 3 * 64);
  EXPECT_EQ(dims->cost(first<FusedLinearOp>(*module), step).flops, 2 * 64 * 100);
  // Tokens 7, 8, 9 of a sequence of 10 see 8 + 9 + 10 rows.
  Cost attention = dims->cost(first<FlashAttentionOp>(*module), step);
  EXPECT_EQ(attention.flops, 4 * (8 + 9 + 10) * (4 * 16 + 6));
  EXPECT_EQ(attention.cacheBytes, 2 * 10 * 2 * 16 * 4);
}

TEST_F(SymbolicDimsTest, BoundsBytesOfQuantizedWeights) {
  auto bytes = [&](const std::string &tensor, std::initializer_list<int64_t> extents) {
    OwningOpRef<ModuleOp> module = parse("func.func private @f(" + tensor + ")");
    SmallVector<Dim> dims;
    for (int64_t extent : extents)
      dims.push_back(Dim::fixed(extent));
    Type type = first<func::FuncOp>(*module).getFunctionType().getInput(0);
    return boundedBytes(type, dims, StepDims());
  };
  // Of each channel and group the integers and two bytes of scale.
  EXPECT_EQ(bytes("tensor<3x5x32x32x!graphc.quant<i8:f16, 32>>", {3, 5, 32, 32}), 3 * 5 * 32 * 34);
  EXPECT_EQ(bytes("tensor<3x5x32x32x!graphc.quant<i4:f16, 32>>", {3, 5, 32, 32}), 3 * 5 * 32 * 18);
  EXPECT_EQ(bytes("tensor<2x1x32x5632x!graphc.quant<i8:f16, 5632>>", {2, 1, 32, 5632}),
            2 * 32 * 5634);
  EXPECT_EQ(bytes("tensor<4x8xbf16>", {int64_t(1) << 40, int64_t(1) << 40}), std::nullopt);
}

TEST(StepDims, CountsPairsThatAttentionSees) {
  EXPECT_EQ((StepDims{.tokens = 4, .cached = 4}).attendedPairs(), 1 + 2 + 3 + 4);
  EXPECT_EQ((StepDims{.tokens = 1, .cached = 100}).attendedPairs(), 100);
  EXPECT_EQ((StepDims{.tokens = 4, .cached = 4}).attendedPairs(2), 1 + 2 + 2 + 2);
  EXPECT_EQ((StepDims{.tokens = 2, .cached = 100}).attendedPairs(8), 16);
  // Two sequences of 5 and 7 rows, one token each.
  EXPECT_EQ((StepDims{.tokens = 2, .cached = 12, .pairs = 12}).attendedPairs(), 12);
}

} // namespace
