// Every form that a fusion recognises keeps its meaning: the functions of the lit tests are run by
// the reference before and after their pass.
#include "passes/SpreadWeights.h"

#include "ir/reference/Evaluator.h"
#include "passes/Passes.h"
#include "runtime/base/TextFile.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace mlir;

namespace graphc {
namespace {

constexpr int64_t kLayers = 2;

/// A pass and the lit file with its forms.
struct Forms {
  const char *file;
  std::function<std::unique_ptr<Pass>()> create;
  double tolerance = 1e-5;
};

class FormsTest : public ::testing::Test {
protected:
  FormsTest() {
    context.loadDialect<GraphcDialect, func::FuncDialect, arith::ArithDialect>();
    context.getDiagEngine().registerHandler([](Diagnostic &) {}); // Remarks of misses.
  }

  /// What a function computes: its results and what it appended.
  using Outcome = std::vector<std::vector<float>>;

  static std::vector<float> numbers(const std::string &name, int64_t count) {
    std::vector<float> values;
    for (int64_t i = 0; i < count; ++i)
      values.push_back(2 * spreadNumber(name, uint64_t(i)));
    return values;
  }

  /// Extents in this step: `graphc.dims` says which symbol a ? is, T without it.
  Shape shapeOf(BlockArgument argument) const {
    auto function = cast<func::FuncOp>(argument.getOwner()->getParentOp());
    auto letters = function.getArgAttrOfType<ArrayAttr>(argument.getArgNumber(), kDimsAttrName);
    const StepDims dims{.tokens = step.tokenCount(),
                        .rows = int64_t(step.outRows.size()),
                        .cached = int64_t(step.cachedRows().size())};
    Shape shape;
    size_t next = 0;
    for (int64_t extent : cast<RankedTensorType>(argument.getType()).getShape()) {
      if (!ShapedType::isDynamic(extent))
        shape.push_back(extent);
      else if (letters)
        shape.push_back(dims(*Dim::parse(cast<StringAttr>(letters[next++]).getValue())));
      else
        shape.push_back(step.tokenCount());
    }
    return shape;
  }

  RuntimeValue argumentFor(BlockArgument argument, int64_t &caches) {
    if (isa<StepType>(argument.getType()))
      return StepRef();
    if (isa<KvCacheType>(argument.getType()))
      return CacheRef{caches++};
    if (argument.getType().isIndex())
      return int64_t(0);
    auto type = cast<RankedTensorType>(argument.getType());
    Shape shape = shapeOf(argument);
    std::vector<float> values =
        numbers("argument" + std::to_string(argument.getArgNumber()), elementCount(shape));
    roundTo(type.getElementType(), values);
    return std::make_shared<const Tensor>(shape, values);
  }

  /// Two caches, with what the sequences have before the step.
  static KvStore filledCache(KvCacheType type) {
    KvStore cache;
    const int64_t size = type.getHeads() * type.getHeadDim();
    for (int64_t layer = 0; layer < kLayers; ++layer)
      for (auto [sequence, length] : {std::pair(0, 15), std::pair(1, 5)})
        for (int32_t position = 0; position < length; ++position) {
          std::string name = std::to_string(layer) + "." + std::to_string(sequence) + "." +
                             std::to_string(position);
          KvStore::Row row{numbers("key" + name, size), numbers("value" + name, size)};
          roundTo(type.getElementType(), row.key);
          roundTo(type.getElementType(), row.value);
          cache.set(layer, sequence, position, std::move(row));
        }
    return cache;
  }

  Outcome run(ModuleOp module, func::FuncOp function) {
    SpreadWeights weights;
    module.walk([&](CheckpointOp op) {
      for (int64_t layer = 0; layer < kLayers; ++layer)
        weights.add(op.nameForLayer(layer), Shape(op.getType().getShape()));
    });
    KvCacheType cacheType = KvCacheType::get(&context, 1, 1, Float32Type::get(&context));
    std::vector<RuntimeValue> arguments;
    int64_t caches = 0;
    for (BlockArgument argument : function.getArguments()) {
      if (auto type = dyn_cast<KvCacheType>(argument.getType()))
        cacheType = type;
      arguments.push_back(argumentFor(argument, caches));
    }
    KvStore cache = filledCache(cacheType);
    Evaluator evaluator(module, &weights);
    auto results = evaluator.run(cast<FunctionOpInterface>(*function), arguments, step, cache);
    EXPECT_TRUE(results.ok()) << results.status().message();
    Outcome outcome;
    if (!results.ok())
      return outcome;
    for (const TensorPtr &result : *results)
      outcome.push_back(result->values);
    for (int64_t layer = 0; layer < kLayers; ++layer)
      for (size_t t = 0; t < step.tokens.size(); ++t)
        if (const KvStore::Row *row = cache.find(layer, step.slot[t], step.position[t])) {
          outcome.push_back(row->key);
          outcome.push_back(row->value);
        }
    return outcome;
  }

