// Fused ops by their own definitions against the un-fused ops that they decompose into, and against
// their form with packed weights.
#include "ir/ReferenceTest.h"

using namespace graphc;
using namespace mlir;

namespace {

/// Replaces every fused op that decomposes; returns how many.
int decomposeAll(ModuleOp module) {
  SmallVector<Operation *> fused;
  module.walk([&](DecomposableOpInterface op) { fused.push_back(op); });
  OpBuilder builder(module.getContext());
  int count = 0;
  for (Operation *op : fused) {
    FailureOr<SmallVector<Value>> parts = cast<DecomposableOpInterface>(op).decompose(builder);
    if (failed(parts))
      continue;
    op->replaceAllUsesWith(*parts);
    op->erase();
    ++count;
  }
  return count;
}

class FusedReferenceTest : public ReferenceTest {
protected:
  /// Results of @f as it is and when decomposed, each with a cache of its own.
  void compare(StringRef text, ArrayRef<RuntimeValue> arguments, double tolerance) {
    OwningOpRef<ModuleOp> module = parse(text);
    ASSERT_TRUE(module) << diagnostics;
    const KvStore before = cache;
    const std::vector<Tensor> direct = run(*module, arguments);
    cache = before;
    ASSERT_GT(decomposeAll(*module), 0);
    ASSERT_TRUE(succeeded(module->verify())) << diagnostics;
    EXPECT_FALSE(first<DecomposableOpInterface>(*module));
    const std::vector<Tensor> parts = run(*module, arguments);
    ASSERT_EQ(direct.size(), parts.size());
    ASSERT_FALSE(direct.empty());
    for (size_t i = 0; i < direct.size(); ++i)
      expectNear(direct[i], parts[i], tolerance);
  }

  /// Fills the cache of layer 0 with rows of `heads` x `headDim` random numbers.
  void fillCache(int32_t sequence, int32_t rows, int64_t heads, int64_t headDim) {
    std::mt19937 generator(static_cast<unsigned>(sequence));
    std::normal_distribution<float> normal;
    for (int32_t position = 0; position < rows; ++position) {
      KvStore::Row row;
      for (int64_t i = 0; i < heads * headDim; ++i) {
        row.key.push_back(roundTo(BFloat16Type::get(&context), normal(generator)));
        row.value.push_back(roundTo(BFloat16Type::get(&context), normal(generator)));
      }
      cache.set(0, sequence, position, std::move(row));
    }
  }
};

//===----------------------------------------------------------------------===//
// prepare_rows, fused_linear
//===----------------------------------------------------------------------===//

TEST_F(FusedReferenceTest, PrepareRows) {
  const std::vector<Tensor> y = run(R"mlir(
    func.func @f(%x: tensor<?x2xf32>, %g: tensor<2xf32>) -> (tensor<?x4xbf16>, tensor<?xf32>) {
      %0, %1 = graphc.prepare_rows %x rms(3.5) gamma(%g) : (tensor<?x2xf32>, tensor<2xf32>) -> (tensor<?x4xbf16>, tensor<?xf32>)
      return %0, %1 : tensor<?x4xbf16>, tensor<?xf32>
    })mlir",
                                    {arg({2, 2}, {0, 1, 0, 5}), arg({2}, {7, 1.001f})});
  ASSERT_EQ(y.size(), 2u);
  EXPECT_EQ(y[0], Tensor({2, 4}, {0, 1, 0, 0, 0, 5, 0, 0}));
  EXPECT_EQ(y[1], Tensor({2}, {0.5f, 0.25f}));
}

TEST_F(FusedReferenceTest, PrepareRowsDecomposes) {
  compare(R"mlir(
    func.func @f(%x: tensor<?x8xf32>, %g: tensor<8xf32>) -> (tensor<?x8xbf16>, tensor<?xf32>) {
      %0, %1 = graphc.prepare_rows %x rms(1.0e-5) gamma(%g) : (tensor<?x8xf32>, tensor<8xf32>) -> (tensor<?x8xbf16>, tensor<?xf32>)
      return %0, %1 : tensor<?x8xbf16>, tensor<?xf32>
    })mlir",
          {random({3, 8}, 1), random({8}, 2)}, 1e-6);
}

