#include "gguf/GgufBytes.h"

using namespace graphc;
using namespace graphc::test;
using testing::ElementsAre;

static Status failureOf(const GgufBytes &file) { return readGguf(file).status(); }

/// A file with two entries and two tensors.
static GgufBytes smallFile() {
  GgufBytes file;
  file.string("general.architecture", "llama").u32("llama.block_count", 2);
  file.tensor("a", {32, 2}, kQ8_0, std::string(68, 'x')).floats("b", {3}, {1, 2, 3});
  return file;
}

TEST(GgufHeader, ReadsEntriesAndTensors) {
  for (uint32_t version : {2u, 3u}) {
    GgufBytes file = smallFile();
    file.version = version;
    Expected<GgufHeader> read = readGguf(file);
    ASSERT_TRUE(read.ok()) << read.status().message();
    EXPECT_EQ(read->version, version);
    EXPECT_EQ(read->metadata.size(), 2);
    EXPECT_TRUE(read->metadata.contains("llama.block_count"));
    ASSERT_EQ(read->tensors.size(), 2u);
    const GgufTensor &a = read->tensors[0], &b = read->tensors[1];
    EXPECT_EQ(a.name, "a");
    EXPECT_EQ(a.type->name, "Q8_0");
    EXPECT_THAT(a.shape, ElementsAre(2, 32)); // Slowest first.
    EXPECT_EQ(a.begin, read->dataOffset);
    EXPECT_EQ(a.end - a.begin, 68u);
    EXPECT_EQ(b.begin, read->dataOffset + 96);
    EXPECT_EQ(b.end - b.begin, 12u);
    EXPECT_EQ(read->dataOffset % 32, 0u);
  }
}

TEST(GgufHeader, ReadsAFileWithoutTensors) {
  GgufBytes file;
  file.string("k", "v");
  // The padding behind the header may be left out.
  std::string text = file.text().substr(0, 24 + 8 + 1 + 4 + 8 + 1);
  Expected<GgufHeader> read = readGguf(text);
  ASSERT_TRUE(read.ok()) << read.status().message();
  EXPECT_TRUE(read->tensors.empty());
  EXPECT_EQ(read->dataOffset, text.size());
}

TEST(GgufHeader, RefusesOtherVersions) {
  GgufBytes file = smallFile();
  for (uint32_t version : {0u, 1u, 4u}) {
    file.version = version;
    expectFailure(failureOf(file), StatusCode::Unsupported,
                  {"m.gguf", "version " + std::to_string(version), "versions 2 and 3"});
  }
  file.version = __builtin_bswap32(3);
  expectFailure(failureOf(file), StatusCode::Unsupported, {"m.gguf", "big-endian"});
}

TEST(GgufHeader, E3Row1_RefusesForeignContent) {
  expectFailure(readGguf(std::string("version https://git-lfs.github.com/spec/v1\n")).status(),
                StatusCode::BadInput, {"m.gguf", "Git LFS pointer"});
  expectFailure(readGguf(std::string("<!DOCTYPE html>")).status(), StatusCode::BadInput,
                {"m.gguf", "HTML page"});
  expectFailure(readGguf(std::string("GGML\1\0\0\0", 8)).status(), StatusCode::BadInput,
                {"m.gguf", "expected 'GGUF'", "found 'GGML'"});
}

TEST(GgufHeader, E3Row1_RefusesAFileTruncatedAtAnyByte) {
  const std::string file = smallFile().text();
  for (size_t length = 0; length < file.size() - 20; ++length) { // Behind b, 20 bytes are padding.
    Status status = readGguf(file.substr(0, length)).status();
    EXPECT_EQ(status.code(), StatusCode::BadInput) << length << ": " << status.message();
  }
}

