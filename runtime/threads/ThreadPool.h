// The threads that kernels run on.
#ifndef GRAPHC_RUNTIME_THREADS_THREADPOOL_H
#define GRAPHC_RUNTIME_THREADS_THREADPOOL_H

#include "runtime/base/Status.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <type_traits>
#include <vector>

namespace graphc {

/// A reference to a callable `void(int64_t begin, int64_t end, int thread)`, without a copy of it.
class TaskFn {
public:
  template <typename Fn>
  TaskFn(const Fn &fn)
      : object(&fn), call([](const void *object, int64_t begin, int64_t end, int thread) {
          (*static_cast<const Fn *>(object))(begin, end, thread);
        }) {}

  void operator()(int64_t begin, int64_t end, int thread) const {
    call(object, begin, end, thread);
  }

private:
  const void *object;
  void (*call)(const void *, int64_t, int64_t, int);
};

/// How the tasks of a region are dealt out.
enum class TaskPolicy : uint8_t {
  Blocks, ///< Each thread does one contiguous block, and nothing else: run() waits for all.
  Steal,  ///< The same, in pieces; a thread that is done takes pieces of the others' blocks.
};

/// A fixed set of threads that run one region after another: run() hands tasks to all of them and
/// returns when every task is done.
///
/// Workers enter a region, and run() waits for those inside alone: a worker that the system has not
/// scheduled in time finds the region closed, and its tasks done by the others.
///
/// Between regions workers spin for a while, then sleep on a futex (Tuning.h). The caller is thread
/// 0 and works too. All threads are in KernelFloatMode during a region; the caller's own mode is
/// restored. Tasks must not call run() of the same pool, nor throw. One thread at a time may call
/// run().
///
/// Memory order: whatever the caller wrote before run() is visible to every task, and whatever
/// tasks wrote is visible to the caller after it.
class ThreadPool {
public:
  /// A pool of `threads` in [1, tuning::kMaxThreads], the caller included. Usage for another
  /// number, Resources when the system refuses a thread.
  static Expected<std::unique_ptr<ThreadPool>> create(int threads);
  ~ThreadPool();

  ThreadPool(const ThreadPool &) = delete;
  ThreadPool &operator=(const ThreadPool &) = delete;

  int size() const { return threads; }

  /// Calls `fn(begin, end, thread)` so that the ranges cover [0, tasks) exactly once. `thread` is
  /// in [0, size()) and tells concurrent calls apart. No allocation, no system call while the
  /// workers are awake.
  void run(TaskFn fn, int64_t tasks, TaskPolicy policy = TaskPolicy::Steal);

private:
  /// What is left of one thread's block; on a cache line of its own.
  struct alignas(64) Block {
    std::atomic<int64_t> next = 0;
    int64_t end = 0;
  };

  explicit ThreadPool(int threads);

  Status start();
  void workerLoop(int thread);
  uint32_t waitForRegion(uint32_t seen);
  void dealOut(int64_t tasks, TaskPolicy policy);
  void work(int thread);
  void drain(Block &block, int thread) const;
  bool enterRegion();
  void leaveRegion();
  void closeRegion();

  const int threads;
  int spinPauses;

  // The region. Written by the caller while it is closed and empty, read by who is inside.
  const TaskFn *fn = nullptr;
  int64_t piece = 1; ///< Tasks of the smallest pieces of a block.
  TaskPolicy policy = TaskPolicy::Steal;
  std::vector<Block> blocks;

  alignas(64) std::atomic<uint32_t> epoch = 0; ///< Number of the region; workers wait for a change.
  std::atomic<int> sleepers = 0;               ///< Workers that may be asleep on `epoch`.
  std::atomic<bool> stopping = false;
  /// Workers inside the region, plus kOpen while others may enter.
  alignas(64) std::atomic<uint32_t> gate = 0;
  static constexpr uint32_t kOpen = uint32_t(1) << 31;

  std::vector<std::thread> workers;
};

} // namespace graphc

#endif // GRAPHC_RUNTIME_THREADS_THREADPOOL_H