  static void expectClose(const Outcome &actual, const Outcome &expected, double tolerance) {
    ASSERT_EQ(actual.size(), expected.size());
    for (size_t i = 0; i < actual.size(); ++i) {
      ASSERT_EQ(actual[i].size(), expected[i].size());
      double largest = 0, difference = 0;
      for (size_t j = 0; j < actual[i].size(); ++j) {
        largest = std::max(largest, std::abs(double(expected[i][j])));
        difference = std::max(difference, std::abs(double(actual[i][j]) - double(expected[i][j])));
      }
      EXPECT_LE(difference, tolerance * largest) << "result " << i;
    }
  }

  /// Runs every function of a file before and after its pass; returns how many.
  int64_t check(const Forms &forms) {
    std::string path = std::string(GRAPHC_SOURCE_DIR) + "/tests/passes/" + forms.file;
    Expected<std::string> text = readTextFile(path);
    EXPECT_TRUE(text.ok()) << text.status().message();
    SmallVector<StringRef> parts;
    StringRef(*text).split(parts, "// -----\n");
    int64_t count = 0;
    for (StringRef part : parts) {
      auto module = parseSourceString<ModuleOp>(part, &context);
      if (!module)
        continue; // With ops that the lit test made up.
      SmallVector<Outcome> before;
      for (auto function : module->getOps<func::FuncOp>())
        before.push_back(run(*module, function));
      PassManager manager(&context);
      manager.addPass(forms.create());
      EXPECT_TRUE(succeeded(manager.run(*module)));
      for (auto [function, expected] : llvm::zip(module->getOps<func::FuncOp>(), before)) {
        SCOPED_TRACE(std::string(forms.file) + " @" + function.getSymName().str());
        expectClose(run(*module, function), expected, forms.tolerance);
        ++count;
      }
    }
    return count;
  }

  MLIRContext context;
  /// Three tokens behind twelve, two behind three.
  StepData step = StepData::make({{1, 2, 3}, {4, 5}}, {12, 3});
};

TEST_F(FormsTest, Attention) {
  // Of bf16 products, p is rounded before the sum or behind it.
  EXPECT_GE(check({"fuse_attention.mlir", [] { return createFuseAttentionPass(); }, 1e-2}), 6);
  EXPECT_GE(check({"fuse_attention-refusals.mlir", [] { return createFuseAttentionPass(); }}), 25);
}

TEST_F(FormsTest, RmsNorm) {
  EXPECT_GE(check({"raise_rms_norm.mlir", [] { return createRaiseRmsNormPass(); }}), 8);
}

TEST_F(FormsTest, NormIntoAdd) {
  EXPECT_GE(check({"fuse_norm_into_add.mlir", [] { return createFuseNormIntoAddPass(); }, 1e-6}),
            5);
}

TEST_F(FormsTest, NormIntoMatmul) {
  // In bf16, what is rounded is x * gamma instead of r * x * gamma.
  EXPECT_GE(
      check({"fuse_norm_into_matmul.mlir", [] { return createFuseNormIntoMatmulPass(); }, 1e-2}),
      9);
  EXPECT_GE(check({"fuse_norm_into_matmul.mlir",
                   [] { return createFuseNormIntoMatmulPass({GammaForm::Weight}); }, 1e-2}),
            9);
}

TEST_F(FormsTest, JoinedMatmuls) {
  EXPECT_GE(check({"join_matmuls.mlir", [] { return createJoinMatmulsPass(); }, 1e-6}), 4);
}

TEST_F(FormsTest, Epilogues) {
  EXPECT_GE(check({"fuse_epilogue.mlir", [] { return createFuseEpiloguePass(); }, 1e-2}), 4);
  EXPECT_GE(check({"fuse_epilogue-refusals.mlir", [] { return createFuseEpiloguePass(); }}), 15);
}

TEST_F(FormsTest, RopeAndAppend) {
  EXPECT_GE(check({"fuse_rope_and_append.mlir", [] { return createFuseRopeAndAppendPass(); }}), 3);
  EXPECT_GE(
      check({"fuse_rope_and_append-refusals.mlir", [] { return createFuseRopeAndAppendPass(); }}),
      17);
  EXPECT_GE(check({"fuse_rope_and_append-heads.mlir", [] { return createFuseRopeAndAppendPass(); },
                   1e-5}),
            5);
}

} // namespace
} // namespace graphc
