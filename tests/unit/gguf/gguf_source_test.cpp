#include "frontend/gguf/GgufSource.h"

#include "SharedData.h"
#include "frontend/gguf/GgufConfig.h"
#include "gguf/GgufBytes.h"

#include <cmath>
#include <numeric>
#include <unistd.h>

using namespace graphc;
using namespace graphc::test;
using testing::ElementsAre;

namespace {

/// Two heads of 4 numbers, one of them of keys.
ModelConfig smallConfig(Family family = Family::Llama) {
  ModelConfig config;
  config.family = family;
  config.heads = 2;
  config.kvHeads = 1;
  config.headDim = 4;
  return config;
}

class GgufSourceTest : public FolderTest {
protected:
  std::unique_ptr<GgufSource> open(const GgufBytes &file,
                                   const ModelConfig &config = smallConfig()) {
    write("m.gguf", file.text());
    auto opened = GgufFile::open((folder / "m.gguf").string());
    EXPECT_TRUE(opened.ok()) << opened.status().message();
    return std::make_unique<GgufSource>(*opened, config);
  }
};

std::vector<float> rows(const WeightSource &source, const std::string &name, int64_t begin,
                        int64_t end) {
  std::vector<float> out((end - begin) * source.find(name)->columns());
  Status status = source.readRows(name, begin, end, out);
  EXPECT_TRUE(status.ok()) << status.message();
  return out;
}

std::vector<float> counting(size_t count) {
  std::vector<float> values(count);
  std::iota(values.begin(), values.end(), 0.0f);
  return values;
}

const std::string kV = "model.layers.0.self_attn.v_proj.weight";

} // namespace

