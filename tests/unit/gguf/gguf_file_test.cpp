#include "frontend/gguf/GgufFile.h"

#include "gguf/GgufBytes.h"

#include <unistd.h>

using namespace graphc;
using namespace graphc::test;

namespace {
class GgufFileTest : public FolderTest {
protected:
  Expected<std::shared_ptr<const GgufFile>> open(const std::string &name) {
    return GgufFile::open((folder / name).string());
  }

  /// Writes file `number`, from 0, of three: each has one tensor, the first the metadata.
  void writeSplit(uint32_t number, const std::string &tensor, uint32_t stated = 0,
                  uint32_t count = 3) {
    GgufBytes file;
    file.u32("split.no", stated ? stated : number).u32("split.count", count);
    if (number == 0)
      file.string("general.architecture", "llama").u32("split.tensors.count", 3);
    file.floats(tensor, {2}, {float(number), 1});
    write("m-0000" + std::to_string(number + 1) + "-of-00003.gguf", file.text());
  }
  void writeSplits() {
    for (uint32_t number = 0; number < 3; ++number)
      writeSplit(number, std::string(1, static_cast<char>('a' + number)));
  }
};

const std::string kFirst = "m-00001-of-00003.gguf";
} // namespace

TEST_F(GgufFileTest, ReadsTensors) {
  write("m.gguf", GgufBytes().floats("b", {2}, {1, 2}).floats("a", {1}, {3}).text());
  auto file = open("m.gguf");
  ASSERT_TRUE(file.ok()) << file.status().message();
  ASSERT_EQ((*file)->tensors().size(), 2u);
  EXPECT_EQ((*file)->find("c"), nullptr);
  const GgufFile::Tensor *b = (*file)->find("b");
  ASSERT_NE(b, nullptr);
  float value = 0;
  ASSERT_TRUE((*file)->read(*b, 4, std::as_writable_bytes(std::span(&value, 1))).ok());
  EXPECT_EQ(value, 2);
  EXPECT_EQ((*file)->digests().size(), 1u);
}

TEST_F(GgufFileTest, ReadsAllFilesOfASplit) {
  writeSplits();
  auto file = open(kFirst);
  ASSERT_TRUE(file.ok()) << file.status().message();
  EXPECT_EQ((*file)->digests().size(), 3u);
  EXPECT_EQ(*(*file)->metadata().string("general.architecture"),
            std::optional<std::string>("llama"));
  for (auto [name, expected] : {std::pair("a", 0.0f), {"b", 1.0f}, {"c", 2.0f}}) {
    float value = -1;
    const GgufFile::Tensor *tensor = (*file)->find(name);
    ASSERT_NE(tensor, nullptr) << name;
    ASSERT_TRUE((*file)->read(*tensor, 0, std::as_writable_bytes(std::span(&value, 1))).ok());
    EXPECT_EQ(value, expected) << name;
  }
}

TEST_F(GgufFileTest, RefusesAFileOfASplitThatIsNotTheFirst) {
  writeSplits();
  expectFailure(
      open("m-00002-of-00003.gguf").status(), StatusCode::BadInput,
      {"m-00002-of-00003.gguf: key 'split.no': expected 0", "found 1", "name the first file"});
}

TEST_F(GgufFileTest, RefusesASplitUnderAnotherName) {
  writeSplits();
  std::filesystem::rename(folder / kFirst, folder / "m.gguf");
  expectFailure(open("m.gguf").status(), StatusCode::BadInput,
                {"m.gguf", "split into 3 files", "ends in '-00001-of-00003.gguf'"});
}

TEST_F(GgufFileTest, RefusesAMissingFile) {
  writeSplits();
  std::filesystem::remove(folder / "m-00003-of-00003.gguf");
  expectFailure(open(kFirst).status(), StatusCode::BadInput, {"m-00003-of-00003.gguf"});
}

TEST_F(GgufFileTest, RefusesFilesThatContradictEachOther) {
  writeSplits();
  writeSplit(2, "c", 1);
  expectFailure(open(kFirst).status(), StatusCode::BadInput,
                {"m-00003-of-00003.gguf: key 'split.no': expected 2", "found 1"});
  writeSplit(2, "c", 0, 4);
  expectFailure(open(kFirst).status(), StatusCode::BadInput,
                {"m-00003-of-00003.gguf: key 'split.count': expected 3", "found 4"});
  writeSplit(2, "b");
  expectFailure(open(kFirst).status(), StatusCode::BadInput,
                {"m-00003-of-00003.gguf: tensor 'b': it is also in another file"});
}

TEST_F(GgufFileTest, RefusesImpossibleCounts) {
  auto failure = [&](const GgufBytes &file) {
    write("m.gguf", file.text());
    return open("m.gguf").status();
  };
  expectFailure(failure(GgufBytes().u32("split.count", 4000000000)), StatusCode::BadInput,
                {"key 'split.count': expected 0 to 10000", "4000000000"});
  expectFailure(failure(GgufBytes().u32("split.tensors.count", 7)), StatusCode::BadInput,
                {"key 'split.tensors.count': expected 0", "found 7"});
  expectFailure(failure(GgufBytes().string("split.no", "1")), StatusCode::BadInput,
                {"key 'split.no': expected an integer"});
}

TEST_F(GgufFileTest, TellsGgufFilesByTheirBeginning) {
  write("m.gguf", GgufBytes().text());
  write("other.gguf", "GGM");
  EXPECT_TRUE(looksLikeGguf((folder / "m.gguf").string()));
  EXPECT_FALSE(looksLikeGguf((folder / "other.gguf").string()));
  EXPECT_FALSE(looksLikeGguf((folder / "absent").string()));
  EXPECT_FALSE(looksLikeGguf(folder.string()));
}
