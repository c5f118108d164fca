// The KV cache: page layout, reference counts, copies on write, clean pages.
#include "runtime/memory/KvCache.h"

#include <cstring>
#include <gtest/gtest.h>
#include <set>

using namespace graphc;

namespace {

constexpr KvLayout kSmall{.heads = 2, .headDim = 5, .elementType = ElementType::F32};
constexpr KvLayout kHalf{.heads = 3, .headDim = 24, .elementType = ElementType::BF16};
constexpr KvLayout kBytes{.heads = 2, .headDim = 10, .elementType = ElementType::I8};

KvCache makeCache(int64_t pages) {
  const KvLayout layers[] = {kSmall, kHalf, kBytes};
  Expected<KvCache> cache = KvCache::create(layers, pages);
  EXPECT_TRUE(cache.ok()) << cache.status().message();
  return *std::move(cache);
}

/// Address of a key element of layer 0 at a token of a sequence.
float &keyAt(KvCache &cache, KvCache::SequenceId id, int64_t token, int64_t head = 0,
             int64_t d = 0) {
  int64_t page = cache.pages(id)[static_cast<size_t>(token / kPageTokens)];
  std::byte *base = cache.layerBase(0) + page * kSmall.pageBytes();
  return *reinterpret_cast<float *>(base + kSmall.keyOffset(head, token % kPageTokens, d));
}

std::vector<int32_t> pagesOf(const KvCache &cache, KvCache::SequenceId id) {
  return {cache.pages(id).begin(), cache.pages(id).end()};
}

} // namespace

TEST(KvLayout, OffsetsAreAsDocumented) {
  EXPECT_EQ(kSmall.paddedDim(), 16);
  EXPECT_EQ(kSmall.pageBytes(), 2 * 2 * 64 * 16 * 4);
  // f32: K [2][16][64], V [2][64][16] behind it.
  EXPECT_EQ(kSmall.keyOffset(1, 3, 4), 4 * (1 * 16 * 64 + 4 * 64 + 3));
  EXPECT_EQ(kSmall.valueOffset(1, 3, 4), 4 * (2 * 16 * 64 + 1 * 64 * 16 + 3 * 16 + 4));
  // bf16: K [3][16][64][2], V [3][32][32][2] behind it; head_dim 24 is padded to 32.
  EXPECT_EQ(kHalf.paddedDim(), 32);
  EXPECT_EQ(kHalf.keyOffset(2, 7, 5), 2 * (2 * 2048 + (2 * 64 + 7) * 2 + 1));
  EXPECT_EQ(kHalf.valueOffset(2, 7, 5), 2 * (3 * 2048 + 2 * 2048 + (3 * 32 + 5) * 2 + 1));
  // int8: K [2] { [8][64][2], 64 scales of 2 bytes }, V [2] { [32][16][2], 64 scales }.
  EXPECT_EQ(kBytes.pageBytes(), 2 * 2 * (1024 + 128));
  EXPECT_EQ(kBytes.keyOffset(1, 7, 5), 1152 + (2 * 64 + 7) * 2 + 1);
  EXPECT_EQ(kBytes.keyScaleOffset(1, 7), 1152 + 1024 + 14);
  EXPECT_EQ(kBytes.valueOffset(1, 7, 5), 2 * 1152 + 1152 + (3 * 16 + 5) * 2 + 1);
  EXPECT_EQ(kBytes.valueScaleOffset(0, 63), 2 * 1152 + 1024 + 126);
}

TEST(KvLayout, EveryElementHasAPlaceOfItsOwn) {
  for (const KvLayout &layout : {kSmall, kHalf, kBytes}) {
    std::set<int64_t> places;
    int64_t scales = 0;
    for (int64_t head = 0; head < layout.heads; ++head) {
      for (int64_t token = 0; token < kPageTokens; ++token) {
        for (int64_t d = 0; d < layout.headDim; ++d) {
          places.insert(layout.keyOffset(head, token, d));
          places.insert(layout.valueOffset(head, token, d));
        }
        for (int64_t byte = 0; layout.hasScales() && byte < KvLayout::kScaleBytes; ++byte) {
          places.insert(layout.keyScaleOffset(head, token) + byte);
          places.insert(layout.valueScaleOffset(head, token) + byte);
          scales += 2;
        }
      }
    }
    EXPECT_EQ(std::ssize(places), 2 * layout.heads * kPageTokens * layout.headDim + scales);
    EXPECT_LT(*places.rbegin(), layout.pageBytes());
  }
}

TEST(KvCache, PagesAreTakenAsTokensCome) {
  KvCache cache = makeCache(4);
  KvCache::SequenceId a = cache.createSequence();
  EXPECT_EQ(cache.pages(a).size(), 0u);
  EXPECT_TRUE(cache.append(a, 64).ok());
  EXPECT_EQ(cache.pages(a).size(), 1u);
  EXPECT_TRUE(cache.append(a, 1).ok());
  EXPECT_EQ(cache.pages(a).size(), 2u);
  EXPECT_EQ(cache.length(a), 65);
  EXPECT_EQ(cache.freePages(), 2);
}

TEST(KvCache, AFullCacheChangesNothing) {
  KvCache cache = makeCache(2);
  KvCache::SequenceId a = cache.createSequence();
  ASSERT_TRUE(cache.append(a, 100).ok());
  Status status = cache.append(a, 29);
  EXPECT_EQ(status.code(), StatusCode::Resources);
  EXPECT_EQ(cache.length(a), 100);
  EXPECT_TRUE(cache.append(a, 28).ok());
}