TEST(GgufHeader, E3Row4_RefusesCountsThatTheFileHasNoRoomFor) {
  std::string file = smallFile().text();
  for (uint64_t count : {uint64_t(1000), uint64_t(1) << 32, uint64_t(1) << 62, ~uint64_t(0)}) {
    std::string damaged = file;
    damaged.replace(8, 8, word(count));
    expectFailure(
        readGguf(damaged).status(), StatusCode::BadInput,
        {"m.gguf: number of tensors: expected at most", "found " + std::to_string(count)});
    damaged = file;
    damaged.replace(16, 8, word(count));
    expectFailure(readGguf(damaged).status(), StatusCode::BadInput,
                  {"m.gguf: number of keys: expected at most", "found " + std::to_string(count)});
    expectFailure(
        failureOf(GgufBytes().array("k", GgufValueType::U64, count, std::string(64, '\0'))),
        StatusCode::BadInput, {"m.gguf: key 'k': expected at most", std::to_string(count)});
    expectFailure(
        failureOf(GgufBytes().array("k", GgufValueType::String, count, std::string(64, '\0'))),
        StatusCode::BadInput, {"m.gguf: key 'k': expected at most"});
  }
}

TEST(GgufHeader, E3Row4_RefusesStringsLongerThanTheFile) {
  const std::string length = word<uint64_t>(1000);
  expectFailure(failureOf(GgufBytes().entry("k", GgufValueType::String, length)),
                StatusCode::BadInput, {"m.gguf: key 'k': ", "1000 bytes wanted", "are left"});
  expectFailure(failureOf(GgufBytes().array("k", GgufValueType::String, 1, length)),
                StatusCode::BadInput, {"m.gguf: key 'k': ", "1000 bytes wanted"});
  expectFailure(failureOf(GgufBytes().string(std::string(5000, 'k'), "v")), StatusCode::BadInput,
                {"m.gguf: key 0: expected a name of 1 to 4096 bytes", "found 5000"});
}

TEST(GgufHeader, E3Row5_RefusesAlignments) {
  auto aligned = [](GgufValueType type, const std::string &value) {
    return failureOf(GgufBytes().entry("general.alignment", type, value));
  };
  for (uint32_t value : {0u, 24u, 131072u, 1u << 31})
    expectFailure(aligned(GgufValueType::U32, word(value)), StatusCode::BadInput,
                  {"m.gguf: key 'general.alignment': expected a power of two up to 65536",
                   std::to_string(value)});
  expectFailure(aligned(GgufValueType::U64, word(~uint64_t(0))), StatusCode::BadInput,
                {"general.alignment", "u64"});
  expectFailure(aligned(GgufValueType::String, gguString("32")), StatusCode::BadInput,
                {"general.alignment", "string '32'"});
  EXPECT_TRUE(aligned(GgufValueType::U32, word(uint32_t(1))).ok());
}

TEST(GgufHeader, AlignsTheDataAsTheFileSays) {
  GgufBytes file;
  file.alignment = 256;
  file.u32("general.alignment", 256).floats("a", {1}, {1}).floats("b", {1}, {2});
  Expected<GgufHeader> read = readGguf(file);
  ASSERT_TRUE(read.ok()) << read.status().message();
  EXPECT_EQ(read->dataOffset, 256u);
  EXPECT_EQ(read->tensors[1].begin, 512u);
}

TEST(GgufHeader, E3Row5_RefusesShapes) {
  auto failure = [](const std::vector<uint64_t> &extents, uint32_t type) {
    return failureOf(GgufBytes().tensor("t", extents, type, std::string(256, 'x')));
  };
  expectFailure(failure({1, 1, 1, 1, 1}, kF32), StatusCode::BadInput,
                {"m.gguf: tensor 't': expected at most 4 dimensions", "found 5"});
  expectFailure(failure({4, 0}, kF32), StatusCode::BadInput, {"tensor 't'", "extents from 1", "0"});
  expectFailure(failure({uint64_t(1) << 63}, kF32), StatusCode::BadInput,
                {"tensor 't'", "9223372036854775808"});
  expectFailure(failure({48}, kQ8_0), StatusCode::BadInput,
                {"tensor 't'", "multiple of 32 numbers, as Q8_0 has", "found 48"});
  expectFailure(failure({128}, kQ4_K), StatusCode::BadInput, {"multiple of 256", "Q4_K"});
  expectFailure(failure({}, kQ8_0), StatusCode::BadInput, {"multiple of 32", "found 1"});
}

