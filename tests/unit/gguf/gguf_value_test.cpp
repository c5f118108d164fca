#include "gguf/GgufBytes.h"

using namespace graphc;
using namespace graphc::test;
using testing::ElementsAre;

namespace {
/// Metadata of a file that holds it.
struct File {
  explicit File(const GgufBytes &file) : text(file.text()), header(readGguf(text)) {
    EXPECT_TRUE(header.ok()) << header.status().message();
  }
  const GgufMetadata *operator->() const { return &header->metadata; }

  std::string text;
  Expected<GgufHeader> header;
};
} // namespace

TEST(GgufMetadata, ReadsIntegersOfEachType) {
  GgufBytes bytes;
  bytes.entry("u8", GgufValueType::U8, word(uint8_t(200)))
      .entry("i8", GgufValueType::I8, word(int8_t(-100)))
      .entry("u16", GgufValueType::U16, word(uint16_t(60000)))
      .entry("i16", GgufValueType::I16, word(int16_t(-30000)))
      .entry("u32", GgufValueType::U32, word(uint32_t(4000000000)))
      .entry("i32", GgufValueType::I32, word(int32_t(-2000000000)))
      .entry("u64", GgufValueType::U64, word(uint64_t(1) << 62))
      .entry("i64", GgufValueType::I64, word(int64_t(-1) << 62));
  File file(bytes);
  const std::pair<const char *, int64_t> expected[] = {{"u8", 200},
                                                       {"i8", -100},
                                                       {"u16", 60000},
                                                       {"i16", -30000},
                                                       {"u32", 4000000000},
                                                       {"i32", -2000000000},
                                                       {"u64", int64_t(1) << 62},
                                                       {"i64", int64_t(-1) << 62}};
  for (auto [key, value] : expected) {
    EXPECT_EQ(*file->integer(key), std::optional(value)) << key;
    EXPECT_EQ(*file->number(key), std::optional(static_cast<double>(value))) << key;
  }
  EXPECT_EQ(*file->integer("absent"), std::nullopt);
}

TEST(GgufMetadata, ReadsOtherValues) {
  GgufBytes bytes;
  bytes.f32("f32", 0.5f)
      .entry("f64", GgufValueType::F64, word(0.25))
      .entry("bool", GgufValueType::Bool, word(uint8_t(1)))
      .string("string", "h\xc3\xa9")
      .array("strings", GgufValueType::String, 3, gguString("a") + gguString("") + gguString("cd"))
      .array("ints", GgufValueType::I32, 2, word(int32_t(-1)) + word(int32_t(7)))
      .array("floats", GgufValueType::F32, 2, word(0.5f) + word(2.0f))
      .array("none", GgufValueType::String, 0, "");
  File file(bytes);
  EXPECT_EQ(*file->number("f32"), std::optional(0.5));
  EXPECT_EQ(*file->number("f64"), std::optional(0.25));
  EXPECT_EQ(*file->boolean("bool"), std::optional(true));
  EXPECT_EQ(*file->string("string"), std::optional<std::string>("h\xc3\xa9"));
  EXPECT_THAT(*file->strings("strings"), ElementsAre("a", "", "cd"));
  EXPECT_THAT(*file->strings("none"), ElementsAre());
  EXPECT_THAT(*file->strings("absent"), ElementsAre());
  EXPECT_THAT(*file->integers("ints"), ElementsAre(-1, 7));
  EXPECT_THAT(*file->numbers("floats"), ElementsAre(0.5, 2.0));
  // A single number is a list of one.
  EXPECT_THAT(*file->numbers("f32"), ElementsAre(0.5));
  EXPECT_THAT(*file->integers("absent"), ElementsAre());
}

TEST(GgufMetadata, E3Row6_RefusesValuesOfAnotherType) {
  GgufBytes bytes;
  bytes.f32("f32", 0.5f).string("string", "x\n").u32("u32", 7);
  bytes.array("ints", GgufValueType::I32, 1, word(int32_t(1)));
  bytes.entry("u64", GgufValueType::U64, word(~uint64_t(0)));
  File file(bytes);
  auto expectRefused = [](const Status &status, const std::vector<std::string> &parts) {
    expectFailure(status, StatusCode::BadInput, parts);
  };
  expectRefused(file->integer("f32").status(), {"m.gguf: key 'f32': expected an integer", "f32"});
  expectRefused(file->integer("u64").status(), {"key 'u64': expected an integer below 2^63"});
  expectRefused(file->integer("ints").status(), {"key 'ints'", "found array of i32"});
  expectRefused(file->number("string").status(), {"key 'string'", "found string 'x\\x0a'"});
  expectRefused(file->boolean("u32").status(), {"key 'u32': expected a bool", "found u32 7"});
  expectRefused(file->string("u32").status(), {"key 'u32': expected a string"});
  expectRefused(file->strings("string").status(), {"key 'string': expected an array of strings"});
  expectRefused(file->strings("ints").status(), {"key 'ints': expected an array of strings"});
  expectRefused(file->integers("f32").status(), {"key 'f32': expected integers"});
  expectRefused(file->numbers("string").status(), {"key 'string': expected numbers"});
}

TEST(GgufMetadata, E3Row6_RefusesStringsThatAreNotUtf8) {
  GgufBytes bytes;
  bytes.string("s", "a\xff")
      .array("list", GgufValueType::String, 2, gguString("a") + gguString("\xc0\x80"));
  File file(bytes);
  expectFailure(file->string("s").status(), StatusCode::BadInput,
                {"key 's': expected UTF-8", "'a\\xff'"});
  expectFailure(file->strings("list").status(), StatusCode::BadInput,
                {"key 'list': expected UTF-8", "at position 1"});
}