TEST(KvCache, FreedPagesComeBackClean) {
  KvCache cache = makeCache(1);
  KvCache::SequenceId a = cache.createSequence();
  ASSERT_TRUE(cache.append(a, 10).ok());
  std::memset(cache.layerBase(0), 0xff, static_cast<size_t>(kSmall.pageBytes()));
  std::memset(cache.layerBase(1), 0xff, static_cast<size_t>(kHalf.pageBytes()));
  std::memset(cache.layerBase(2), 0xff, static_cast<size_t>(kBytes.pageBytes()));
  cache.free(a);
  EXPECT_EQ(cache.freePages(), 1);
  KvCache::SequenceId b = cache.createSequence();
  ASSERT_TRUE(cache.append(b, 1).ok());
  for (size_t layer : {0, 1, 2}) {
    const std::byte *page = cache.layerBase(layer);
    int64_t bytes = cache.layout(layer).pageBytes();
    EXPECT_EQ(std::count(page, page + bytes, std::byte(0)), bytes);
  }
}

TEST(KvCache, ForksSharePagesUntilTheyWrite) {
  KvCache cache = makeCache(4);
  KvCache::SequenceId a = cache.createSequence();
  ASSERT_TRUE(cache.append(a, 70).ok());
  keyAt(cache, a, 69) = 69;
  KvCache::SequenceId b = cache.fork(a);
  EXPECT_EQ(pagesOf(cache, a), pagesOf(cache, b));
  EXPECT_EQ(cache.freePages(), 2);
  ASSERT_TRUE(cache.append(b, 1).ok());
  EXPECT_EQ(cache.freePages(), 1);
  EXPECT_EQ(cache.pages(a)[0], cache.pages(b)[0]);
  EXPECT_NE(cache.pages(a)[1], cache.pages(b)[1]);
  EXPECT_EQ(keyAt(cache, b, 69), 69);
  keyAt(cache, b, 70) = 700;
  ASSERT_TRUE(cache.append(a, 1).ok()); // the last owner writes in place
  EXPECT_EQ(cache.freePages(), 1);
  EXPECT_EQ(keyAt(cache, a, 70), 0);
}

TEST(KvCache, ForksOutliveTheirParents) {
  KvCache cache = makeCache(3);
  KvCache::SequenceId a = cache.createSequence();
  ASSERT_TRUE(cache.append(a, 130).ok());
  KvCache::SequenceId b = cache.fork(a);
  keyAt(cache, a, 5) = 5;
  cache.free(a);
  EXPECT_EQ(cache.freePages(), 0);
  EXPECT_EQ(keyAt(cache, b, 5), 5);
  cache.free(b);
  EXPECT_EQ(cache.freePages(), 3);
}

TEST(KvCache, TruncateGivesPagesBackAndLeavesNoTail) {
  KvCache cache = makeCache(3);
  KvCache::SequenceId a = cache.createSequence();
  ASSERT_TRUE(cache.append(a, 130).ok());
  for (int64_t token = 0; token < 130; ++token)
    keyAt(cache, a, token, 1, 4) = 1;
  cache.truncate(a, 66);
  EXPECT_EQ(cache.length(a), 66);
  EXPECT_EQ(cache.freePages(), 1);
  ASSERT_TRUE(cache.append(a, 1).ok());
  EXPECT_EQ(keyAt(cache, a, 65, 1, 4), 1);
  EXPECT_EQ(keyAt(cache, a, 66, 1, 4), 0);
  EXPECT_EQ(keyAt(cache, a, 100, 1, 4), 0);
  cache.truncate(a, 1000);
  EXPECT_EQ(cache.length(a), 67);
}

TEST(KvCache, AStaleTailOfIntegersGoesWithItsScales) {
  KvCache cache = makeCache(1);
  KvCache::SequenceId a = cache.createSequence();
  ASSERT_TRUE(cache.append(a, 20).ok());
  std::byte *page = cache.layerBase(2);
  std::memset(page, 0x11, static_cast<size_t>(kBytes.pageBytes()));
  cache.truncate(a, 10);
  ASSERT_TRUE(cache.append(a, 1).ok());
  for (int64_t token : {9, 10, 63}) {
    std::byte expected{token < 10 ? uint8_t(0x11) : uint8_t(0)};
    for (int64_t offset : {kBytes.keyOffset(1, token, 9), kBytes.valueOffset(0, token, 0),
                           kBytes.keyScaleOffset(0, token), kBytes.valueScaleOffset(1, token) + 1})
      EXPECT_EQ(page[offset], expected) << "token " << token << " at " << offset;
  }
}

TEST(KvCache, ATruncatedForkDoesNotDisturbItsParent) {
  KvCache cache = makeCache(3);
  KvCache::SequenceId a = cache.createSequence();
  ASSERT_TRUE(cache.append(a, 40).ok());
  keyAt(cache, a, 30) = 30;
  KvCache::SequenceId b = cache.fork(a);
  cache.truncate(b, 20);
  EXPECT_EQ(keyAt(cache, a, 30), 30);
  cache.free(a); // b is now the only owner of a page with a stale tail
  ASSERT_TRUE(cache.append(b, 1).ok());
  EXPECT_EQ(keyAt(cache, b, 30), 0);
  EXPECT_EQ(cache.freePages(), 2);
}
