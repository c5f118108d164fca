// The loops that measure a machine: that they read what they should and time what they run.
#include "tools/machine/PeakLoops.h"
#include "tools/machine/ReadLoops.h"
#include "tools/machine/Together.h"

#include <atomic>
#include <gmock/gmock.h>
#include <random>
#include <thread>

using namespace graphc;

TEST(ReadLoops, ReadEveryWord) {
  alignas(64) static uint64_t words[3 * kReadGranule / sizeof(uint64_t)];
  std::mt19937_64 random(1);
  uint64_t want = 0;
  for (uint64_t &word : words)
    want ^= word = random();
  ASSERT_GE(readLoops().size(), 2u);
  for (const ReadLoop &loop : readLoops()) {
    EXPECT_EQ(loop.run(reinterpret_cast<const std::byte *>(words), sizeof(words)), want)
        << readLoopText(loop);
  }
}

TEST(ReadProbe, TakesAQuarterOfTheMemoryAtMost) {
  constexpr uint64_t kGiB = uint64_t(1) << 30;
  EXPECT_EQ(chooseReadBytes({}), kGiB);
  EXPECT_EQ(chooseReadBytes({.ram = 100 * kGiB}), kGiB) << "a large machine needs no more";
  EXPECT_EQ(chooseReadBytes({.ram = 3 * kGiB}), 3 * kGiB / 4);
  EXPECT_EQ(chooseReadBytes({.ram = 8 * kGiB, .cgroup = 2 * kGiB}), kGiB / 2);
  EXPECT_EQ(chooseReadBytes({.ram = 8 * kGiB, .addressSpace = kGiB}), kGiB / 4);
}

TEST(ReadProbe, MeasuresAPlausibleRate) {
  Expected<ReadProbe> probe = ReadProbe::create(2, 8 << 20);
  ASSERT_TRUE(probe.ok()) << probe.status().message();
  EXPECT_EQ(probe->threads(), 2);
  EXPECT_EQ(probe->bytes(), 8u << 20);
  double start = secondsNow();
  double rate = probe->measure(0.04);
  EXPECT_GT(rate, 0.05);
  EXPECT_LT(rate, 5000);
  EXPECT_LT(secondsNow() - start, 5);
}

TEST(PeakLoops, AreChosenByFeatures) {
  auto chosen = [](ElementType type, std::vector<std::string> features) {
    const PeakLoop *loop = bestPeakLoop(type, CpuFeatures(std::move(features)));
    return loop ? std::string(loop->instruction) : "none";
  };
  if (peakLoops().empty())
    GTEST_SKIP() << "no loops for this architecture";
  EXPECT_EQ(chosen(ElementType::F32, {"avx2", "fma"}), "vfmadd231ps ymm");
  EXPECT_EQ(chosen(ElementType::F32, {"avx2", "avx512f", "fma"}), "vfmadd231ps zmm");
  EXPECT_EQ(chosen(ElementType::BF16, {"avx2", "fma"}), "none");
  EXPECT_EQ(chosen(ElementType::BF16, {"avx512f", "avx512bf16"}), "vdpbf16ps zmm");
  EXPECT_EQ(chosen(ElementType::I8, {"avx2"}), "vpmaddubsw ymm");
  EXPECT_EQ(chosen(ElementType::I8, {"avx2", "avxvnni"}), "vpdpbusd ymm");
  EXPECT_EQ(chosen(ElementType::I8, {"avx2", "avxvnni", "avx512vnni"}), "vpdpbusd zmm");
  EXPECT_EQ(chosen(ElementType::F32, {}), "none");
}

TEST(PeakLoops, RunAtAPlausibleRate) {
  CpuFeatures host = CpuFeatures::host();
  for (const PeakLoop &loop : peakLoops()) {
    if (!host.has(loop.feature))
      continue;
    double rate = measurePeak(loop, 1, 0.004);
    EXPECT_GT(rate, 0.1) << loop.instruction;
    EXPECT_LT(rate, 20000) << loop.instruction;
  }
}

TEST(TimeTogether, RunsEveryThreadOnceAndTakesTheSlowest) {
  std::atomic<int> seen = 0;
  double seconds = timeTogether(3, [&](int thread) {
    seen += 1 << (4 * thread);
    if (thread == 2)
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
  });
  EXPECT_EQ(seen, 0x111);
  EXPECT_GE(seconds, 0.02);
}
