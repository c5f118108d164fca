// What happens to a plan that cannot be written, or whose writer dies: row 24 of the reliability
// table.
#include "PlanFixture.h"

#include <csignal>
#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/wait.h>

using namespace graphc;
using namespace graphc::test;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

namespace {

std::vector<std::string> namesIn(const TemporaryFolder &folder) {
  std::vector<std::string> result;
  for (const auto &entry : fs::directory_iterator(folder.path))
    result.push_back(entry.path().filename().string());
  return result;
}

/// Runs a function in a child process and returns its exit status as of waitpid.
template <typename Fn>
int inChild(Fn run) {
  pid_t child = ::fork();
  if (child == 0) {
    run();
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

} // namespace

TEST(PlanFileWriter, E3Row24_FullDiskLeavesTheOldFile) {
  TemporaryFolder folder;
  std::string path = folder.file("old.gcplan");
  ASSERT_TRUE(writeTinyPlan(path).ok());
  std::string before = readFile(path);
  // A limit on file sizes makes writes fail as a full disk does.
  int status = inChild([&] {
    ::signal(SIGXFSZ, SIG_IGN);
    rlimit limit = {1 << 20, 1 << 20};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    Status failure = writeTinyPlan(path);
    bool good = failure.code() == StatusCode::Resources &&
                failure.message().find("old.gcplan") != std::string::npos;
    ::_exit(good ? 0 : 1);
  });
  EXPECT_EQ(status, 0);
  EXPECT_EQ(readFile(path), before);
  EXPECT_THAT(namesIn(folder), UnorderedElementsAre("old.gcplan"));
}

TEST(PlanFileWriter, E3Row24_ReadOnlyFoldersAreResourceErrors) {
  // /proc refuses new files to everybody, root included.
  Status status = writeTinyPlan("/proc/x.gcplan");
  EXPECT_EQ(status.code(), StatusCode::Resources);
  EXPECT_THAT(status.message(), HasSubstr("/proc/x.gcplan"));
  if (::geteuid() == 0)
    return;
  TemporaryFolder folder;
  fs::permissions(folder.path, fs::perms::owner_read | fs::perms::owner_exec);
  EXPECT_EQ(writeTinyPlan(folder.file("x.gcplan")).code(), StatusCode::Resources);
}

TEST(PlanFileWriter, E3Row24_KilledWriterLeavesTheOldFileAndItsRestIsRemoved) {
  TemporaryFolder folder;
  std::string path = folder.file("old.gcplan");
  ASSERT_TRUE(writeTinyPlan(path).ok());
  std::string before = readFile(path);
  int status = inChild([&] {
    Expected<PlanFileWriter> writer = PlanFileWriter::create(path);
    (void)writer->addSection("code.0", std::string_view("half"));
    ::raise(SIGKILL);
  });
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(readFile(path), before);
  EXPECT_EQ(namesIn(folder).size(), 2u) << "the child should have left its file";
  ASSERT_TRUE(writeTinyPlan(folder.file("other.gcplan")).ok());
  EXPECT_THAT(namesIn(folder), UnorderedElementsAre("old.gcplan", "other.gcplan"));
}

TEST(PlanFileWriter, E3Row24_LivingWritersAreLeftAlone) {
  TemporaryFolder folder;
  Expected<PlanFileWriter> first = PlanFileWriter::create(folder.file("a.gcplan"));
  ASSERT_TRUE(first.ok());
  EXPECT_TRUE(writeTinyPlan(folder.file("b.gcplan")).ok());
  EXPECT_EQ(namesIn(folder).size(), 2u);
  PlanHeader header = tinyHeader();
  header.weights.clear();
  header.variants[0].schedule.clear();
  EXPECT_TRUE(first->addSection("code.0", std::string_view("x")).ok());
  EXPECT_TRUE(first->finish(header).ok());
  EXPECT_THAT(namesIn(folder), UnorderedElementsAre("a.gcplan", "b.gcplan"));
}

TEST(PlanFileWriter, AnAbandonedWriterLeavesNothing) {
  TemporaryFolder folder;
  {
    Expected<PlanFileWriter> writer = PlanFileWriter::create(folder.file("a.gcplan"));
    ASSERT_TRUE(writer.ok());
    EXPECT_TRUE(writer->addSection("x", std::string_view("y")).ok());
  }
  EXPECT_THAT(namesIn(folder), IsEmpty());
}

TEST(PlanFileWriter, FollowsSymbolicLinksAndRefusesDevices) {
  TemporaryFolder folder;
  writeFile(folder.file("real"), "old");
  fs::create_symlink("real", folder.path / "link");
  ASSERT_TRUE(writeTinyPlan(folder.file("link")).ok());
  EXPECT_TRUE(fs::is_symlink(folder.path / "link"));
  EXPECT_TRUE(Plan::open(folder.file("real")).ok());
  EXPECT_EQ(writeTinyPlan("/dev/full").code(), StatusCode::Usage);
  EXPECT_EQ(writeTinyPlan(folder.file("no/such.gcplan")).code(), StatusCode::Usage);
}

TEST(PlanFileWriter, RefusesWritesOutsideASection) {
  TemporaryFolder folder;
  Expected<PlanFileWriter> writer = PlanFileWriter::create(folder.file("a.gcplan"));
  ASSERT_TRUE(writer.ok());
  Expected<uint64_t> weights = writer->reserveSection(section::kWeights, 128);
  ASSERT_TRUE(weights.ok());
  std::vector<std::byte> bytes(64);
  EXPECT_TRUE(writer->write(*weights, 64, bytes).ok());
  EXPECT_EQ(writer->write(*weights, 65, bytes).code(), StatusCode::Internal);
  EXPECT_EQ(writer->write(*weights, ~uint64_t(0), bytes).code(), StatusCode::Internal);
}

namespace {

/// Bytes that differ from block to block.
std::vector<std::byte> patternOf(size_t count) {
  std::vector<std::byte> bytes(count);
  for (size_t i = 0; i < count; ++i)
    bytes[i] = static_cast<std::byte>(i * 7 + i / 1000 * 13);
  return bytes;
}

} // namespace

TEST(BlockHashes, GivesTheHashOfTheSectionWhateverThePieces) {
  const std::vector<std::byte> section = patternOf(3 * kHashBlockBytes + 192);
  const std::span<const std::byte> bytes = section;
  const uint64_t hash = sectionHash(section);
  for (size_t step : {size_t(100'000), kHashBlockBytes, 2 * kHashBlockBytes - 64, section.size()}) {
    BlockHashes hashes(section.size());
    for (size_t at = 0; at < section.size(); at += step)
      hashes.add(at, bytes.subspan(at, std::min(step, section.size() - at)));
    EXPECT_EQ(hashes.finish(section), hash) << "pieces of " << step;
  }
  EXPECT_EQ(BlockHashes(section.size()).finish(section), hash) << "nothing added";
  EXPECT_EQ(BlockHashes(0).finish({}), sectionHash({}));
}

TEST(BlockHashes, TakesWholeBlocksFromThePiecesAndReadsTheOthers) {
  std::vector<std::byte> section = patternOf(3 * kHashBlockBytes + 192);
  const uint64_t hash = sectionHash(section);
  BlockHashes hashes(section.size());
  // Blocks 1 and 3 (the short one) come whole, blocks 0 and 2 in part.
  const std::span<const std::byte> bytes = section;
  hashes.add(64, bytes.subspan(64, 2 * kHashBlockBytes));
  hashes.add(3 * kHashBlockBytes, bytes.subspan(3 * kHashBlockBytes));
  section[kHashBlockBytes + 5] ^= std::byte(1);
  section[3 * kHashBlockBytes + 5] ^= std::byte(1);
  EXPECT_EQ(hashes.finish(section), hash) << "blocks at hand are not read again";
  section[2 * kHashBlockBytes + 5] ^= std::byte(1);
  EXPECT_NE(hashes.finish(section), hash) << "the others are";
}

TEST(BlockHashes, APartWrittenLaterMakesAHashUnknown) {
  std::vector<std::byte> section = patternOf(kHashBlockBytes);
  BlockHashes hashes(section.size());
  hashes.add(0, section);
  section[9] ^= std::byte(1);
  hashes.add(9, std::span(section).subspan(9, 1));
  EXPECT_EQ(hashes.finish(section), sectionHash(section));
}

TEST(PlanFileWriter, RefusesHeadersThatNoReaderWouldAccept) {
  TemporaryFolder folder;
  PlanHeader header = tinyHeader();
  header.variants[0].schedule[0].kernel = 9;
  Status status = writeTinyPlan(folder.file("a.gcplan"), header);
  EXPECT_EQ(status.code(), StatusCode::Internal);
  EXPECT_THAT(status.message(), HasSubstr("schedule[0].kernel"));
  EXPECT_THAT(namesIn(folder), IsEmpty());
}
