// What makes another plan, and what does not.
#include "tools/cache/CacheKey.h"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <unistd.h>

using namespace graphc;
namespace fs = std::filesystem;

namespace {

class CacheKeyTest : public testing::Test {
protected:
  void SetUp() override {
    folder = fs::path(testing::TempDir()) / ("graphc-key-" + std::to_string(::getpid()));
    fs::create_directories(folder);
    write("config.json", "{}");
    write("model.safetensors", std::string(200'000, 'w'));
  }
  void TearDown() override { fs::remove_all(folder); }

  void write(const std::string &name, const std::string &bytes) {
    std::ofstream(folder / name, std::ios::binary) << bytes;
  }

  std::string key(const std::string &model = "", std::vector<std::string> options = {},
                  const std::string &weights = "", const std::string &compiler = "graphc 1") {
    Expected<CacheKey> key = CacheKey::of((folder / model).string(), options, weights, compiler);
    EXPECT_TRUE(key.ok()) << key.status().message();
    return key ? key->text() : "";
  }

  fs::path folder;
};

} // namespace

TEST_F(CacheKeyTest, TheSameModelHasTheSameKey) {
  std::string before = key();
  write("README.md", "a text beside the model");
  write("plan.gcplan", "a plan beside the model");
  EXPECT_EQ(key(), before);
  EXPECT_EQ(key("../" + folder.filename().string()), before) << "another spelling of the path";
  Expected<CacheKey> named = CacheKey::of(folder.string(), {}, "", "graphc 1");
  EXPECT_EQ(named->name().size(), 16u);
}

TEST_F(CacheKeyTest, OptionsCompilerAndPathCount) {
  std::string before = key();
  EXPECT_NE(key("", {"--dtype=bf16"}), before);
  EXPECT_NE(key("", {}, "", "graphc 2"), before);
  EXPECT_NE(key("", {}, (folder / "model.safetensors").string()), before);
  fs::path other = folder.string() + "-copy";
  fs::rename(folder, other);
  fs::create_directory(folder);
  folder.swap(other);
  EXPECT_NE(key(), before);
  fs::remove_all(other);
}

TEST_F(CacheKeyTest, EveryChangeOfAFileCounts) {
  std::string before = key();
  auto time = fs::last_write_time(folder / "model.safetensors");
  write("model.safetensors", "v" + std::string(199'999, 'w'));
  fs::last_write_time(folder / "model.safetensors", time);
  std::string head = key();
  EXPECT_NE(head, before) << "the header";
  fs::last_write_time(folder / "model.safetensors", time + std::chrono::seconds(1));
  std::string later = key();
  EXPECT_NE(later, head) << "the time";
  write("tokenizer.json", "{}");
  std::string more = key();
  EXPECT_NE(more, later) << "a new file";
  fs::copy_file(folder / "config.json", folder / "new.json");
  fs::rename(folder / "new.json", folder / "config.json");
  EXPECT_NE(key(), more) << "another file of the same contents";
}

TEST_F(CacheKeyTest, E3Row21_ShardsInFoldersOfTheModelCount) {
  fs::create_directory(folder / "sub");
  write("sub/readme.json", "{}");
  std::string before = key();
  write("sub/a.safetensors", "weights");
  std::string more = key();
  EXPECT_NE(more, before);
  write("sub/a.safetensors", "others");
  EXPECT_NE(key(), more);
}

TEST_F(CacheKeyTest, AGgufFileIsAloneUnlessItIsAPart) {
  write("a.gguf", "GGUF a");
  write("b-00001-of-00002.gguf", "GGUF b");
  write("b-00002-of-00002.gguf", "GGUF c");
  write("blob", "GGUF e");
  std::string single = key("a.gguf"), part = key("b-00001-of-00002.gguf"), unnamed = key("blob");
  write("config.json", "{ }");
  write("c-00001-of-00002.gguf", "GGUF d");
  EXPECT_EQ(key("a.gguf"), single);
  EXPECT_EQ(key("b-00001-of-00002.gguf"), part);
  EXPECT_EQ(key("blob"), unnamed);
  write("b-00002-of-00002.gguf", "GGUF other");
  EXPECT_EQ(key("a.gguf"), single);
  EXPECT_NE(key("b-00001-of-00002.gguf"), part);
}

TEST_F(CacheKeyTest, WhatIsNotThereIsBadInput) {
  EXPECT_EQ(CacheKey::of((folder / "none").string(), {}, "", "").status().code(),
            StatusCode::BadInput);
  EXPECT_EQ(CacheKey::of(folder.string(), {}, (folder / "none").string(), "").status().code(),
            StatusCode::BadInput);
}
