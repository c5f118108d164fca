#include "frontend/weights/SafetensorsSource.h"

#include "SharedData.h"
#include "frontend/weights/Rows.h"
#include "weights/SafetensorsFile.h"

#include <cmath>
#include <unistd.h>

using namespace graphc;
using namespace graphc::test;
using testing::ElementsAre;

using SafetensorsSourceTest = FolderTest;

/// [2, 3] in F32, F16 and BF16 with the values 0, 0.5, ... and a vector and a scalar; the header's
/// length is odd, so that no tensor is aligned.
static std::string smallFile() {
  std::vector<float> f32 = {0, 0.5f, 1, 1.5f, 2, 2.5f};
  std::vector<uint16_t> f16, bf16;
  for (float value : f32) {
    f16.push_back(toF16(value));
    bf16.push_back(toBf16(value));
  }
  std::string header = R"({"f32":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},
    "f16":{"dtype":"F16","shape":[2,3],"data_offsets":[24,36]},
    "bf16":{"dtype":"BF16","shape":[2,1,3],"data_offsets":[36,48]},
    "v":{"dtype":"F32","shape":[6],"data_offsets":[48,72]},
    "s":{"dtype":"F32","shape":[],"data_offsets":[72,76]},
    "i":{"dtype":"I64","shape":[1],"data_offsets":[76,84]}})";
  header += std::string(1 + header.size() % 2, ' ');
  return safetensors(header, bytesOf(f32) + bytesOf(f16) + bytesOf(bf16) + bytesOf(f32) +
                                 bytesOf(std::vector<float>{7}) + std::string(8, '\0'));
}

static std::vector<float> rows(const WeightSource &source, const std::string &name, int64_t begin,
                               int64_t end) {
  std::vector<float> out((end - begin) * source.find(name)->columns());
  Status status = source.readRows(name, begin, end, out);
  EXPECT_TRUE(status.ok()) << status.message();
  return out;
}

TEST_F(SafetensorsSourceTest, ReadsRowsOfEachType) {
  write("model.safetensors", smallFile());
  auto source = SafetensorsSource::open(folder);
  ASSERT_TRUE(source.ok()) << source.status().message();
  for (const char *name : {"f32", "f16", "bf16"}) {
    EXPECT_THAT(rows(**source, name, 0, 2), ElementsAre(0, 0.5, 1, 1.5, 2, 2.5)) << name;
    EXPECT_THAT(rows(**source, name, 1, 2), ElementsAre(1.5, 2, 2.5)) << name;
    EXPECT_THAT(rows(**source, name, 1, 1), ElementsAre()) << name;
  }
  EXPECT_THAT(rows(**source, "v", 2, 4), ElementsAre(1, 1.5));
  EXPECT_THAT(rows(**source, "s", 0, 1), ElementsAre(7));
}

TEST_F(SafetensorsSourceTest, ListsTensors) {
  write("model.safetensors", smallFile());
  auto source = SafetensorsSource::open(folder / "model.safetensors");
  ASSERT_TRUE(source.ok()) << source.status().message();
  EXPECT_THAT((*source)->names(), ElementsAre("bf16", "f16", "f32", "i", "s", "v"));
  EXPECT_EQ(*(*source)->find("bf16"), (TensorInfo{ElementType::BF16, {2, 1, 3}}));
  EXPECT_EQ((*source)->find("absent"), nullptr);
  EXPECT_EQ((*source)->find("i"), nullptr);
  EXPECT_EQ((*source)->stored("i").type, "I64");
}

TEST_F(SafetensorsSourceTest, RefusesWrongCalls) {
  write("model.safetensors", smallFile());
  auto source = SafetensorsSource::open(folder);
  ASSERT_TRUE(source.ok()) << source.status().message();
  float out[9];
  for (Status status :
       {(*source)->readRows("absent", 0, 1, std::span(out, 3)),
        (*source)->readRows("i", 0, 1, std::span(out, 1)), (*source)->readRows("f32", 0, 3, out),
        (*source)->readRows("f32", -1, 1, std::span(out, 6)),
        (*source)->readRows("f32", 2, 1, std::span(out, 0)),
        (*source)->readRows("f32", 0, 2, std::span(out, 5))})
    EXPECT_EQ(status.code(), StatusCode::Internal) << status.message();
}

