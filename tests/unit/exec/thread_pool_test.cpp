// The thread pool: every task once, floating-point mode, sleeping and waking, odd thread counts.
#include "runtime/threads/FloatMode.h"
#include "runtime/threads/ThreadPool.h"
#include "runtime/threads/Topology.h"
#include "runtime/threads/Tuning.h"

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <future>
#include <gtest/gtest.h>
#include <limits>
#include <numeric>
#include <pthread.h>
#include <sched.h>
#include <thread>
#include <unistd.h>

using namespace graphc;

namespace {

std::unique_ptr<ThreadPool> makePool(int threads) {
  Expected<std::unique_ptr<ThreadPool>> pool = ThreadPool::create(threads);
  EXPECT_TRUE(pool.ok()) << pool.status().message();
  return *std::move(pool);
}

/// Smallest denormal times one: 0 in the kernels' mode. Volatile, so that nothing is folded.
float denormalProduct() {
  volatile float tiny = std::numeric_limits<float>::denorm_min(), one = 1;
  return tiny * one;
}

} // namespace

TEST(ThreadPool, EveryTaskRunsExactlyOnce) {
  for (int threads : {1, 2, 3, 8}) {
    std::unique_ptr<ThreadPool> pool = makePool(threads);
    for (TaskPolicy policy : {TaskPolicy::Blocks, TaskPolicy::Steal}) {
      for (int64_t tasks : {0, 1, 2, 7, 8, 9, 1000}) {
        std::vector<int> done(static_cast<size_t>(tasks)); // plain ints: a task is never shared
        pool->run(
            [&](int64_t begin, int64_t end, int) {
              for (int64_t i = begin; i < end; ++i)
                ++done[static_cast<size_t>(i)];
            },
            tasks, policy);
        EXPECT_EQ(done, std::vector<int>(static_cast<size_t>(tasks), 1))
            << threads << " threads, " << tasks << " tasks";
      }
    }
  }
}

TEST(ThreadPool, BlocksAreContiguousAndBalanced) {
  std::unique_ptr<ThreadPool> pool = makePool(3);
  std::vector<std::pair<int64_t, int64_t>> ranges(3);
  pool->run([&](int64_t begin, int64_t end,
                int thread) { ranges[static_cast<size_t>(thread)] = {begin, end}; },
            11, TaskPolicy::Blocks);
  EXPECT_EQ(ranges, (std::vector<std::pair<int64_t, int64_t>>{{0, 4}, {4, 8}, {8, 11}}));
}

TEST(ThreadPool, IdleThreadsTakeTheRestOfABusyOne) {
  std::unique_ptr<ThreadPool> pool = makePool(2);
  std::atomic<int64_t> others = 0;
  // Task 0 waits until the other thread has done all tasks that thread 0 has not started.
  pool->run(
      [&](int64_t begin, int64_t end, int thread) {
        if (begin == 0) {
          while (others.load() < 64 - end)
            std::this_thread::yield();
        } else {
          others += end - begin;
        }
      },
      64, TaskPolicy::Steal);
  EXPECT_EQ(others.load(), 48); // thread 0 has taken half of its 32 at once
}

TEST(ThreadPool, WorkersSeeWhatTheCallerWroteAndBack) {
  std::unique_ptr<ThreadPool> pool = makePool(4);
  std::vector<int64_t> values(257);
  for (int64_t round = 0; round < 2000; ++round) {
    std::iota(values.begin(), values.end(), round);
    pool->run(
        [&](int64_t begin, int64_t end, int) {
          for (int64_t i = begin; i < end; ++i)
            values[static_cast<size_t>(i)] -= i;
        },
        std::ssize(values));
    ASSERT_EQ(std::count(values.begin(), values.end(), round), std::ssize(values));
  }
}

TEST(ThreadPool, SleepingWorkersWakeUp) {
  std::unique_ptr<ThreadPool> pool = makePool(2);
  for (int i = 0; i < 3; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(30)); // far beyond kSpinPauses
    std::atomic<int> calls = 0;
    pool->run([&](int64_t, int64_t, int) { ++calls; }, 2, TaskPolicy::Blocks);
    EXPECT_EQ(calls.load(), 2);
  }
}