TEST_F(FusedReferenceTest, PaddedRowsDoNotDecompose) {
  OwningOpRef<ModuleOp> module = parse(R"mlir(
    func.func @f(%x: tensor<?x8xf32>) -> tensor<?x16xf32> {
      %0 = graphc.prepare_rows %x : (tensor<?x8xf32>) -> tensor<?x16xf32>
      return %0 : tensor<?x16xf32>
    })mlir");
  EXPECT_EQ(decomposeAll(*module), 0);
}

TEST_F(FusedReferenceTest, FusedLinearByHand) {
  // K = 2, one gate and one up row: x g = (2, 6), gate 2 + 1, up 6 * r; r = 1 / sqrt(5 + 11).
  const Tensor y = run1(R"mlir(
    func.func @f(%x: tensor<?x2xf32>, %w: tensor<2x2xf32>, %g: tensor<2xf32>, %b: tensor<2xf32>, %r: tensor<?x1xf32>) -> tensor<?x1xf32> {
      %y = graphc.fused_linear %x, %w rms(11.0) gamma(%g) bias(%b) gate(relu) residual(%r)
           : (tensor<?x2xf32>, tensor<2x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<?x1xf32>) -> tensor<?x1xf32>
      return %y : tensor<?x1xf32>
    })mlir",
                        {arg({1, 2}, {1, 3}), arg({2, 2}, {1, 0, 0, 1}), arg({2}, {2, 2}),
                         arg({2}, {1, 0.5f}), arg({1, 1}, {100})});
  // gate: 0.25 * 2 + 1 = 1.5; up: 0.25 * 6 + 0.5 = 2; 1.5 * 2 + 100.
  EXPECT_EQ(y, Tensor({1, 1}, {103}));
}

TEST_F(FusedReferenceTest, FusedLinearDecomposes) {
  compare(R"mlir(
    func.func @f(%x: tensor<?x8xf32>, %w: tensor<6x8xf32>, %g: tensor<8xf32>, %b: tensor<6xf32>, %r: tensor<?x3xf32>, %rf: tensor<?xf32>)
        -> (tensor<?x3xf32>, tensor<?x6xf32>, tensor<?x6xf32>) {
      %0 = graphc.fused_linear %x, %w rms(1.0e-5) gamma(%g) bias(%b) gate(silu) residual(%r)
           : (tensor<?x8xf32>, tensor<6x8xf32>, tensor<8xf32>, tensor<6xf32>, tensor<?x3xf32>) -> tensor<?x3xf32>
      %1 = graphc.fused_linear %x, %w : (tensor<?x8xf32>, tensor<6x8xf32>) -> tensor<?x6xf32>
      %2 = graphc.fused_linear %x, %w row_factor(%rf) bias(%b)
           : (tensor<?x8xf32>, tensor<6x8xf32>, tensor<?xf32>, tensor<6xf32>) -> tensor<?x6xf32>
      return %0, %1, %2 : tensor<?x3xf32>, tensor<?x6xf32>, tensor<?x6xf32>
    })mlir",
          {random({5, 8}, 1), random({6, 8}, 2), random({8}, 3), random({6}, 4), random({5, 3}, 5),
           random({5}, 6)},
          2e-6);
}

TEST_F(FusedReferenceTest, FusedLinearRoundsRowsToTheWeightsType) {
  compare(R"mlir(
    func.func @f(%x: tensor<?x8xf32>, %w32: tensor<6x8xf32>, %g: tensor<8xf32>) -> (tensor<?x3xbf16>, tensor<?x3xf32>, tensor<?x3xf32>) {
      %w = graphc.cast %w32 : tensor<6x8xf32> -> tensor<6x8xbf16>
      %0 = graphc.fused_linear %x, %w rms(1.0e-5) gamma(%g) gate(gelu_tanh) : (tensor<?x8xf32>, tensor<6x8xbf16>, tensor<8xf32>) -> tensor<?x3xbf16>
      %1 = graphc.fused_linear %x, %w gate(gelu_erf) : (tensor<?x8xf32>, tensor<6x8xbf16>) -> tensor<?x3xf32>
      %2 = graphc.fused_linear %x, %w gate(relu) : (tensor<?x8xf32>, tensor<6x8xbf16>) -> tensor<?x3xf32>
      return %0, %1, %2 : tensor<?x3xbf16>, tensor<?x3xf32>, tensor<?x3xf32>
    })mlir",
          {random({5, 8}, 1), random({6, 8}, 2), random({8}, 3)}, 2e-6);
}

