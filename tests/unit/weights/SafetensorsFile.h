// Safetensors files for the tests, damaged ones too: the header is any text, the data any bytes.
#ifndef GRAPHC_TESTS_UNIT_WEIGHTS_SAFETENSORSFILE_H
#define GRAPHC_TESTS_UNIT_WEIGHTS_SAFETENSORSFILE_H

#include "frontend/weights/SafetensorsHeader.h"

#include <cstring>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>

namespace graphc::test {

/// The bytes of a file: length, header, data.
inline std::string safetensors(const std::string &header, const std::string &data) {
  uint64_t length = header.size();
  std::string result(sizeof(length), '\0');
  std::memcpy(result.data(), &length, sizeof(length));
  return result + header + data;
}

/// The bytes of numbers.
template <typename T>
std::string bytesOf(const std::vector<T> &values) {
  return std::string(reinterpret_cast<const char *>(values.data()), values.size() * sizeof(T));
}

inline Expected<SafetensorsHeader> readHeader(const std::string &file) {
  return readSafetensorsHeader(std::as_bytes(std::span(file)), "m.safetensors");
}

/// Expects a failure of a kind whose message has all of `parts`.
inline void expectFailure(const Status &status, StatusCode code,
                          const std::vector<std::string> &parts) {
  EXPECT_EQ(status.code(), code) << status.message();
  for (const std::string &part : parts)
    EXPECT_THAT(status.message(), testing::HasSubstr(part));
}

/// A folder of its own for each test, removed at the end.
class FolderTest : public testing::Test {
protected:
  void SetUp() override {
    const testing::TestInfo *info = testing::UnitTest::GetInstance()->current_test_info();
    folder = std::filesystem::path(testing::TempDir()) /
             ("graphc-" + std::to_string(::getpid()) + "-" + info->name());
    std::filesystem::create_directories(folder);
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  void write(const std::string &name, const std::string &content) {
    std::filesystem::create_directories((folder / name).parent_path());
    std::ofstream(folder / name, std::ios::binary) << content;
  }

  std::filesystem::path folder;
};

} // namespace graphc::test

#endif // GRAPHC_TESTS_UNIT_WEIGHTS_SAFETENSORSFILE_H
