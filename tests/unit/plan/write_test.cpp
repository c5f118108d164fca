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

namespace {

/// What a PieceJoiner wrote: the section's bytes, and where every write began and ended.
struct Written {
  std::vector<std::byte> bytes;
  std::vector<std::pair<uint64_t, uint64_t>> ranges;

  PieceJoiner::Write sink() {
    return [this](uint64_t offset, std::span<const std::byte> piece) -> Status {
      std::copy(piece.begin(), piece.end(), bytes.begin() + static_cast<ptrdiff_t>(offset));
      ranges.emplace_back(offset, offset + piece.size());
      return {};
    };
  }
};

constexpr uint64_t kChunk = PieceJoiner::kChunkBytes;

} // namespace

TEST(PieceJoiner, WritesWholeChunksWhateverThePieces) {
  const std::vector<std::byte> section = patternOf(5 * kChunk + 192);
  for (size_t step : {size_t(300'032), kChunk - 64, kChunk, 3 * kChunk + 64, section.size()}) {
    PieceJoiner joiner(0, section.size());
    Written written{std::vector<std::byte>(section.size()), {}};
    // Backwards, so that the last part of a chunk comes first.
    for (size_t at = (section.size() - 1) / step * step;; at -= step) {
      auto piece = std::span(section).subspan(at, std::min(step, section.size() - at));
      ASSERT_TRUE(joiner.add(at, piece, written.sink()).ok());
      if (at == 0)
        break;
    }
    EXPECT_EQ(written.bytes, section) << "pieces of " << step;
    for (auto [begin, end] : written.ranges)
      EXPECT_TRUE(begin % kChunk == 0 && (end % kChunk == 0 || end == section.size()))
          << begin << " to " << end;
    const size_t writes = written.ranges.size();
    EXPECT_TRUE(joiner.flush(written.sink()).ok());
    EXPECT_EQ(written.ranges.size(), writes) << "nothing is left";
  }
}

TEST(PieceJoiner, AlignsChunksInTheFile) {
  constexpr uint64_t kBegin = kChunk - 192, kEnd = 3 * kChunk + 64;
  PieceJoiner joiner(kBegin, kEnd);
  const std::vector<std::byte> file = patternOf(kEnd);
  Written written{std::vector<std::byte>(kEnd), {}};
  const auto add = [&](uint64_t begin, uint64_t end) {
    ASSERT_TRUE(
        joiner.add(begin, std::span(file).subspan(begin, end - begin), written.sink()).ok());
  };
  add(kBegin, kChunk);
  add(kChunk, kChunk + 64);
  EXPECT_THAT(written.ranges, testing::ElementsAre(std::pair(kBegin, kChunk)));
  add(kChunk + 64, kEnd);
  EXPECT_THAT(written.ranges,
              testing::ElementsAre(std::pair(kBegin, kChunk), std::pair(kChunk, 2 * kChunk),
                                   std::pair(2 * kChunk, kEnd)));
  EXPECT_TRUE(std::equal(file.begin() + kBegin, file.end(), written.bytes.begin() + kBegin));
}

TEST(PieceJoiner, FlushWritesWhatCameAndNothingElse) {
  PieceJoiner joiner(0, 2 * kChunk);
  Written written{std::vector<std::byte>(2 * kChunk, std::byte(7)), {}};
  const std::vector<std::byte> piece(100, std::byte(1));
  for (uint64_t at : {uint64_t(64), kChunk + 200, kChunk + 100, kChunk - 50})
    ASSERT_TRUE(joiner.add(at, piece, written.sink()).ok());
  EXPECT_THAT(written.ranges, IsEmpty());
  ASSERT_TRUE(joiner.flush(written.sink()).ok());
  EXPECT_THAT(written.ranges,
              testing::ElementsAre(std::pair(uint64_t(64), uint64_t(164)),
                                   std::pair(kChunk - 50, kChunk), std::pair(kChunk, kChunk + 50),
                                   std::pair(kChunk + 100, kChunk + 300)));
  EXPECT_EQ(std::count(written.bytes.begin(), written.bytes.end(), std::byte(1)), 400);
}

TEST(PieceJoiner, HoldsABoundedNumberOfChunks) {
  constexpr uint64_t kChunks = 100;
  PieceJoiner joiner(0, kChunks * kChunk);
  uint64_t waiting = 0, most = 0;
  auto write = [&](uint64_t, std::span<const std::byte>) -> Status {
    --waiting;
    return {};
  };
  for (uint64_t chunk = 0; chunk < kChunks; ++chunk) {
    const std::byte one[1] = {};
    ++waiting;
    ASSERT_TRUE(joiner.add(chunk * kChunk, one, write).ok());
    most = std::max(most, waiting);
  }
  EXPECT_LE(most, 65u);
  EXPECT_TRUE(joiner.flush(write).ok());
  EXPECT_EQ(waiting, 0u);
}

TEST(PieceJoiner, PassesOnWhatFails) {
  PieceJoiner joiner(0, 2 * kChunk);
  auto fail = [](uint64_t, std::span<const std::byte>) { return resourceError("full"); };
  EXPECT_EQ(joiner.add(0, patternOf(kChunk), fail).code(), StatusCode::Resources);
  EXPECT_TRUE(joiner.add(kChunk, patternOf(64), fail).ok());
  EXPECT_EQ(joiner.flush(fail).code(), StatusCode::Resources);
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
