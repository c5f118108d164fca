#include "weights/SafetensorsFile.h"

using namespace graphc;
using namespace graphc::test;
using testing::ElementsAre;

/// Header of a tensor "a" with the given entries, and as many bytes of data.
static Status failureOf(const std::string &entries, size_t dataBytes = 24) {
  return readHeader(safetensors(R"({"a":{)" + entries + "}}", std::string(dataBytes, 'x')))
      .status();
}

static Status failureOfHeader(const std::string &header, size_t dataBytes = 24) {
  return readHeader(safetensors(header, std::string(dataBytes, 'x'))).status();
}

static const std::string kGood = R"("dtype":"F32","shape":[2,3],"data_offsets":[0,24])";

TEST(SafetensorsHeader, ReadsTensorsInTheOrderOfTheirData) {
  std::string header = R"({"__metadata__":{"format":"pt"},
    "b":{"dtype":"BF16","shape":[4],"data_offsets":[24,32]},
    "a":{"shape":[2,3],"data_offsets":[0,24],"dtype":"F32"},
    "e":{"dtype":"F16","shape":[0,7],"data_offsets":[24,24]},
    "s":{"dtype":"I64","shape":[],"data_offsets":[32,40]}}   )";
  Expected<SafetensorsHeader> read = readHeader(safetensors(header, std::string(40, 'x')));
  ASSERT_TRUE(read.ok()) << read.status().message();
  EXPECT_EQ(read->dataOffset, 8 + header.size());
  ASSERT_EQ(read->tensors.size(), 4u);
  EXPECT_EQ(read->tensors[0].name, "a");
  EXPECT_EQ(read->tensors[0].type->readable, ElementType::F32);
  EXPECT_THAT(read->tensors[0].shape, ElementsAre(2, 3));
  EXPECT_EQ(read->tensors[0].begin, read->dataOffset);
  EXPECT_EQ(read->tensors[1].name, "e");
  EXPECT_EQ(read->tensors[2].name, "b");
  EXPECT_EQ(read->tensors[2].begin, read->dataOffset + 24);
  EXPECT_EQ(read->tensors[2].end, read->dataOffset + 32);
  EXPECT_EQ(read->tensors[3].type->name, "I64");
  EXPECT_FALSE(read->tensors[3].type->readable);
  EXPECT_TRUE(failureOf(kGood).ok());
}

TEST(SafetensorsHeader, E3Row1_RefusesForeignContent) {
  expectFailure(readHeader("version https://git-lfs.github.com/spec/v1\noid sha256:1").status(),
                StatusCode::BadInput, {"m.safetensors", "Git LFS pointer"});
  expectFailure(readHeader("<!doctype html><html>Not found</html>").status(), StatusCode::BadInput,
                {"m.safetensors", "HTML page"});
}

TEST(SafetensorsHeader, E3Row1_RefusesAFileTruncatedAtAnyByte) {
  std::string file = safetensors("{\"a\":{" + kGood + "}}", std::string(24, 'x'));
  for (size_t length = 0; length < file.size(); ++length) {
    Status status = readHeader(file.substr(0, length)).status();
    EXPECT_EQ(status.code(), StatusCode::BadInput) << length << ": " << status.message();
  }
}

TEST(SafetensorsHeader, E3Row2_RefusesAHeaderLongerThanTheFileOrTheCap) {
  std::string file = safetensors("{}", "");
  file[0] = 3;
  expectFailure(readHeader(file).status(), StatusCode::BadInput,
                {"3 bytes wanted at offset 8", "only 2 are left"});
  for (uint64_t length : {uint64_t(100'000'001), uint64_t(1) << 63, ~uint64_t(0)}) {
    std::memcpy(file.data(), &length, sizeof(length));
    expectFailure(readHeader(file).status(), StatusCode::BadInput,
                  {"header of " + std::to_string(length), "at most 100000000"});
  }
}

TEST(SafetensorsHeader, E3Row2_RefusesTextThatIsNotJson) {
  expectFailure(failureOfHeader("hello"), StatusCode::BadInput, {"header: expected '{'"});
  expectFailure(failureOfHeader(" {}"), StatusCode::BadInput, {"header: expected '{'"});
  expectFailure(failureOfHeader(""), StatusCode::BadInput, {"header: expected '{'"});
  expectFailure(failureOfHeader("{\"a\":"), StatusCode::BadInput, {"not valid JSON at byte"});
  expectFailure(failureOfHeader("{}{}"), StatusCode::BadInput, {"not valid JSON at byte"});
  expectFailure(failureOfHeader("{\"\xff\":{}}"), StatusCode::BadInput, {"not valid JSON"});
}

TEST(SafetensorsHeader, E3Row2_RefusesNestingAndForeignStructure) {
  expectFailure(failureOfHeader("{\"a\":" + std::string(100000, '[')), StatusCode::BadInput,
                {"tensor 'a'", "expected an object", "found a list"});
  expectFailure(failureOf(R"("shape":[[[1]]])"), StatusCode::BadInput, {"found a list"});
  expectFailure(failureOf(R"("dtype":{"x":1})"), StatusCode::BadInput, {"found an object"});
  expectFailure(failureOf(R"("dtype":3)"), StatusCode::BadInput, {"a type's name", "found 3"});
  expectFailure(failureOf(R"("shape":"big")"), StatusCode::BadInput, {"a list", "found \"big\""});
  expectFailure(failureOfHeader("[1]"), StatusCode::BadInput, {"header"});
  expectFailure(failureOfHeader(R"({"__metadata__":{"a":1}})"), StatusCode::BadInput,
                {"a string in __metadata__"});
  expectFailure(failureOfHeader(R"({"__metadata__":"x"})"), StatusCode::BadInput,
                {"an object of strings"});
  std::string manyExtents = "\"shape\":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]";
  expectFailure(failureOf(manyExtents), StatusCode::BadInput, {"more than 16"});
}

