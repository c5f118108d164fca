// Files that appear complete or not at all, and pipes that cannot be replaced.
#include "runtime/plan/OutputFile.h"

#include "PlanFixture.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace graphc;
using namespace graphc::test;
using testing::HasSubstr;

namespace {

size_t filesIn(const TemporaryFolder &folder) {
  return static_cast<size_t>(std::distance(fs::directory_iterator(folder.path), {}));
}

} // namespace

TEST(OutputFile, AppearsWhenItIsFinished) {
  TemporaryFolder folder;
  const std::string path = folder.file("a.json");
  ASSERT_TRUE(writeOutputFile(path, "old").ok());
  auto file = OutputFile::create(path);
  ASSERT_TRUE(file.ok()) << file.status().message();
  ASSERT_TRUE(file->write("new").ok());
  EXPECT_EQ(readFile(path), "old");
  ASSERT_TRUE(file->finish().ok());
  EXPECT_EQ(readFile(path), "new");
  EXPECT_EQ(filesIn(folder), 1u);
}

TEST(OutputFile, LeavesNothingUnfinished) {
  TemporaryFolder folder;
  {
    auto file = OutputFile::create(folder.file("a.json"));
    ASSERT_TRUE(file.ok());
    ASSERT_TRUE(file->write("half").ok());
    EXPECT_EQ(filesIn(folder), 1u);
  }
  EXPECT_EQ(filesIn(folder), 0u);
}

TEST(OutputFile, GoesWhereLinksLead) {
  TemporaryFolder folder;
  ASSERT_TRUE(writeOutputFile(folder.file("real"), "old").ok());
  fs::create_symlink(folder.file("real"), folder.file("link"));
  ASSERT_TRUE(writeOutputFile(folder.file("link"), "new").ok());
  EXPECT_TRUE(fs::is_symlink(folder.file("link")));
  EXPECT_EQ(readFile(folder.file("real")), "new");
}

TEST(OutputFile, KeepsPermissions) {
  TemporaryFolder folder;
  const std::string path = folder.file("secret");
  ASSERT_TRUE(writeOutputFile(path, "old").ok());
  fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
  ASSERT_TRUE(writeOutputFile(path, "new").ok());
  EXPECT_EQ(fs::status(path).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST(OutputFile, RefusesFolders) {
  TemporaryFolder folder;
  EXPECT_EQ(writeOutputFile(folder.path.string(), "x").code(), StatusCode::Usage);
  const Status absent = writeOutputFile(folder.file("no/a.json"), "x");
  EXPECT_EQ(absent.code(), StatusCode::Usage);
  EXPECT_THAT(absent.message(), HasSubstr("does not exist"));
}

TEST(OutputFile, WritesToPipesAndDevices) {
  TemporaryFolder folder;
  const std::string path = folder.file("pipe");
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  const Status alone = writeOutputFile(path, "x");
  EXPECT_EQ(alone.code(), StatusCode::Resources);
  EXPECT_THAT(alone.message(), HasSubstr("nobody reads from it"));
  const int reader = ::open(path.c_str(), O_RDONLY | O_NONBLOCK);
  ASSERT_TRUE(writeOutputFile(path, "text").ok());
  char got[8] = {};
  EXPECT_EQ(::read(reader, got, sizeof got), 4);
  EXPECT_STREQ(got, "text");
  ::close(reader);
  EXPECT_TRUE(fs::is_fifo(path));
  EXPECT_TRUE(writeOutputFile("/dev/null", "x").ok());
  EXPECT_EQ(writeOutputFile("/dev/full", "x").code(), StatusCode::Resources);
}
