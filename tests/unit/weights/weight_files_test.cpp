#include "frontend/weights/SafetensorsSource.h"
#include "weights/SafetensorsFile.h"

using namespace graphc;
using namespace graphc::test;
using testing::ElementsAre;

namespace {

/// A file with one scalar of each name.
std::string shard(const std::vector<std::string> &names) {
  std::string header;
  for (size_t i = 0; i < names.size(); ++i)
    header += (i ? ",\"" : "{\"") + names[i] + R"(":{"dtype":"F32","shape":[],"data_offsets":[)" +
              std::to_string(4 * i) + "," + std::to_string(4 * i + 4) + "]}";
  return safetensors(header + "}", std::string(4 * names.size(), '\0'));
}

class WeightFiles : public FolderTest {
protected:
  /// Opens a folder whose index says that "a" and "b" are in the given files.
  Status openWith(const std::string &fileOfA, const std::string &fileOfB) {
    write("model/model.safetensors.index.json",
          R"({"metadata":{"total_size":8},"weight_map":{"a":")" + fileOfA + R"(","b":")" + fileOfB +
              "\"}}");
    auto source = SafetensorsSource::open(folder / "model");
    if (source.ok())
      opened = std::move(*source);
    return source.status();
  }

  std::unique_ptr<SafetensorsSource> opened;
};

} // namespace

TEST_F(WeightFiles, ReadsShards) {
  write("model/1.safetensors", shard({"a", "unlisted"}));
  write("model/sub/2.safetensors", shard({"b"}));
  Status status = openWith("1.safetensors", "sub/2.safetensors");
  ASSERT_TRUE(status.ok()) << status.message();
  EXPECT_THAT(opened->names(), ElementsAre("a", "b", "unlisted"));
  EXPECT_EQ(opened->digests().size(), 3u);
  EXPECT_TRUE(SafetensorsSource::open(folder / "model/model.safetensors.index.json").ok());
}

TEST_F(WeightFiles, ASingleFileComesBeforeAnIndex) {
  write("model/model.safetensors", shard({"whole"}));
  ASSERT_TRUE(openWith("../x", "../y").ok());
  EXPECT_THAT(opened->names(), ElementsAre("whole"));
}

TEST_F(WeightFiles, E3Row10_RefusesAnAbsentShard) {
  write("model/1.safetensors", shard({"a"}));
  expectFailure(openWith("1.safetensors", "2.safetensors"), StatusCode::BadInput,
                {"model.safetensors.index.json", "'2.safetensors'", "No such file"});
}

TEST_F(WeightFiles, E3Row10_RefusesPathsThatLeaveTheFolder) {
  write("model/1.safetensors", shard({"a"}));
  write("out.safetensors", shard({"b"}));
  for (std::string path : {"../out.safetensors", "sub/../../out.safetensors", "..", "",
                           "/etc/passwd", "1.safetensors\\u0000x"})
    expectFailure(openWith("1.safetensors", path), StatusCode::BadInput,
                  {"model.safetensors.index.json", "not a path inside"});
  std::string absolute = (folder / "model/1.safetensors").string();
  expectFailure(openWith("1.safetensors", absolute), StatusCode::BadInput, {"not a path inside"});
}

TEST_F(WeightFiles, E3Row10_RefusesLinksThatLeaveTheFolder) {
  write("model/1.safetensors", shard({"a"}));
  write("out/2.safetensors", shard({"b"}));
  std::filesystem::create_symlink(folder / "out/2.safetensors", folder / "model/file.safetensors");
  expectFailure(openWith("1.safetensors", "file.safetensors"), StatusCode::BadInput,
                {"'file.safetensors' leads outside"});
  std::filesystem::create_directory_symlink("../out", folder / "model/sub");
  expectFailure(openWith("1.safetensors", "sub/2.safetensors"), StatusCode::BadInput,
                {"leads outside"});
  // A name that begins like the folder's is not inside it.
  write("model2/2.safetensors", shard({"b"}));
  std::filesystem::create_symlink("../model2/2.safetensors", folder / "model/near.safetensors");
  expectFailure(openWith("1.safetensors", "near.safetensors"), StatusCode::BadInput,
                {"leads outside"});
}