TEST_F(GgufSourceTest, ReadsPlainTypes) {
  const std::vector<uint16_t> f16 = {toF16(1), toF16(2), toF16(3), toF16(4)};
  const std::vector<uint16_t> bf16 = {toBf16(5), toBf16(6), toBf16(7), toBf16(8)};
  auto source = open(GgufBytes()
                         .floats("output_norm.weight", {4}, {0, 1, 2, 3})
                         .tensor("token_embd.weight", {2, 2}, kF16, bytesOf(f16))
                         .tensor("output.weight", {2, 2}, kBF16, bytesOf(bf16)));
  EXPECT_THAT(source->names(),
              ElementsAre("lm_head.weight", "model.embed_tokens.weight", "model.norm.weight"));
  EXPECT_EQ(*source->find("model.embed_tokens.weight"), (TensorInfo{ElementType::F16, {2, 2}}));
  EXPECT_THAT(rows(*source, "model.embed_tokens.weight", 0, 2), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(rows(*source, "lm_head.weight", 1, 2), ElementsAre(7, 8));
  EXPECT_THAT(rows(*source, "model.norm.weight", 1, 3), ElementsAre(1, 2));
}

TEST_F(GgufSourceTest, ReadsQuantizedRowsAsNumbersAndAsParts) {
  // Rows of 2 * q and 0.5 * q.
  std::string bytes;
  for (float scale : {2.0f, 0.5f}) {
    bytes += word(toF16(scale));
    for (int q = 0; q < 32; ++q)
      bytes += static_cast<char>(q - 128);
  }
  auto source = open(GgufBytes().tensor("blk.0.attn_v.weight", {32, 2}, kQ8_0, bytes));
  const TensorInfo *info = source->find(kV);
  ASSERT_NE(info, nullptr);
  EXPECT_EQ(info->type, ElementType::F32);
  EXPECT_EQ(info->quant, (QuantFormat{.bits = 8, .group = 32}));
  EXPECT_EQ(rows(*source, kV, 0, 2)[31], 2 * -97);
  EXPECT_EQ(rows(*source, kV, 1, 2)[0], 0.5f * -128);
  QuantMatrix parts(*info->quant, 4, 32);
  ASSERT_TRUE(source->readQuant(kV, 1, 2, 3, parts).ok());
  EXPECT_EQ(parts.scales[3], toF16(0.5f));
  EXPECT_EQ(parts.number(3, 1), 0.5f * -127);
  EXPECT_EQ(parts.number(2, 1), 0);
}

TEST_F(GgufSourceTest, PutsRowsOfLlamasHeadsInTheOrderOfHalves) {
  GgufBytes file;
  file.floats("blk.0.attn_q.weight", {1, 8}, counting(8));
  file.floats("blk.0.attn_k.weight", {1, 4}, counting(4));
  file.floats("blk.0.attn_v.weight", {1, 4}, counting(4));
  file.floats("blk.0.attn_q.bias", {8}, counting(8));
  auto source = open(file);
  const std::string prefix = "model.layers.0.self_attn.";
  EXPECT_THAT(rows(*source, prefix + "q_proj.weight", 0, 8), ElementsAre(0, 2, 1, 3, 4, 6, 5, 7));
  EXPECT_THAT(rows(*source, prefix + "q_proj.weight", 1, 3), ElementsAre(2, 1));
  EXPECT_THAT(rows(*source, prefix + "q_proj.bias", 0, 8), ElementsAre(0, 2, 1, 3, 4, 6, 5, 7));
  EXPECT_THAT(rows(*source, prefix + "k_proj.weight", 0, 4), ElementsAre(0, 2, 1, 3));
  EXPECT_THAT(rows(*source, kV, 0, 4), ElementsAre(0, 1, 2, 3));
  source = open(file, smallConfig(Family::Qwen2));
  EXPECT_THAT(rows(*source, prefix + "k_proj.weight", 0, 4), ElementsAre(0, 1, 2, 3));
}

TEST_F(GgufSourceTest, LeavesOutWhatTheConfigurationWasReadFrom) {
  auto source = open(GgufBytes()
                         .floats("rope_freqs.weight", {2}, {1, 1})
                         .floats("rope_factors_long.weight", {2}, {1, 1})
                         .floats("what.is.this", {1}, {1}));
  EXPECT_THAT(source->names(), ElementsAre("what.is.this"));
}

TEST_F(GgufSourceTest, TellsTypesThatCannotBeRead) {
  auto source = open(GgufBytes().tensor("output.weight", {256, 1}, 16, std::string(66, 'x')));
  EXPECT_EQ(source->find("lm_head.weight"), nullptr);
  const StoredInfo stored = source->stored("lm_head.weight");
  EXPECT_EQ(stored.type, "IQ2_XXS");
  EXPECT_FALSE(stored.isReadable);
  EXPECT_EQ(source->stored("absent").shape, nullptr);
  EXPECT_EQ(source->nameInFile("lm_head.weight"), "output.weight");
  EXPECT_EQ(source->nameInFile("what.is.this"), "what.is.this");
}

TEST_F(GgufSourceTest, ComparesBytes) {
  std::vector<float> values = counting(40000), others = values;
  others.back() = 0;
  auto source = open(GgufBytes()
                         .floats("token_embd.weight", {40000}, values)
                         .floats("output.weight", {40000}, values)
                         .floats("output_norm.weight", {40000}, others));
  EXPECT_TRUE(source->sameBytes("model.embed_tokens.weight", "lm_head.weight"));
  EXPECT_FALSE(source->sameBytes("model.embed_tokens.weight", "model.norm.weight"));
  EXPECT_FALSE(source->sameBytes("model.embed_tokens.weight", "absent"));
}

TEST_F(GgufSourceTest, RefusesWrongCalls) {
  auto source = open(GgufBytes()
                         .tensor("blk.0.attn_v.weight", {32, 2}, kQ8_0, std::string(68, 'x'))
                         .floats("output_norm.weight", {4}, {0, 1, 2, 3}));
  std::vector<float> out(64);
  QuantMatrix fits({.bits = 8}, 2, 32), other({.bits = 4}, 2, 32), wide({.bits = 8}, 2, 64);
  for (const Status &status :
       {source->readRows("absent", 0, 1, out), source->readRows(kV, 0, 3, out),
        source->readRows(kV, -1, 1, out), source->readRows(kV, 0, 1, out),
        source->readQuant(kV, 0, 2, 1, fits), source->readQuant(kV, 0, 3, 0, fits),
        source->readQuant(kV, 0, 1, -1, fits), source->readQuant(kV, 0, 1, 0, other),
        source->readQuant(kV, 0, 1, 0, wide),
        source->readQuant("model.norm.weight", 0, 1, 0, fits)})
    EXPECT_EQ(status.code(), StatusCode::Internal) << status.message();
  EXPECT_TRUE(source->readQuant(kV, 0, 2, 0, fits).ok());
}

//===----------------------------------------------------------------------===//
// Files of llama.cpp
//===----------------------------------------------------------------------===//

/// Sums and sums of squares of what gguf-py makes of tensors, in float64. Its order of summing is
/// numpy's, hence the last bits.
static void expectSums(const std::filesystem::path &path, const Json &expected) {
  auto file = GgufFile::open(path.string());
  ASSERT_TRUE(file.ok()) << file.status().message();
  Expected<ModelConfig> config = readGgufConfig(**file);
  ASSERT_TRUE(config.ok()) << config.status().message();
  GgufSource source(*file, *config);
  static const std::map<std::string, std::string> kNames = {
      {"output.weight", "lm_head.weight"},
      {"token_embd.weight", "model.embed_tokens.weight"},
      {"blk.0.attn_v.weight", kV},
      {"blk.0.ffn_down.weight", "model.layers.0.mlp.down_proj.weight"}};
  for (const auto &[ggufName, sums] : expected.items()) {
    const TensorInfo *info = source.find(kNames.at(ggufName));
    if (!info) { // A tied head.
      EXPECT_EQ(ggufName, "output.weight");
      continue;
    }
    double sum = 0, squares = 0;
    for (float value : rows(source, kNames.at(ggufName), 0, info->rows())) {
      sum += double(value);
      squares += double(value) * double(value);
    }
    const auto exactSum = sums[0].get<double>(), exactSquares = sums[1].get<double>();
    EXPECT_NEAR(sum, exactSum, 1e-10 * exactSquares) << path << " " << ggufName;
    EXPECT_NEAR(squares, exactSquares, 1e-12 * exactSquares) << path << " " << ggufName;
  }
}

TEST(GgufGoldens, NumbersOfEachType) {
  GRAPHC_REQUIRE_SHARED_DATA("gguf_quant/expected.json");
  for (const char *name : {"gguf_quant", "stories260K/gguf"}) {
    const std::filesystem::path folder = sharedData() / name;
    auto document = readJsonFile((folder / "expected.json").string());
    ASSERT_TRUE(document.ok()) << document.status().message();
    for (const Json &result : (*document)["results"])
      expectSums(folder / result["file"].get<std::string>(), result["dequantized_sum_and_sumsq"]);
  }
}
