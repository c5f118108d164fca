#include "runtime/threads/ThreadPool.h"

#include "runtime/base/CheckedMath.h"
#include "runtime/threads/FloatMode.h"
#include "runtime/threads/Topology.h"
#include "runtime/threads/Tuning.h"

#include <algorithm>
#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <system_error>
#include <unistd.h>

namespace graphc {

static void pauseCpu() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

/// Sleeps while `word` is `value`. May return without reason.
static void futexWait(std::atomic<uint32_t> &word, uint32_t value) {
  ::syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, value, nullptr, nullptr, 0);
}

static void futexWakeAll(std::atomic<uint32_t> &word) {
  ::syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, INT32_MAX, nullptr, nullptr, 0);
}

ThreadPool::ThreadPool(int threads)
    : threads(threads), spinPauses(threads <= availableCpus() ? tuning::kSpinPauses
                                                              : tuning::kSpinPausesOversubscribed),
      blocks(static_cast<size_t>(threads)) {}

Expected<std::unique_ptr<ThreadPool>> ThreadPool::create(int threads) {
  if (threads < 1 || threads > tuning::kMaxThreads)
    return usageError("expected 1 to " + std::to_string(tuning::kMaxThreads) + " threads but got " +
                      std::to_string(threads));
  std::unique_ptr<ThreadPool> pool(new ThreadPool(threads));
  GRAPHC_RETURN_IF_ERROR(pool->start());
  return pool;
}

Status ThreadPool::start() {
  try {
    for (int thread = 1; thread < threads; ++thread)
      workers.emplace_back([this, thread] { workerLoop(thread); });
  } catch (const std::system_error &error) {
    return resourceError("cannot start thread " + std::to_string(workers.size() + 1) + " of " +
                         std::to_string(threads) + ": " + error.code().message());
  }
  return {};
}

ThreadPool::~ThreadPool() {
  stopping.store(true);
  epoch.fetch_add(1);
  futexWakeAll(epoch);
  for (std::thread &worker : workers)
    worker.join();
}

void ThreadPool::run(TaskFn tasksFn, int64_t tasks, TaskPolicy wanted) {
  if (tasks <= 0)
    return;
  KernelFloatMode mode;
  // One task, or nobody to share with: waking the others would cost more than it brings.
  if (tasks == 1 || threads == 1) {
    tasksFn(0, tasks, 0);
    return;
  }
  fn = &tasksFn;
  policy = wanted;
  dealOut(tasks, wanted);
  gate.store(kOpen, std::memory_order_release);
  // Sequentially consistent with `sleepers`: either a worker that goes to sleep sees the new epoch,
  // or this thread sees the sleeper.
  epoch.fetch_add(1, std::memory_order_seq_cst);
  if (sleepers.load(std::memory_order_seq_cst) > 0)
    futexWakeAll(epoch);
  work(0);
  closeRegion();
}

/// Cuts [0, tasks) into one contiguous block per thread, their sizes differing by at most one, or
/// by a few where there are many.
void ThreadPool::dealOut(int64_t tasks, TaskPolicy wanted) {
  int64_t together = tuning::kTasksTogether;
  if (tasks < threads * together * tuning::kLeastPiecesOfBlock)
    together = 1;
  int64_t groups = tasks / together;
  int64_t share = groups / threads, extra = groups % threads, begin = 0, largest = 0;
  for (int thread = 0; thread < threads; ++thread) {
    Block &block = blocks[static_cast<size_t>(thread)];
    block.next.store(begin, std::memory_order_relaxed);
    block.end = begin + (share + (thread < extra ? 1 : 0)) * together;
    if (thread == threads - 1)
      block.end = tasks;
    largest = std::max(largest, block.end - begin);
    begin = block.end;
  }
  int64_t least = largest / tuning::kLeastPiecesOfBlock / together * together;
  piece = wanted == TaskPolicy::Blocks ? largest : std::max<int64_t>(1, least);
}

void ThreadPool::work(int thread) {
  drain(blocks[static_cast<size_t>(thread)], thread);
  if (policy == TaskPolicy::Blocks)
    return;
  for (int i = 1; i < threads; ++i)
    drain(blocks[static_cast<size_t>((thread + i) % threads)], thread);
}

/// Takes pieces of a block until it is empty: half of what is left, in multiples of the smallest.
void ThreadPool::drain(Block &block, int thread) const {
  int64_t begin = block.next.load(std::memory_order_relaxed);
  while (begin < block.end) {
    int64_t left = block.end - begin;
    int64_t end = std::min(begin + roundUp(ceilDiv(left, 2), piece), block.end);
    if (!block.next.compare_exchange_weak(begin, end, std::memory_order_relaxed))
      continue;
    (*fn)(begin, end, thread);
    begin = block.next.load(std::memory_order_relaxed);
  }
}

/// Counts this worker in, unless the region is closed. Who is inside may read what the caller wrote
/// for it.
bool ThreadPool::enterRegion() {
  uint32_t now = gate.load(std::memory_order_relaxed);
  while (now & kOpen) {
    if (gate.compare_exchange_weak(now, now + 1, std::memory_order_acquire,
                                   std::memory_order_relaxed))
      return true;
  }
  return false;
}

void ThreadPool::leaveRegion() { gate.fetch_sub(1, std::memory_order_release); }

/// Waits until every task is taken, which it is unless blocks belong to threads, then for those who
/// took them. Workers that come later stay outside.
void ThreadPool::closeRegion() {
  auto waitUntil = [this](const auto &condition) {
    for (int pauses = 1; !condition(); ++pauses) {
      pauseCpu();
      if (pauses % std::min(spinPauses, tuning::kPausesPerYield) == 0)
        ::sched_yield();
    }
  };
  for (const Block &block : blocks)
    waitUntil([&] { return block.next.load(std::memory_order_relaxed) >= block.end; });
  gate.fetch_and(~kOpen, std::memory_order_relaxed);
  waitUntil([&] { return gate.load(std::memory_order_acquire) == 0; });
}

void ThreadPool::workerLoop(int thread) {
  KernelFloatMode mode;
  uint32_t seen = 0;
  while (true) {
    seen = waitForRegion(seen);
    if (stopping.load())
      return;
    if (!enterRegion())
      continue;
    work(thread);
    leaveRegion();
  }
}

/// Spins, then sleeps, until the epoch is no longer `seen`; returns the new one.
uint32_t ThreadPool::waitForRegion(uint32_t seen) {
  for (int pauses = 1; pauses <= spinPauses; ++pauses) {
    uint32_t now = epoch.load(std::memory_order_acquire);
    if (now != seen)
      return now;
    pauseCpu();
    if (pauses % tuning::kPausesPerYield == 0)
      ::sched_yield();
  }
  sleepers.fetch_add(1, std::memory_order_seq_cst);
  while (epoch.load(std::memory_order_seq_cst) == seen)
    futexWait(epoch, seen);
  sleepers.fetch_sub(1, std::memory_order_relaxed);
  return epoch.load(std::memory_order_acquire);
}

} // namespace graphc
