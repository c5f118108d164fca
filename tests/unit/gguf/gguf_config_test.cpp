#include "frontend/gguf/GgufConfig.h"

#include "gguf/GgufBytes.h"

#include <unistd.h>

using namespace graphc;
using namespace graphc::test;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

namespace {

using Entries = std::map<std::string, std::function<void(GgufBytes &, const std::string &)>>;

auto integer(uint32_t value) {
  return [=](GgufBytes &file, const std::string &key) { file.u32(key, value); };
}
auto number(float value) {
  return [=](GgufBytes &file, const std::string &key) { file.f32(key, value); };
}
auto text(const std::string &value) {
  return [=](GgufBytes &file, const std::string &key) { file.string(key, value); };
}
auto integers(const std::vector<int32_t> &values) {
  return [=](GgufBytes &file, const std::string &key) {
    file.array(key, GgufValueType::I32, values.size(), bytesOf(values));
  };
}

/// What every architecture has: four layers of 4 heads, 2 of keys, of 8 numbers.
Entries entriesOf(const std::string &architecture) {
  Entries entries = {{"general.architecture", text(architecture)}};
  const std::pair<const char *, uint32_t> kIntegers[] = {
      {"context_length", 512},     {"embedding_length", 32},    {"block_count", 4},
      {"feed_forward_length", 64}, {"attention.head_count", 4}, {"attention.head_count_kv", 2}};
  for (auto [key, value] : kIntegers)
    entries[architecture + "." + key] = integer(value);
  entries[architecture + ".attention.layer_norm_rms_epsilon"] = number(0.5f);
  return entries;
}

class GgufConfigTest : public FolderTest {
protected:
  /// Reads a file of the entries, with an embedding of 10 rows and other tensors.
  Expected<ModelConfig> read(const Entries &entries,
                             const std::map<std::string, std::vector<float>> &tensors = {}) {
    GgufBytes file;
    for (const auto &[key, add] : entries)
      add(file, key);
    file.floats("token_embd.weight", {32, 10}, std::vector<float>(320));
    for (const auto &[name, values] : tensors)
      file.floats(name, {values.size()}, values);
    write("m.gguf", file.text());
    auto opened = GgufFile::open((folder / "m.gguf").string());
    EXPECT_TRUE(opened.ok()) << opened.status().message();
    return readGgufConfig(**opened);
  }
  ModelConfig config(const Entries &entries,
                     const std::map<std::string, std::vector<float>> &tensors = {}) {
    Expected<ModelConfig> result = read(entries, tensors);
    EXPECT_TRUE(result.ok()) << result.status().message();
    return result.ok() ? *result : ModelConfig();
  }
  /// The same with one entry changed, or removed for a null.
  Status failure(const std::string &key, const Entries::mapped_type &value,
                 const std::string &architecture = "llama") {
    Entries entries = entriesOf(architecture);
    if (value)
      entries[key] = value;
    else
      entries.erase(key);
    return read(entries).status();
  }
};

} // namespace

TEST_F(GgufConfigTest, ReadsLlama) {
  Entries entries = entriesOf("llama");
  entries["llama.rope.freq_base"] = number(500000);
  entries["llama.vocab_size"] = integer(10);
  entries["tokenizer.ggml.bos_token_id"] = integer(1);
  entries["tokenizer.ggml.eos_token_id"] = integer(2);
  entries["tokenizer.ggml.eot_token_id"] = integer(3);
  ModelConfig found = config(entries, {{"output.weight", {0}}});
  EXPECT_EQ(found.family, Family::Llama);
  EXPECT_EQ(found.vocabSize, 10);
  EXPECT_EQ(found.hiddenSize, 32);
  EXPECT_EQ(found.intermediateSize, 64);
  EXPECT_EQ(found.layers, 4);
  EXPECT_EQ(found.heads, 4);
  EXPECT_EQ(found.kvHeads, 2);
  EXPECT_EQ(found.headDim, 8);
  EXPECT_EQ(found.maxPositions, 512);
  EXPECT_EQ(found.normEpsilon, 0.5);
  EXPECT_EQ(found.rope.kind, RopeKind::Default);
  EXPECT_EQ(found.rope.theta, 500000);
  EXPECT_FALSE(found.tiedEmbeddings);
  EXPECT_FALSE(found.attentionBias);
  EXPECT_EQ(found.bosToken, 1);
  EXPECT_THAT(found.eosTokens, ElementsAre(2, 3));
}