TEST_F(SafetensorsSourceTest, ReleasedTensorsCanBeReadAgain) {
  std::vector<float> values(100000);
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<float>(i);
  write("model.safetensors",
        safetensors(R"({"a":{"dtype":"F32","shape":[100000],"data_offsets":[0,400000]}})",
                    bytesOf(values)));
  auto source = SafetensorsSource::open(folder);
  ASSERT_TRUE(source.ok()) << source.status().message();
  EXPECT_EQ(rows(**source, "a", 0, 100000), values);
  (*source)->release("a");
  (*source)->release("absent");
  EXPECT_EQ(rows(**source, "a", 0, 100000), values);
}

/// Resident memory that is not of files, in bytes.
static int64_t anonymousBytes() {
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word) {
    int64_t kilobytes = 0;
    if (word == "RssAnon:" && status >> kilobytes)
      return kilobytes * 1024;
  }
  return 0;
}

TEST_F(SafetensorsSourceTest, MapsALargeFileWithoutCopyingIt) {
  write("model.safetensors",
        safetensors(
            R"({"a":{"dtype":"BF16","shape":[2097152,1024],"data_offsets":[0,4294967296]}})", ""));
  std::filesystem::path file = folder / "model.safetensors";
  std::filesystem::resize_file(file, std::filesystem::file_size(file) + (uint64_t(4) << 30));
  int64_t before = anonymousBytes();
  auto source = SafetensorsSource::open(folder);
  ASSERT_TRUE(source.ok()) << source.status().message();
  EXPECT_THAT(rows(**source, "a", 2097151, 2097152), testing::Each(0.0f));
  EXPECT_LT(anonymousBytes() - before, 16 << 20);
}

TEST_F(SafetensorsSourceTest, DigestsNoticeChanges) {
  write("model.safetensors", smallFile());
  SourceDigest first = (*SafetensorsSource::open(folder))->digests().front();
  EXPECT_EQ(first.path, (folder / "model.safetensors").string());
  EXPECT_EQ(first.size, smallFile().size());
  EXPECT_GT(first.modified, int64_t(1'600'000'000) * 1'000'000'000);
  std::string renamed = smallFile();
  renamed.replace(renamed.find("\"v\""), 3, "\"w\"");
  write("model.safetensors", renamed);
  SourceDigest second = (*SafetensorsSource::open(folder))->digests().front();
  EXPECT_EQ(second.size, first.size);
  EXPECT_NE(second.headerHash, first.headerHash);
}

TEST_F(SafetensorsSourceTest, E3Row1_RefusesEmptyAndAbsentFiles) {
  write("model.safetensors", "");
  expectFailure(SafetensorsSource::open(folder).status(), StatusCode::BadInput,
                {"model.safetensors", "empty"});
  expectFailure(SafetensorsSource::open(folder / "x.safetensors").status(), StatusCode::BadInput,
                {"x.safetensors"});
}

TEST(Rows, ConvertsEveryF16AndBf16) {
  std::vector<uint16_t> all(65536);
  for (size_t i = 0; i < all.size(); ++i)
    all[i] = static_cast<uint16_t>(i);
  std::vector<float> out(all.size());
  const std::byte *in = reinterpret_cast<const std::byte *>(all.data());
  for (ElementType type : {ElementType::F16, ElementType::BF16}) {
    ASSERT_TRUE(convertToF32(type, in, 65536, out.data()).ok());
    for (size_t i = 0; i < all.size(); ++i) {
      float expected = type == ElementType::F16 ? fromF16(all[i]) : fromBf16(all[i]);
      ASSERT_TRUE(expected == out[i] || (std::isnan(expected) && std::isnan(out[i]))) << i;
    }
  }
}

TEST(SafetensorsSource, ReadsRealModels) {
  GRAPHC_REQUIRE_SHARED_DATA("stories260K/hf/model.safetensors");
  auto stories = SafetensorsSource::open(sharedData() / "stories260K/hf");
  ASSERT_TRUE(stories.ok()) << stories.status().message();
  EXPECT_EQ((*stories)->names().size(), 47u);
  EXPECT_EQ(*(*stories)->find("model.layers.4.mlp.down_proj.weight"),
            (TensorInfo{ElementType::F32, {64, 172}}));
  std::vector<float> norm = rows(**stories, "model.norm.weight", 0, 64);
  for (float value : norm)
    EXPECT_TRUE(std::isfinite(value) && value > 0);
  auto llama = SafetensorsSource::open(sharedData() / "golden_hf/llama_gqa/config.json");
  ASSERT_TRUE(llama.ok()) << llama.status().message();
  EXPECT_EQ((*llama)->names().size(), 30u);
}