TEST(GgufHeader, E3Row5_RefusesUnknownTypes) {
  for (uint32_t type : {4u, 5u, 31u, 36u, 99u, ~0u}) // Removed ones among them.
    expectFailure(failureOf(GgufBytes().tensor("t", {32}, type, std::string(64, 'x'))),
                  StatusCode::Unsupported,
                  {"m.gguf: tensor 't': type " + std::to_string(type) + " is not known"});
}

TEST(GgufHeader, E3Row3_RefusesDataOutsideOfTheFile) {
  auto failure = [](const std::vector<uint64_t> &extents, uint64_t offset) {
    return failureOf(
        GgufBytes().floats("a", {8}, std::vector<float>(8)).tensorAt("t", extents, kF32, offset));
  };
  expectFailure(failure({8}, 32), StatusCode::BadInput,
                {"tensor 't': expected data inside the file", "found 32 at offset 32"});
  expectFailure(failure({1}, uint64_t(1) << 63), StatusCode::BadInput, {"tensor 't'", "inside"});
  expectFailure(failure({uint64_t(1) << 32, uint64_t(1) << 32}, 0), StatusCode::BadInput,
                {"tensor 't'", "more than 2^64"});
  expectFailure(failure({uint64_t(1) << 62}, 0), StatusCode::BadInput, {"more than 2^64"});
  expectFailure(failure({1}, 16), StatusCode::BadInput,
                {"tensor 't': expected an offset that is a multiple of 32", "found 16"});
}

TEST(GgufHeader, E3Row3_RefusesOverlaps) {
  GgufBytes file;
  file.floats("a", {16}, std::vector<float>(16)).tensorAt("t", {4}, kF32, 32);
  expectFailure(failureOf(file), StatusCode::BadInput, {"tensor 't'", "overlaps that of 'a'"});
}

TEST(GgufHeader, E3Row6_RefusesKeysAndNamesThatAreEmptyOrThereTwice) {
  expectFailure(failureOf(GgufBytes().u32("", 1)), StatusCode::BadInput,
                {"m.gguf: key 0: expected a name of 1 to 4096 bytes, but found 0"});
  expectFailure(failureOf(GgufBytes().u32("k", 1).u32("k", 1)), StatusCode::BadInput,
                {"m.gguf: key 'k': it is there twice"});
  expectFailure(failureOf(GgufBytes().floats("", {1}, {1})), StatusCode::BadInput,
                {"m.gguf: tensor 0: expected a name"});
  expectFailure(failureOf(GgufBytes().floats("t", {1}, {1}).floats("t", {1}, {1})),
                StatusCode::BadInput, {"m.gguf: tensor 't': it is there twice"});
}

TEST(GgufHeader, E3Row6_RefusesTypesOfValues) {
  for (uint32_t type : {13u, ~0u}) {
    expectFailure(failureOf(GgufBytes().entry("k", GgufValueType(type), std::string(16, 'x'))),
                  StatusCode::BadInput,
                  {"m.gguf: key 'k': expected a type of values from 0 to 12",
                   "found " + std::to_string(type)});
    expectFailure(failureOf(GgufBytes().array("k", GgufValueType(type), 1, std::string(16, 'x'))),
                  StatusCode::BadInput, {"key 'k'", "from 0 to 12"});
  }
  expectFailure(failureOf(GgufBytes().array("k", GgufValueType::Array, 1, std::string(32, '\0'))),
                StatusCode::Unsupported, {"key 'k'", "arrays of arrays"});
}

TEST(GgufHeader, E3Row6_ShowsNamesEscaped) {
  expectFailure(failureOf(GgufBytes().u32("k\x1b[31m", 1).u32("k\x1b[31m", 1)),
                StatusCode::BadInput, {"key 'k\\x1b[31m'"});
}