TEST_F(GgufConfigTest, TakesFromTensorsWhatKeysDoNotSay) {
  ModelConfig found =
      config(entriesOf("llama"), {{"blk.0.attn_q.bias", {0}}, {"blk.0.ffn_gate.bias", {0}}});
  EXPECT_TRUE(found.tiedEmbeddings); // There is no output.weight.
  EXPECT_TRUE(found.attentionBias);
  EXPECT_TRUE(found.mlpBias);
}

TEST_F(GgufConfigTest, TakesIdsThatNoTokenHasForNone) {
  Entries entries = entriesOf("llama");
  entries["tokenizer.ggml.bos_token_id"] = integer(~0u);
  entries["tokenizer.ggml.eos_token_id"] = integer(10);
  ModelConfig found = config(entries);
  EXPECT_EQ(found.bosToken, std::nullopt);
  EXPECT_TRUE(found.eosTokens.empty());
}

TEST_F(GgufConfigTest, ReadsOneNumberForEachLayerIfTheyAreEqual) {
  Entries entries = entriesOf("llama");
  entries["llama.attention.head_count_kv"] = integers({2, 2, 2, 2});
  EXPECT_EQ(config(entries).kvHeads, 2);
  expectFailure(failure("llama.attention.head_count_kv", integers({2, 2, 4, 2})),
                StatusCode::Unsupported, {"m.gguf", "head_count_kv", "differs between layers"});
}

TEST_F(GgufConfigTest, ReadsQwen) {
  ModelConfig found = config(entriesOf("qwen2"));
  EXPECT_EQ(found.family, Family::Qwen2);
  EXPECT_TRUE(found.form.qkvBias);
  Entries entries = entriesOf("qwen3");
  entries["qwen3.attention.key_length"] = integer(16);
  entries["qwen3.attention.value_length"] = integer(16);
  found = config(entries);
  EXPECT_EQ(found.family, Family::Qwen3);
  EXPECT_EQ(found.headDim, 16);
  EXPECT_TRUE(found.form.queryKeyNorm);
}

TEST_F(GgufConfigTest, NormsOfGemmaHaveTheirOffset) {
  ModelConfig found = config(entriesOf("gemma"));
  EXPECT_EQ(found.family, Family::Gemma);
  EXPECT_EQ(found.form.normOffset, 0);
  EXPECT_TRUE(found.tiedEmbeddings);
}

TEST_F(GgufConfigTest, ReadsGemma2) {
  Entries entries = entriesOf("gemma2");
  entries["gemma2.attn_logit_softcapping"] = number(25);
  entries["gemma2.final_logit_softcapping"] = number(15);
  entries["gemma2.attention.sliding_window"] = integer(128);
  ModelConfig found = config(entries);
  EXPECT_EQ(found.attentionSoftCap, 25);
  EXPECT_EQ(found.logitSoftCap, 15);
  EXPECT_EQ(found.slidingWindow, 128);
  EXPECT_TRUE(found.form.postNorms);
  EXPECT_EQ(found.attentionOf(0), LayerAttention::Sliding);
  EXPECT_EQ(found.attentionOf(1), LayerAttention::Full);
  EXPECT_EQ(found.queryPreAttentionScalar, 8);
  // The largest size scales by the width of the embedding.
  entries["gemma2.block_count"] = integer(46);
  entries["gemma2.attention.key_length"] = integer(16);
  entries["gemma2.attention.value_length"] = integer(16);
  EXPECT_EQ(config(entries).queryPreAttentionScalar, 8);
  entries["gemma2.block_count"] = integer(42);
  EXPECT_EQ(config(entries).queryPreAttentionScalar, 16);
}