TEST_F(FusedReferenceTest, FusedLinearReadsPackedWeights) {
  // Halves of 20 rows, so that panels have padding in their middle; K 7 is padded to 8.
  const std::vector<Tensor> y = run(R"mlir(
    func.func @f(%x: tensor<?x7xf32>, %w32: tensor<40x7xf32>, %b: tensor<40xf32>) -> (tensor<?x20xf32>, tensor<?x20xf32>) {
      %w = graphc.cast %w32 : tensor<40x7xf32> -> tensor<40x7xbf16>
      %0 = graphc.fused_linear %x, %w bias(%b) gate(silu) : (tensor<?x7xf32>, tensor<40x7xbf16>, tensor<40xf32>) -> tensor<?x20xf32>
      %wp = graphc.pack %w groups 1 : tensor<40x7xbf16> -> tensor<2x4x32x2xbf16>
      %bp = graphc.pack %b groups 1 : tensor<40xf32> -> tensor<64xf32>
      %xp = graphc.prepare_rows %x : (tensor<?x7xf32>) -> tensor<?x32xbf16>
      %1 = graphc.fused_linear %xp, %wp bias(%bp) gate(silu) : (tensor<?x32xbf16>, tensor<2x4x32x2xbf16>, tensor<64xf32>) -> tensor<?x20xf32>
      return %0, %1 : tensor<?x20xf32>, tensor<?x20xf32>
    })mlir",
                                    {random({3, 7}, 1), random({40, 7}, 2), random({40}, 3)});
  ASSERT_EQ(y.size(), 2u);
  EXPECT_EQ(y[0], y[1]);
}

TEST_F(FusedReferenceTest, PackedWeightsDoNotDecompose) {
  OwningOpRef<ModuleOp> module = parse(R"mlir(
    func.func @f(%x: tensor<?x8xf32>, %w: tensor<1x8x32x1xf32>) -> tensor<?x16xf32> {
      %0 = graphc.fused_linear %x, %w gate(silu) : (tensor<?x8xf32>, tensor<1x8x32x1xf32>) -> tensor<?x16xf32>
      return %0 : tensor<?x16xf32>
    })mlir");
  EXPECT_EQ(decomposeAll(*module), 0);
}

//===----------------------------------------------------------------------===//
// fused_qkv
//===----------------------------------------------------------------------===//

/// 4 query heads and 2 cache heads of 6; K = 8. Yields the queries and what is cached.
constexpr const char *kQkv = R"mlir(
  func.func @f(%x: tensor<?x8xf32>, %w: tensor<48x8xf32>, %g: tensor<8xf32>, %b: tensor<48xf32>,
               %t: tensor<16x6xf32>, %kv: !graphc.kv_cache<2x6xbf16>, %s: !graphc.step)
      -> (tensor<4x?x6xf32>, tensor<2x?x6xf32>, tensor<2x?x6xf32>) {
    %q = graphc.fused_qkv %x, %w rms(1.0e-5) gamma(%g) bias(%b) rope(%t) append(%kv, %s)
         : (tensor<?x8xf32>, tensor<48x8xf32>, tensor<8xf32>, tensor<48xf32>, tensor<16x6xf32>, !graphc.kv_cache<2x6xbf16>, !graphc.step)
         -> tensor<4x?x6xf32>
    %k, %v = graphc.kv_read %kv, %s : !graphc.kv_cache<2x6xbf16> -> tensor<2x?x6xf32>, tensor<2x?x6xf32>
    return %q, %k, %v : tensor<4x?x6xf32>, tensor<2x?x6xf32>, tensor<2x?x6xf32>
  })mlir";

class FusedQkvReferenceTest : public FusedReferenceTest {
protected:
  FusedQkvReferenceTest() {
    stepData = StepData::make({{0, 0}, {0}}, {3, 0});
    fillCache(0, 3, 2, 6);
  }
  std::vector<RuntimeValue> arguments = {
      random({3, 8}, 1),  random({48, 8}, 2), random({8}, 3), random({48}, 4),
      random({16, 6}, 5), cacheOf(0),         step()};
};

