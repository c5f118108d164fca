#include "tools/machine/Together.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

namespace graphc {

double secondsNow() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double timeTogether(int threads, const std::function<void(int)> &work) {
  struct Span {
    double begin = 0, end = 0;
  };
  std::atomic<int> ready = 0;
  std::vector<Span> spans(static_cast<size_t>(threads));
  auto body = [&](int thread) {
    ++ready;
    while (ready.load() < threads) // they start within microseconds of each other
      std::this_thread::yield();
    Span &span = spans[static_cast<size_t>(thread)];
    span.begin = secondsNow();
    work(thread);
    span.end = secondsNow();
  };
  std::vector<std::thread> others;
  for (int thread = 1; thread < threads; ++thread)
    others.emplace_back(body, thread);
  body(0);
  for (std::thread &thread : others)
    thread.join();
  auto first = std::min_element(spans.begin(), spans.end(),
                                [](const Span &a, const Span &b) { return a.begin < b.begin; });
  auto last = std::max_element(spans.begin(), spans.end(),
                               [](const Span &a, const Span &b) { return a.end < b.end; });
  return last->end - first->begin;
}

} // namespace graphc