TEST_F(GgufConfigTest, ReadsGemma3) {
  Entries entries = entriesOf("gemma3");
  entries["gemma3.attention.sliding_window"] = integer(64);
  entries["gemma3.attention.sliding_window_pattern"] = integer(2);
  entries["gemma3.rope.freq_base"] = number(1000000);
  entries["gemma3.rope.scaling.type"] = text("linear");
  entries["gemma3.rope.scaling.factor"] = number(8);
  ModelConfig found = config(entries);
  EXPECT_EQ(found.family, Family::Gemma3);
  EXPECT_EQ(found.slidingWindow, 64);
  EXPECT_EQ(found.attentionOf(0), LayerAttention::Sliding);
  EXPECT_EQ(found.attentionOf(1), LayerAttention::Full);
  EXPECT_EQ(found.rope.kind, RopeKind::Linear);
  EXPECT_EQ(found.rope.factor, 8);
  ASSERT_TRUE(found.slidingRope);
  EXPECT_EQ(found.slidingRope->kind, RopeKind::Default);
  EXPECT_EQ(found.slidingRope->theta, 10000);
}

TEST_F(GgufConfigTest, ReadsPhi3) {
  Entries entries = entriesOf("phi3");
  entries["phi3.rope.dimension_count"] = integer(4);
  entries["phi3.rope.scaling.original_context_length"] = integer(128);
  entries["phi3.rope.scaling.attn_factor"] = number(1.25f);
  ModelConfig found = config(
      entries, {{"rope_factors_long.weight", {4, 8}}, {"rope_factors_short.weight", {1, 2}}});
  EXPECT_EQ(found.family, Family::Phi3);
  EXPECT_EQ(found.rotaryDim(), 4);
  EXPECT_EQ(found.originalMaxPositions, 128);
  EXPECT_EQ(found.rope.kind, RopeKind::LongRope);
  EXPECT_THAT(found.rope.longFactor, ElementsAre(4, 8));
  EXPECT_THAT(found.rope.shortFactor, ElementsAre(1, 2));
  EXPECT_EQ(found.rope.attentionFactor, 1.25);
}

TEST_F(GgufConfigTest, ReadsRopeScaling) {
  Entries entries = entriesOf("qwen2");
  entries["qwen2.rope.scaling.type"] = text("yarn");
  entries["qwen2.rope.scaling.factor"] = number(4);
  entries["qwen2.rope.scaling.original_context_length"] = integer(128);
  ModelConfig found = config(entries);
  EXPECT_EQ(found.rope.kind, RopeKind::Yarn);
  EXPECT_EQ(found.rope.factor, 4);
  EXPECT_EQ(found.rope.originalMaxPositions, 128);
  // Without a kind, as old files have it.
  entries = entriesOf("llama");
  entries["llama.rope.scaling.factor"] = number(2);
  found = config(entries);
  EXPECT_EQ(found.rope.kind, RopeKind::Linear);
  EXPECT_EQ(found.rope.factor, 2);
  entries["llama.rope.scaling.type"] = text("none");
  EXPECT_EQ(config(entries).rope.kind, RopeKind::Default);
}

TEST_F(GgufConfigTest, ReadsFactorsOfEachPair) {
  ModelConfig found = config(entriesOf("llama"), {{"rope_freqs.weight", {1, 1, 4, 8}}});
  EXPECT_THAT(found.rope.shortFactor, ElementsAre(1, 1, 4, 8));
  EXPECT_EQ(found.rope.shortFactor, found.rope.longFactor);
  EXPECT_EQ(found.rope.attentionFactor, 1);
  expectFailure(read(entriesOf("llama"), {{"rope_freqs.weight", {1, 1, 4}}}).status(),
                StatusCode::BadInput, {"m.gguf: tensor 'rope_freqs.weight': expected 4"});
  expectFailure(read(entriesOf("llama"), {{"rope_freqs.weight", {1, 1, 4, 0}}}).status(),
                StatusCode::BadInput, {"rope_freqs.weight", "positive"});
}