TEST_F(FusedQkvReferenceTest, Decomposes) {
  // Cached rows are bf16: one unit of their last place at most.
  compare(kQkv, arguments, 0.06);
}

TEST_F(FusedQkvReferenceTest, DecomposesInF32) {
  std::string text = kQkv;
  for (size_t at; (at = text.find("6xbf16")) != std::string::npos;)
    text.replace(at, 6, "6xf32");
  compare(text, arguments, 1e-5);
}

TEST_F(FusedQkvReferenceTest, ReadsPackedWeights) {
  std::string text = kQkv;
  const std::vector<Tensor> natural = run(text, arguments);
  cache = KvStore();
  fillCache(0, 3, 2, 6);
  const std::vector<Tensor> packed = run(R"mlir(
    func.func @f(%x: tensor<?x8xf32>, %w: tensor<48x8xf32>, %g: tensor<8xf32>, %b: tensor<48xf32>,
                 %t: tensor<16x6xf32>, %kv: !graphc.kv_cache<2x6xbf16>, %s: !graphc.step)
        -> (tensor<4x?x6xf32>, tensor<2x?x6xf32>, tensor<2x?x6xf32>) {
      %rows, %r = graphc.prepare_rows %x rms(1.0e-5) gamma(%g) : (tensor<?x8xf32>, tensor<8xf32>) -> (tensor<?x32xf32>, tensor<?xf32>)
      %wp = graphc.pack %w groups 8 : tensor<48x8xf32> -> tensor<8x8x32x1xf32>
      %bp = graphc.pack %b groups 8 : tensor<48xf32> -> tensor<256xf32>
      %q = graphc.fused_qkv %rows, %wp row_factor(%r) bias(%bp) rope(%t) append(%kv, %s)
           : (tensor<?x32xf32>, tensor<8x8x32x1xf32>, tensor<?xf32>, tensor<256xf32>, tensor<16x6xf32>, !graphc.kv_cache<2x6xbf16>, !graphc.step)
           -> tensor<4x?x6xf32>
      %k, %v = graphc.kv_read %kv, %s : !graphc.kv_cache<2x6xbf16> -> tensor<2x?x6xf32>, tensor<2x?x6xf32>
      return %q, %k, %v : tensor<4x?x6xf32>, tensor<2x?x6xf32>, tensor<2x?x6xf32>
    })mlir",
                                         arguments);
  ASSERT_EQ(natural.size(), 3u);
  ASSERT_EQ(packed.size(), 3u);
  expectNear(packed[0], natural[0], 1e-6); // r is rounded to f32
  expectNear(packed[1], natural[1], 0.04);
  expectNear(packed[2], natural[2], 0.04);
}

//===----------------------------------------------------------------------===//
// flash_attention
//===----------------------------------------------------------------------===//

TEST_F(FusedReferenceTest, FlashAttentionByHand) {
  // One head of one number; rows 0 and 1 have keys 0 and ln 3, values 4 and 8; the query is 1.
  cache.set(0, 0, 0, {{0}, {4}});
  cache.set(0, 0, 1, {{1.09861229f}, {8}});
  stepData = StepData::make({{0}}, {1});
  const Tensor y = run1(R"mlir(
    func.func @f(%q: tensor<1x?x1xf32>, %kv: !graphc.kv_cache<1x1xf32>, %s: !graphc.step) -> tensor<?x1xf32> {
      %y = graphc.flash_attention %q, %kv, %s causal scale 1.0 : tensor<1x?x1xf32>, !graphc.kv_cache<1x1xf32> -> tensor<?x1xf32>
      return %y : tensor<?x1xf32>
    })mlir",
                        {arg({1, 1, 1}, {1}), cacheOf(0), step()});
  expectNear(y, Tensor({1, 1}, {7}), 1e-6);
}