#if !defined(__SANITIZE_THREAD__) && !__has_feature(thread_sanitizer) // delays signals
namespace {
std::atomic<bool> held = false, release = false;
} // namespace

TEST(ThreadPool, AWorkerThatIsNotScheduledHoldsNobodyUp) {
  std::unique_ptr<ThreadPool> pool = makePool(2);
  pthread_t worker = {};
  pool->run(
      [&](int64_t, int64_t, int thread) {
        if (thread == 1)
          worker = ::pthread_self();
      },
      2, TaskPolicy::Blocks);
  // In a signal handler until `release`, the worker is as good as not scheduled.
  std::signal(SIGUSR1, [](int) {
    for (held = true; !release;)
      ::sched_yield();
  });
  ::pthread_kill(worker, SIGUSR1);
  while (!held)
    std::this_thread::yield();
  std::atomic<int64_t> tasks = 0;
  std::future<void> runs = std::async(std::launch::async, [&] {
    for (int round = 0; round < 100; ++round)
      pool->run([&](int64_t begin, int64_t end, int) { tasks += end - begin; }, 64);
  });
  EXPECT_EQ(runs.wait_for(std::chrono::seconds(20)), std::future_status::ready);
  release = true;
  runs.get();
  EXPECT_EQ(tasks.load(), 6400);
  std::signal(SIGUSR1, SIG_DFL);
}
#endif

TEST(ThreadPool, MoreThreadsThanCpusStillFinish) {
  std::unique_ptr<ThreadPool> pool = makePool(availableCpus() * 4 + 1);
  std::atomic<int64_t> sum = 0;
  for (int round = 0; round < 50; ++round)
    pool->run([&](int64_t begin, int64_t end, int) { sum += end - begin; }, 100);
  EXPECT_EQ(sum.load(), 5000);
}

TEST(ThreadPool, DenormalsAreZeroInTasksAndOnlyThere) {
  std::unique_ptr<ThreadPool> pool = makePool(2);
  float inTask[2] = {1, 1};
  pool->run([&](int64_t, int64_t, int thread) { inTask[thread] = denormalProduct(); }, 2,
            TaskPolicy::Blocks);
  EXPECT_EQ(inTask[0], 0.0f);
  EXPECT_EQ(inTask[1], 0.0f);
  EXPECT_NE(denormalProduct(), 0.0f);
  float single = 1;
  pool->run([&](int64_t, int64_t, int) { single = denormalProduct(); }, 1);
  EXPECT_EQ(single, 0.0f);
}

TEST(ThreadPool, E3Row31_ThreadCountsOutOfRangeAreRefused) {
  EXPECT_EQ(ThreadPool::create(0).status().code(), StatusCode::Usage);
  EXPECT_EQ(ThreadPool::create(-1).status().code(), StatusCode::Usage);
  EXPECT_EQ(ThreadPool::create(tuning::kMaxThreads + 1).status().code(), StatusCode::Usage);
}

TEST(Topology, E3Row31_ACpuQuotaLimitsTheThreads) {
  namespace fs = std::filesystem;
  fs::path root = fs::temp_directory_path() / ("graphc-topology-" + std::to_string(::getpid()));
  fs::create_directories(root / "proc/self");
  fs::create_directories(root / "sys/fs/cgroup/a/b");
  std::ofstream(root / "proc/self/cgroup") << "0::/a/b\n";
  int all = availableCpus(root.string());
  EXPECT_EQ(all, availableCpus());
  std::ofstream(root / "sys/fs/cgroup/a/b/cpu.max") << "max 100000\n";
  EXPECT_EQ(availableCpus(root.string()), all);
  std::ofstream(root / "sys/fs/cgroup/a/cpu.max") << "50000 100000\n";
  EXPECT_EQ(availableCpus(root.string()), 1);
  fs::remove_all(root);
}