TEST_F(GgufConfigTest, E3Row8_RefusesUnknownArchitectures) {
  expectFailure(failure("general.architecture", text("llama4")), StatusCode::Unsupported,
                {"m.gguf: general.architecture 'llama4'", "nearest supported: 'llama'"});
  expectFailure(failure("general.architecture", nullptr), StatusCode::BadInput,
                {"m.gguf: the key 'general.architecture' is missing"});
  expectFailure(failure("llama.expert_count", integer(8)), StatusCode::Unsupported,
                {"llama.expert_count is 8", "mixtures of experts"});
  expectFailure(failure("llama.rope.scaling.type", text("spiral")), StatusCode::Unsupported,
                {"m.gguf", "spiral"});
}

TEST_F(GgufConfigTest, E3Row8_RefusesKeysThatMayChangeTheNetwork) {
  expectFailure(failure("llama.logit_scale", number(0.5f)), StatusCode::Unsupported,
                {"m.gguf: key 'llama.logit_scale'", "may change the network"});
  expectFailure(failure("llama.attn_logit_softcapping", number(50)), StatusCode::Unsupported,
                {"'llama.attn_logit_softcapping'"});
  expectFailure(failure("llama.rope.scaling.attn_factor", number(2)), StatusCode::Unsupported,
                {"'llama.rope.scaling.attn_factor'", "longrope only"});
  // Those of others are not looked at.
  EXPECT_TRUE(failure("qwen2.logit_scale", number(0.5f)).ok());
}

TEST_F(GgufConfigTest, E3Row7_RefusesWhatIsMissingOrImpossible) {
  for (const char *key :
       {"context_length", "embedding_length", "block_count", "feed_forward_length",
        "attention.head_count", "attention.layer_norm_rms_epsilon"})
    expectFailure(failure(std::string("llama.") + key, nullptr), StatusCode::BadInput,
                  {std::string("m.gguf: the key 'llama.") + key + "' is missing"});
  expectFailure(failure("llama.block_count", integer(1000000000)), StatusCode::BadInput,
                {"m.gguf: llama.block_count", "1000000000"});
  expectFailure(failure("llama.embedding_length", integer(0)), StatusCode::BadInput, {"m.gguf"});
  expectFailure(failure("llama.attention.head_count", integer(0)), StatusCode::BadInput,
                {"m.gguf"});
  expectFailure(failure("llama.attention.head_count_kv", integer(3)), StatusCode::BadInput,
                {"m.gguf"});
  expectFailure(failure("llama.block_count", text("4")), StatusCode::BadInput,
                {"m.gguf: key 'llama.block_count': expected integers", "string '4'"});
  expectFailure(failure("llama.attention.layer_norm_rms_epsilon",
                        number(std::numeric_limits<float>::quiet_NaN())),
                StatusCode::BadInput, {"m.gguf: llama.attention.layer_norm_rms_epsilon"});
  expectFailure(failure("llama.attention.value_length", integer(16)), StatusCode::Unsupported,
                {"llama.attention.value_length is 16", "keys have 8"});
}

/// The reader of config.json finds these, but the user has no such file.
TEST_F(GgufConfigTest, MessagesNameTheKeysOfTheFile) {
  const Status none = failure("llama.attention.head_count", integer(0));
  EXPECT_EQ(none.code(), StatusCode::BadInput);
  EXPECT_THAT(none.message(), HasSubstr("m.gguf: llama.attention.head_count: expected"));
  const Status odd = failure("llama.attention.head_count_kv", integer(3));
  EXPECT_EQ(odd.code(), StatusCode::BadInput);
  EXPECT_THAT(odd.message(), HasSubstr("llama.attention.head_count_kv"));
  EXPECT_THAT(odd.message(), Not(HasSubstr("num_key_value_heads")));
}
