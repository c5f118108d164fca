// Every way to damage a small file by a little: cut it, flip a bit, put an extreme number in. The
// reader must never crash, and whatever it accepts must keep its tensors inside the file and apart.
#include "gguf/GgufBytes.h"

using namespace graphc;
using namespace graphc::test;

static std::string smallFile() {
  GgufBytes file;
  file.string("general.architecture", "llama").u32("general.alignment", 32);
  file.array("tokenizer.ggml.tokens", GgufValueType::String, 2, gguString("<s>") + gguString("a"));
  file.array("llama.heads", GgufValueType::I32, 2, word(int32_t(4)) + word(int32_t(4)));
  file.tensor("q", {32, 2}, kQ8_0, std::string(68, 'x')).floats("b", {3}, {1, 2, 3});
  return file.text();
}

/// What readers of metadata do: every value, in every way. Sanitizers judge.
static void readAll(const GgufMetadata &metadata) {
  for (const auto &[key, value] : metadata.entries()) {
    (void)metadata.integer(key);
    (void)metadata.number(key);
    (void)metadata.boolean(key);
    (void)metadata.string(key);
    (void)metadata.integers(key);
    (void)metadata.numbers(key);
    (void)metadata.strings(key);
    EXPECT_FALSE(describe(value).empty()) << key;
  }
}

/// Reads a damaged file; whether it was accepted.
static bool probe(const std::string &file) {
  Expected<GgufHeader> header = readGguf(file);
  if (!header.ok()) {
    const StatusCode code = header.status().code();
    EXPECT_TRUE(code == StatusCode::BadInput || code == StatusCode::Unsupported)
        << header.status().message();
    EXPECT_TRUE(header.status().message().starts_with("m.gguf: ")) << header.status().message();
    return false;
  }
  readAll(header->metadata);
  std::vector<int> claims(file.size(), 0);
  for (const GgufTensor &tensor : header->tensors) {
    EXPECT_GE(tensor.begin, header->dataOffset);
    EXPECT_LE(tensor.end, file.size());
    unsigned __int128 numbers = 1;
    for (int64_t extent : tensor.shape)
      numbers *= static_cast<unsigned __int128>(extent);
    EXPECT_TRUE(numbers * static_cast<unsigned __int128>(tensor.type->blockBytes) ==
                static_cast<unsigned __int128>(tensor.end - tensor.begin) *
                    static_cast<unsigned __int128>(tensor.type->blockNumbers));
    for (uint64_t i = tensor.begin; i < std::min<uint64_t>(tensor.end, file.size()); ++i)
      EXPECT_EQ(++claims[i], 1);
  }
  return true;
}

TEST(GgufMutation, TheUndamagedFileIsAccepted) { EXPECT_TRUE(probe(smallFile())); }

TEST(GgufMutation, E3Row1_TruncatedAtEachByte) {
  const std::string file = smallFile();
  for (size_t length = 0; length < file.size() - 20; ++length)
    EXPECT_FALSE(probe(file.substr(0, length))) << length;
}

TEST(GgufMutation, E3Row3_EachBitFlipped) {
  const std::string file = smallFile();
  int accepted = 0;
  for (size_t bit = 0; bit < file.size() * 8; ++bit) {
    std::string damaged = file;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    accepted += probe(damaged);
    ASSERT_FALSE(HasFailure()) << "bit " << bit;
  }
  EXPECT_GT(accepted, 800); // All bits of the data are free.
}

TEST(GgufMutation, E3Row4_ExtremeNumbersAtEachPlace) {
  const std::string file = smallFile();
  const uint64_t extremes[] = {0,
                               1,
                               255,
                               uint64_t(1) << 31,
                               (uint64_t(1) << 32) - 1,
                               uint64_t(1) << 32,
                               uint64_t(1) << 62,
                               ~uint64_t(0) >> 1,
                               ~uint64_t(0)};
  for (size_t at = 0; at + 8 <= file.size(); ++at)
    for (uint64_t extreme : extremes)
      for (size_t length : {4, 8}) {
        std::string damaged = file;
        damaged.replace(at, length, word(extreme).substr(0, length));
        probe(damaged);
        ASSERT_FALSE(HasFailure()) << at << ": " << extreme;
      }
}

TEST(GgufMutation, E3Row3_EachPairOfBytesExchanged) {
  const std::string file = smallFile();
  for (size_t i = 0; i < file.size(); ++i)
    for (size_t j = i + 1; j < file.size(); j += 3) {
      std::string damaged = file;
      std::swap(damaged[i], damaged[j]);
      probe(damaged);
      ASSERT_FALSE(HasFailure()) << i << ", " << j;
    }
}
