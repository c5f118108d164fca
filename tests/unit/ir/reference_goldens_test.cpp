// The oracle against an oracle of others: the un-fused graph of a checkpoint, run by the reference,
// has the logits that Hugging Face's implementation computes.
#include "SharedData.h"

#include "frontend/config/ModelConfig.h"
#include "frontend/models/ModelGraph.h"
#include "frontend/weights/SafetensorsSource.h"
#include "ir/reference/Evaluator.h"
#include "runtime/base/Json.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

#include <cstring>
#include <fstream>

using namespace graphc;
using namespace graphc::test;

namespace {

constexpr char kModel[] = "golden_hf/llama_gqa";

/// The numbers of a little-endian f32 .npy file of version 1.
std::vector<float> readNpy(const std::filesystem::path &path) {
  std::ifstream in(path, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(in), {}};
  uint16_t headerLength = 0;
  if (bytes.size() < 10 || bytes.find("'<f4'") == bytes.npos) {
    ADD_FAILURE() << path << ": no f32 array";
    return {};
  }
  std::memcpy(&headerLength, &bytes[8], 2);
  std::vector<float> numbers((bytes.size() - 10 - headerLength) / 4);
  std::memcpy(numbers.data(), &bytes[10 + headerLength], numbers.size() * 4);
  return numbers;
}

/// Largest difference of `found` to the numbers of `wanted` from row `first` on, relative to the
/// largest wanted number.
double distance(const Tensor &found, const std::vector<float> &wanted, int64_t first) {
  double largest = 0, difference = 0;
  for (int64_t i = 0; i < found.size(); ++i) {
    double want = wanted.at(size_t(first * found.columns() + i));
    largest = std::max(largest, std::abs(want));
    difference = std::max(difference, std::abs(double(found.values[size_t(i)]) - want));
  }
  return difference / largest;
}

TEST(ReferenceGoldens, UnfusedLlamaHasTheLogitsOfTransformers) {
  GRAPHC_REQUIRE_SHARED_DATA(kModel);
  std::filesystem::path folder = sharedData() / kModel;
  auto config = readModelConfig(folder.string());
  ASSERT_TRUE(config.ok()) << config.status().message();
  auto weights = SafetensorsSource::open(folder.string());
  ASSERT_TRUE(weights.ok()) << weights.status().message();
  auto inputs = readJsonFile((folder / "inputs.json").string());
  auto expected = readJsonFile((folder / "expected.json").string());
  ASSERT_TRUE(inputs.ok() && expected.ok());

  mlir::MLIRContext context;
  context.loadDialect<GraphcDialect, mlir::func::FuncDialect, mlir::arith::ArithDialect>();
  GraphOptions options{.name = "llama_gqa", .context = 512, .maxTokens = 64, .formOf = {}};
  options.formOf = [](const std::string &) { return WeightForm{}; };
  auto module = buildModelGraph(context, *config, options);
  ASSERT_TRUE(module);
  Evaluator evaluator(*module, weights->get());

  // A prompt in one step, then some of its greedy continuation, a token a step.
  constexpr size_t kPrompt = 1, kDecodeSteps = 3;
  auto tokens = (*inputs)["prompts"][kPrompt]["tokens"].get<std::vector<int32_t>>();
  const Json &golden = (*expected)["results"][kPrompt];
  ASSERT_EQ(golden["id"], (*inputs)["prompts"][kPrompt]["id"]);
  auto greedy = golden["greedy"].get<std::vector<int32_t>>();
  std::vector<float> prefill = readNpy(folder / golden["logits"].get<std::string>());
  std::vector<float> decode = readNpy(folder / golden["decode_logits"].get<std::string>());

  KvStore cache;
  auto logits = evaluator.runStep(StepData::make({tokens}, {0}), cache);
  ASSERT_TRUE(logits.ok()) << logits.status().message();
  ASSERT_EQ(size_t(logits->size()), prefill.size());
  EXPECT_LT(distance(*logits, prefill, 0), 1e-5);
  auto position = static_cast<int32_t>(tokens.size());
  for (size_t i = 0; i < kDecodeSteps; ++i) {
    logits = evaluator.runStep(StepData::make({{greedy[i]}}, {position++}), cache);
    ASSERT_TRUE(logits.ok()) << logits.status().message();
    EXPECT_LT(distance(*logits, decode, int64_t(i)), 1e-5) << "decode step " << i;
  }
}

} // namespace
