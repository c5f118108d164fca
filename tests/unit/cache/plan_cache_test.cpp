// The folder of plans: entries, locks, limits.
#include "tools/cache/PlanCache.h"

#include <cstdlib>
#include <fstream>
#include <future>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace graphc;
namespace fs = std::filesystem;
using testing::ElementsAre;

namespace {

class PlanCacheTest : public testing::Test {
protected:
  void SetUp() override {
    root = fs::path(testing::TempDir()) / ("graphc-cache-" + std::to_string(::getpid()));
    fs::create_directories(root / "model");
    std::ofstream(root / "model" / "config.json") << "{}";
    Expected<PlanCache> opened = PlanCache::open(root / "cache" / "graphc");
    ASSERT_TRUE(opened.ok()) << opened.status().message();
    cache.emplace(*std::move(opened));
  }
  void TearDown() override {
    ::unsetenv("GRAPHC_CACHE_LIMIT");
    fs::remove_all(root);
  }

  CacheKey key(const std::string &option) {
    return *CacheKey::of((root / "model").string(), std::vector{option}, "", "graphc");
  }

  /// An entry of 100 bytes that was last used so many seconds ago.
  CacheKey add(const std::string &option, int age) {
    CacheKey made = key(option);
    std::ofstream(cache->planPath(made.name())) << std::string(100, 'p');
    EXPECT_TRUE(cache->complete(made).ok());
    fs::path keyFile = fs::path(cache->planPath(made.name())).replace_extension(".key");
    fs::last_write_time(keyFile, fs::file_time_type::clock::now() - std::chrono::seconds(age));
    return made;
  }

  std::vector<std::string> options() {
    std::vector<std::string> result;
    for (const PlanCache::Entry &entry : cache->entries())
      result.push_back(entry.key["options"][0]);
    return result;
  }

  fs::path root;
  std::optional<PlanCache> cache;
};

} // namespace

TEST_F(PlanCacheTest, HoldsWhatIsComplete) {
  CacheKey made = key("a");
  EXPECT_FALSE(cache->holds(made));
  std::ofstream(cache->planPath(made.name())) << "a plan, but no key yet";
  EXPECT_FALSE(cache->holds(made));
  EXPECT_TRUE(cache->entries().empty());
  ASSERT_TRUE(cache->complete(made).ok());
  EXPECT_TRUE(cache->holds(made));
  EXPECT_FALSE(cache->holds(key("b")));
  std::ofstream(fs::path(cache->planPath(made.name())).replace_extension(".key")) << "{}";
  EXPECT_FALSE(cache->holds(made)) << "the key of something else under its name";
}

TEST_F(PlanCacheTest, TheOneUsedLongestAgoGoesFirst) {
  add("a", 30);
  CacheKey used = add("b", 40);
  CacheKey last = add("c", 10);
  add("d", 20);
  EXPECT_THAT(options(), ElementsAre("b", "a", "d", "c"));
  cache->touch(used.name());
  EXPECT_THAT(options(), ElementsAre("a", "d", "c", "b"));
  cache->shrink(400, "");
  EXPECT_EQ(options().size(), 4u);
  cache->shrink(399, "");
  EXPECT_THAT(options(), ElementsAre("d", "c", "b"));
  cache->shrink(0, last.name());
  EXPECT_THAT(options(), ElementsAre("c"));
  EXPECT_FALSE(fs::exists(cache->planPath(used.name())));
}

TEST_F(PlanCacheTest, ClearLeavesWhatIsBeingMade) {
  add("a", 1);
  CacheKey busy = add("b", 1);
  Expected<FileLock> lock = cache->lock(busy.name(), [] {});
  ASSERT_TRUE(lock.ok());
  EXPECT_EQ(cache->clear(), 100u);
  EXPECT_THAT(options(), ElementsAre("b"));
}

TEST_F(PlanCacheTest, E3Row26_OneMakesAnEntryAndOthersWait) {
  std::promise<void> waits;
  std::optional<FileLock> first(*cache->lock("x", [] {}));
  EXPECT_FALSE(FileLock::tryTake((root / "cache" / "graphc" / "x.lock").string()));
  std::future<bool> second = std::async(
      std::launch::async, [&] { return cache->lock("x", [&] { waits.set_value(); }).ok(); });
  waits.get_future().wait();
  EXPECT_EQ(second.wait_for(std::chrono::milliseconds(50)), std::future_status::timeout);
  first.reset();
  EXPECT_TRUE(second.get());
  EXPECT_TRUE(fs::is_empty(root / "cache" / "graphc")) << "locks remove their files";
}

TEST_F(PlanCacheTest, E3Row22_OthersMayNotWriteToIt) {
  fs::path folder = root / "cache" / "graphc";
  struct stat info = {};
  ASSERT_EQ(::stat(folder.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0700u);
  fs::permissions(folder, fs::perms::group_write, fs::perm_options::add);
  EXPECT_EQ(PlanCache::open(folder).status().code(), StatusCode::Usage);
}

TEST_F(PlanCacheTest, APlaceThatIsNoFolderIsResources) {
  std::ofstream(root / "file") << "x";
  EXPECT_EQ(PlanCache::open(root / "file").status().code(), StatusCode::Resources);
  EXPECT_EQ(PlanCache::open(root / "file" / "below").status().code(), StatusCode::Resources);
}

TEST_F(PlanCacheTest, LimitsHaveUnits) {
  auto limit = [](const char *text) {
    ::setenv("GRAPHC_CACHE_LIMIT", text, 1);
    return PlanCache::limit();
  };
  EXPECT_EQ(*limit(""), 64'000'000'000u);
  EXPECT_EQ(*limit("0"), 0u);
  EXPECT_EQ(*limit("123"), 123u);
  EXPECT_EQ(*limit("5K"), 5'000u);
  EXPECT_EQ(*limit("2T"), 2'000'000'000'000u);
  for (const char *wrong : {"G", "1X", "1GB", "-1", "1.5G", "99999999999999T", " 1"})
    EXPECT_EQ(limit(wrong).status().code(), StatusCode::Usage) << wrong;
}

TEST(PlanCacheFolder, IsWhereTheEnvironmentSays) {
  ::setenv("XDG_CACHE_HOME", "/x", 1);
  ::setenv("HOME", "/h", 1);
  EXPECT_EQ(*PlanCache::usualFolder(), "/x/graphc");
  ::setenv("XDG_CACHE_HOME", "relative", 1);
  EXPECT_EQ(*PlanCache::usualFolder(), "/h/.cache/graphc");
  ::unsetenv("XDG_CACHE_HOME");
  ::unsetenv("HOME");
  EXPECT_FALSE(PlanCache::usualFolder());
}