/// 4 heads on 2 cache heads of 6 over two sequences; attributes come in place of @@.
std::string attention(const std::string &attributes, const std::string &type) {
  std::string text = R"mlir(
    func.func @f(%x: tensor<4x?x6xf32>, %kv: !graphc.kv_cache<2x6xbf16>, %s: !graphc.step) -> tensor<?x24xf32> {
      %q = graphc.cast %x : tensor<4x?x6xf32> -> tensor<4x?x6x##>
      %y = graphc.flash_attention %q, %kv, %s causal @@ : tensor<4x?x6x##>, !graphc.kv_cache<2x6xbf16> -> tensor<?x24xf32>
      return %y : tensor<?x24xf32>
    })mlir";
  for (size_t at; (at = text.find("##")) != std::string::npos;)
    text.replace(at, 2, type);
  text.replace(text.find("@@"), 2, attributes);
  return text;
}

class FlashAttentionReferenceTest : public FusedReferenceTest {
protected:
  FlashAttentionReferenceTest() {
    stepData = StepData::make({{0, 0, 0}, {0}}, {4, 8});
    fillCache(0, 7, 2, 6);
    fillCache(1, 9, 2, 6);
  }
  std::vector<RuntimeValue> arguments = {random({4, 4, 6}, 1), cacheOf(0), step()};
};

TEST_F(FlashAttentionReferenceTest, Decomposes) {
  compare(attention("scale 0.4", "f32"), arguments, 2e-6);
}

TEST_F(FlashAttentionReferenceTest, DecomposesWithWindowAndCap) {
  compare(attention("window 3 scale 0.4 cap 2.0", "f32"), arguments, 2e-6);
}

TEST_F(FlashAttentionReferenceTest, DecomposesInBf16) {
  compare(attention("scale 0.4", "bf16"), arguments, 0.02);
}

TEST_F(FlashAttentionReferenceTest, WindowChangesTheResult) {
  const Tensor all = run1(attention("scale 0.4", "f32"), arguments);
  const Tensor last = run1(attention("window 3 scale 0.4", "f32"), arguments);
  EXPECT_NE(all, last);
}

TEST_F(FlashAttentionReferenceTest, SequencesDoNotSeeEachOther) {
  const Tensor both = run1(attention("scale 0.4", "f32"), arguments);
  stepData = StepData::make({{0}}, {8});
  stepData.sequences = {1};
  Tensor query({4, 1, 6});
  for (int64_t h = 0; h < 4; ++h)
    std::ranges::copy(std::get<TensorPtr>(arguments[0])->row(h * 4 + 3), query.row(h).begin());
  const Tensor alone = run1(attention("scale 0.4", "f32"),
                            {std::make_shared<const Tensor>(query), cacheOf(0), step()});
  EXPECT_EQ(alone.values, std::vector<float>(both.row(3).begin(), both.row(3).end()));
}

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

TEST_F(FusedReferenceTest, RunsKernels) {
  const Tensor y = run1(R"mlir(
    graphc.kernel @f(%x: tensor<?x2xf32> {graphc.dims = ["R"]}, %w: tensor<1x2xf32>) -> tensor<?x1xf32> {
      %y = graphc.fused_linear %x, %w : (tensor<?x2xf32>, tensor<1x2xf32>) -> tensor<?x1xf32>
      graphc.yield %y : tensor<?x1xf32>
    })mlir",
                        {arg({2, 2}, {1, 2, 3, 4}), arg({1, 2}, {1, 10})});
  EXPECT_EQ(y, Tensor({2, 1}, {21, 43}));
}

TEST_F(FusedReferenceTest, RefusesArgumentsOfAnotherType) {
  OwningOpRef<ModuleOp> module = parse(R"mlir(
    func.func @f(%x: tensor<?x2xf32>, %kv: !graphc.kv_cache<1x1xf32>) { return })mlir");
  Evaluator evaluator(*module, nullptr);
  auto function = first<func::FuncOp>(*module);
  auto fails = [&](ArrayRef<RuntimeValue> arguments) {
    auto result = evaluator.run(function, arguments, stepData, cache);
    return !result.ok() && result.status().code() == StatusCode::Usage;
  };
  EXPECT_FALSE(fails({arg({1, 2}, {1, 2}), cacheOf(0)}));
  EXPECT_TRUE(fails({arg({1, 3}, {1, 2, 3}), cacheOf(0)}));
  EXPECT_TRUE(fails({arg({2}, {1, 2}), cacheOf(0)}));
  EXPECT_TRUE(fails({arg({1, 2}, {1, 2}), step()}));
  EXPECT_TRUE(fails({arg({1, 2}, {1, 2})}));
}

} // namespace