TEST(SafetensorsHeader, E3Row2_RefusesDuplicateKeys) {
  expectFailure(failureOfHeader("{\"a\":{" + kGood + "},\"a\":{" + kGood + "}}"),
                StatusCode::BadInput, {"duplicate key 'a'"});
  expectFailure(failureOf(kGood + ",\"dtype\":\"F32\""), StatusCode::BadInput,
                {"tensor 'a'", "duplicate key 'dtype'"});
  expectFailure(failureOfHeader(R"({"__metadata__":{"k":"1","k":"2"}})"), StatusCode::BadInput,
                {"duplicate key 'k'"});
  expectFailure(failureOfHeader(R"({"__metadata__":{},"__metadata__":{}})"), StatusCode::BadInput,
                {"duplicate key '__metadata__'"});
}

TEST(SafetensorsHeader, E3Row2_RefusesMissingAndUnknownKeys) {
  expectFailure(failureOf(R"("dtype":"F32","shape":[6])"), StatusCode::BadInput,
                {"tensor 'a'", "missing"});
  expectFailure(failureOf(kGood + ",\"stride\":[1]"), StatusCode::BadInput, {"'stride'"});
  expectFailure(failureOf(R"("dtype":"F32","shape":[6],"data_offsets":[0])"), StatusCode::BadInput,
                {"two entries"});
}

TEST(SafetensorsHeader, E3Row3_RefusesOverlaps) {
  expectFailure(failureOfHeader(R"({"a":{"dtype":"U8","shape":[16],"data_offsets":[0,16]},
                                    "b":{"dtype":"U8","shape":[16],"data_offsets":[8,24]}})"),
                StatusCode::BadInput, {"tensor 'b'", "overlaps", "begins at 8, expected 16"});
}

TEST(SafetensorsHeader, E3Row3_RefusesHoles) {
  expectFailure(failureOfHeader(R"({"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]},
                                    "b":{"dtype":"U8","shape":[8],"data_offsets":[16,24]}})"),
                StatusCode::BadInput, {"tensor 'b'", "leaves a hole", "begins at 16, expected 8"});
  expectFailure(failureOf(kGood, 25), StatusCode::BadInput, {"1 bytes at the end"});
  expectFailure(failureOfHeader("{}", 1), StatusCode::BadInput, {"1 bytes at the end"});
}

TEST(SafetensorsHeader, E3Row3_RefusesRangesThatRunBackwardsOrPassTheEnd) {
  expectFailure(failureOf(R"("dtype":"F32","shape":[2,3],"data_offsets":[24,0])"),
                StatusCode::BadInput, {"data_offsets 24 to 0", "run backwards"});
  expectFailure(failureOf(kGood, 23), StatusCode::BadInput, {"pass the end", "23 bytes"});
  expectFailure(failureOf(R"("dtype":"U8","shape":[1],"data_offsets":[0,18446744073709551615])"),
                StatusCode::BadInput, {"pass the end"});
  expectFailure(failureOf(R"("dtype":"U8","shape":[1],"data_offsets":[-1,0])"),
                StatusCode::BadInput, {"integers from 0", "found -1"});
  expectFailure(failureOf(R"("dtype":"U8","shape":[1],"data_offsets":[0,18446744073709551616])"),
                StatusCode::BadInput, {"integers from 0"});
}

TEST(SafetensorsHeader, E3Row3_RefusesSizesThatWrapOrDiffer) {
  // 2^62 elements of 4 bytes are 2^64 bytes: zero, if no one looks.
  expectFailure(failureOf(R"("dtype":"F32","shape":[4611686018427387904],"data_offsets":[0,0])", 0),
                StatusCode::BadInput, {"tensor 'a'", "size in bytes is impossible"});
  expectFailure(
      failureOf(R"("dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0])", 0),
      StatusCode::BadInput, {"impossible"});
  expectFailure(
      failureOf(R"("dtype":"F32","shape":[0,9223372036854775808],"data_offsets":[0,0])", 0),
      StatusCode::BadInput, {"impossible"});
  expectFailure(
      failureOf(R"("dtype":"F32","shape":[0,4294967296,4294967296],"data_offsets":[0,0])", 0),
      StatusCode::BadInput, {"impossible"});
  expectFailure(failureOf(R"("dtype":"F32","shape":[5],"data_offsets":[0,24])"),
                StatusCode::BadInput, {"hold 24 bytes, shape and type need 20"});
  expectFailure(failureOf(R"("dtype":"F4","shape":[3],"data_offsets":[0,1])", 1),
                StatusCode::BadInput, {"impossible"});
  EXPECT_TRUE(failureOf(R"("dtype":"F4","shape":[48],"data_offsets":[0,24])").ok());
}

TEST(SafetensorsHeader, UnknownElementTypesAreUnsupported) {
  expectFailure(failureOf(R"("dtype":"F128","shape":[1],"data_offsets":[0,24])"),
                StatusCode::Unsupported, {"tensor 'a'", "'F128'"});
}
