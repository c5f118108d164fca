// Every way to damage a small file by a little: cut it, flip a bit, put an extreme number in.
// The reader must never crash, and whatever it accepts must be a faultless layout, which an
// independent, wasteful checker judges.
#include "weights/SafetensorsFile.h"

#include "runtime/base/Json.h"

using namespace graphc;
using namespace graphc::test;

static const std::string kHeader =
    R"({"__metadata__":{"k":"v"},"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},)"
    R"("b":{"dtype":"BF16","shape":[4],"data_offsets":[24,32]}} )";
static const std::string kFile = safetensors(kHeader, std::string(32, 'x'));

/// Whether an accepted file is sound: marks each byte of data that a tensor claims.
static void expectSound(const std::string &file, const SafetensorsHeader &header) {
  uint64_t length = 0;
  std::memcpy(&length, file.data(), sizeof(length));
  ASSERT_LE(length, file.size() - 8);
  ASSERT_EQ(header.dataOffset, 8 + length);
  Json document = Json::parse(file.substr(8, length), nullptr, /*allow_exceptions=*/false);
  ASSERT_TRUE(document.is_object());
  ASSERT_EQ(header.tensors.size(), document.size() - document.count("__metadata__"));
  std::vector<int> claims(file.size() - header.dataOffset, 0);
  for (const StoredTensor &tensor : header.tensors) {
    const Json &entry = document.at(tensor.name);
    ASSERT_EQ(tensor.begin, header.dataOffset + entry["data_offsets"][0].get<uint64_t>());
    ASSERT_EQ(tensor.end, header.dataOffset + entry["data_offsets"][1].get<uint64_t>());
    ASSERT_EQ(tensor.type->name, entry["dtype"].get<std::string>());
    ASSERT_LE(tensor.end, file.size());
    unsigned __int128 bits = tensor.type->bits;
    for (int64_t extent : tensor.shape)
      bits *= static_cast<unsigned __int128>(extent);
    ASSERT_TRUE(bits == static_cast<unsigned __int128>(tensor.end - tensor.begin) * 8);
    for (uint64_t i = tensor.begin; i < tensor.end; ++i)
      ++claims[i - header.dataOffset];
  }
  for (int claim : claims)
    ASSERT_EQ(claim, 1);
}

/// Reads a damaged file; whether it was accepted.
static bool probe(const std::string &file) {
  Expected<SafetensorsHeader> header = readHeader(file);
  if (header.ok()) {
    expectSound(file, *header);
    return true;
  }
  StatusCode code = header.status().code();
  EXPECT_TRUE(code == StatusCode::BadInput || code == StatusCode::Unsupported)
      << header.status().message();
  return false;
}

TEST(SafetensorsMutation, TheUndamagedFileIsAccepted) { EXPECT_TRUE(probe(kFile)); }

TEST(SafetensorsMutation, E3Row1_TruncatedAtEachByte) {
  for (size_t length = 0; length < kFile.size(); ++length)
    EXPECT_FALSE(probe(kFile.substr(0, length))) << length;
}

TEST(SafetensorsMutation, E3Row1_ExtendedByABlock) {
  for (size_t extra : {1, 4, 32, 4096})
    EXPECT_FALSE(probe(kFile + std::string(extra, '\0'))) << extra;
}

TEST(SafetensorsMutation, E3Row3_EachBitFlipped) {
  int accepted = 0;
  for (size_t bit = 0; bit < (8 + kHeader.size()) * 8; ++bit) {
    std::string file = kFile;
    file[bit / 8] = static_cast<char>(file[bit / 8] ^ (1 << (bit % 8)));
    accepted += probe(file);
    ASSERT_FALSE(HasFatalFailure()) << "bit " << bit;
  }
  // Letters of names and of the metadata may change; not much else.
  EXPECT_GT(accepted, 10);
  EXPECT_LT(accepted, 60);
}

TEST(SafetensorsMutation, E3Row3_EachPairOfBytesExchanged) {
  for (size_t i = 0; i < 8 + kHeader.size(); ++i) {
    for (size_t j = i + 1; j < 8 + kHeader.size(); ++j) {
      std::string file = kFile;
      std::swap(file[i], file[j]);
      probe(file);
      ASSERT_FALSE(HasFatalFailure()) << i << ", " << j;
    }
  }
}

TEST(SafetensorsMutation, E3Row3_ExtremeNumbersSplicedIn) {
  const char *extremes[] = {"0",
                            "1",
                            "-1",
                            "-0",
                            "23",
                            "25",
                            "33",
                            "2147483648",
                            "4294967296",
                            "4611686018427387904",
                            "9223372036854775807",
                            "9223372036854775808",
                            "18446744073709551592",
                            "18446744073709551615",
                            "18446744073709551616",
                            "1e3",
                            "2.0",
                            "1e999",
                            "\"4\"",
                            "null",
                            "[4]",
                            ""};
  for (size_t start = 1; start < kHeader.size(); ++start) {
    if (!isdigit(kHeader[start]) || isalnum(kHeader[start - 1]))
      continue;
    size_t length = kHeader.find_first_not_of("0123456789", start) - start;
    for (const char *extreme : extremes) {
      std::string header = kHeader;
      if (header.substr(start, length) == extreme)
        continue;
      header.replace(start, length, extreme);
      EXPECT_FALSE(probe(safetensors(header, std::string(32, 'x')))) << header;
      ASSERT_FALSE(HasFatalFailure()) << header;
    }
  }
}

TEST(SafetensorsMutation, E3Row2_ExtremeHeaderLengths) {
  for (uint64_t length : {uint64_t(0), uint64_t(1), kHeader.size() - 1, kHeader.size() + 1,
                          uint64_t(1) << 31, uint64_t(1) << 32, ~uint64_t(0) >> 1, ~uint64_t(0)}) {
    std::string file = kFile;
    std::memcpy(file.data(), &length, sizeof(length));
    EXPECT_FALSE(probe(file)) << length;
  }
}