TEST_F(WeightFiles, LinksInsideTheFolderAreFollowed) {
  write("model/1.safetensors", shard({"a"}));
  write("model/real/2.safetensors", shard({"b"}));
  std::filesystem::create_symlink("real/2.safetensors", folder / "model/2.safetensors");
  EXPECT_TRUE(openWith("1.safetensors", "2.safetensors").ok());
}

TEST_F(WeightFiles, TheHuggingFaceCacheLayoutIsAllowed) {
  write("models--x/blobs/123", shard({"a"}));
  write("models--x/secret", shard({"a"}));
  auto open = [&](const std::string &parent, const std::string &target) {
    std::string model = "models--x/" + parent + "/abc/";
    write(model + "model.safetensors.index.json", R"({"weight_map":{"a":"1.safetensors"}})");
    std::filesystem::remove(folder / model / "1.safetensors");
    std::filesystem::create_symlink("../../" + target, folder / model / "1.safetensors");
    return SafetensorsSource::open(folder / model).status();
  };
  EXPECT_TRUE(open("snapshots", "blobs/123").ok()) << open("snapshots", "blobs/123").message();
  expectFailure(open("snapshots", "secret"), StatusCode::BadInput, {"leads outside"});
  expectFailure(open("others", "blobs/123"), StatusCode::BadInput, {"leads outside"});
}

TEST_F(WeightFiles, E3Row10_RefusesAShardThatLacksItsTensor) {
  write("model/1.safetensors", shard({"a"}));
  write("model/2.safetensors", shard({"c"}));
  expectFailure(openWith("1.safetensors", "2.safetensors"), StatusCode::BadInput,
                {"model.safetensors.index.json", "'b'", "2.safetensors"});
  write("model/1.safetensors", shard({"a", "b"}));
  expectFailure(openWith("1.safetensors", "2.safetensors"), StatusCode::BadInput,
                {"'b'", "2.safetensors"});
}

TEST_F(WeightFiles, E3Row10_RefusesATensorInTwoShards) {
  write("model/1.safetensors", shard({"a"}));
  write("model/2.safetensors", shard({"b", "a"}));
  expectFailure(openWith("1.safetensors", "2.safetensors"), StatusCode::BadInput,
                {"2.safetensors", "'a' is also in", "1.safetensors"});
}

TEST_F(WeightFiles, E3Row2_RefusesADamagedIndex) {
  for (const char *text : {"[]", "{}", R"({"weight_map":[]})", R"({"weight_map":{}})"}) {
    write("model.safetensors.index.json", text);
    expectFailure(SafetensorsSource::open(folder).status(), StatusCode::BadInput,
                  {"model.safetensors.index.json", "'weight_map'"});
  }
  write("model.safetensors.index.json", R"({"weight_map":{"a":3}})");
  expectFailure(SafetensorsSource::open(folder).status(), StatusCode::BadInput,
                {"weight_map", "'a'", "expected a file name"});
  write("model.safetensors.index.json", R"({"weight_map":{"a":"1","a":"2"}})");
  expectFailure(SafetensorsSource::open(folder).status(), StatusCode::BadInput, {"duplicate"});
  write("model.safetensors.index.json", "{\"weight_map\"");
  expectFailure(SafetensorsSource::open(folder).status(), StatusCode::BadInput, {"not valid JSON"});
}

TEST_F(WeightFiles, SaysWhatAFolderWithoutSafetensorsHolds) {
  expectFailure(SafetensorsSource::open(folder).status(), StatusCode::BadInput,
                {"no weights", "model.safetensors.index.json"});
  write("pytorch_model.bin", "x");
  expectFailure(SafetensorsSource::open(folder).status(), StatusCode::Unsupported,
                {"pytorch_model.bin", "not supported"});
}
