// Constants of the thread pool, with the measurements they rest on.
#ifndef GRAPHC_RUNTIME_THREADS_TUNING_H
#define GRAPHC_RUNTIME_THREADS_TUNING_H

#include <cstdint>

namespace graphc::tuning {

/// How often an idle worker looks for work, with a pause instruction between two looks, before it
/// sleeps on a futex. Regions of one token follow each other within microseconds (a fork and join
/// of 2 threads: 0.13 us spinning, 31 us from a futex), tokens within milliseconds of sampling and
/// printing. 20000 pauses are 0.3 to 1 ms, depending on the processor: long enough for the gap
/// between two tokens, short enough that a waiting prompt burns no core.
constexpr int kSpinPauses = 20000;

/// The same when there are more threads than CPUs: spinning then only keeps the others from
/// running.
constexpr int kSpinPausesOversubscribed = 50;

/// Every so many pauses, a thread that waits for others gives its time slice away. Another thread
/// that was preempted while holding work needs the CPU more than the waiting does: without this a
/// region lasts a scheduler slice (4 to 12 ms) when something else competes for the cores.
constexpr int kPausesPerYield = 4000;

/// A thread takes half of what is left of a block at a time, the last pieces about this small a
/// part of it. Small pieces leave less waiting at the end of a region, when threads that are done
/// take what is left of the others' blocks; large ones keep the weights of a thread few long
/// streams: with 8 equal pieces, two threads generate 4 to 7 % less with int4 or int8 weights.
constexpr int64_t kLeastPiecesOfBlock = 8;

/// Many tasks are dealt out in multiples of so many: the panels that a matrix kernel reads side by
/// side.
constexpr int64_t kTasksTogether = 4;

/// Most threads that a pool accepts.
constexpr int kMaxThreads = 1024;

} // namespace graphc::tuning

#endif // GRAPHC_RUNTIME_THREADS_TUNING_H
