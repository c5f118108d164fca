// libgraphc-onednn.so: oneDNN as a provider of products.
#include "runtime/onednn/OneDnnMatmul.h"
#include "runtime/plan/ProductAbi.h"

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <new>

namespace graphc {

namespace {

/// Keeps oneDNN to the calling thread, which is one of graphc's; the limit that the thread had
/// before is its program's.
class OneThread {
public:
  OneThread() : before(limitOneDnnThreads(1)) {}
  ~OneThread() { limitOneDnnThreads(before); }
  OneThread(const OneThread &) = delete;
  OneThread &operator=(const OneThread &) = delete;

private:
  int before;
};

/// Memory that a thread's products use while they run.
class ThreadScratch {
public:
  /// Null when there is not so much memory.
  void *ofSize(uint64_t bytes) {
    constexpr uint64_t kAlignment = 64;
    if (bytes > size) {
      memory.reset(
          std::aligned_alloc(kAlignment, (bytes + kAlignment - 1) / kAlignment * kAlignment));
      size = memory ? bytes : 0;
    }
    return memory.get();
  }

private:
  struct Free {
    void operator()(void *pointer) const { std::free(pointer); }
  };
  std::unique_ptr<void, Free> memory;
  uint64_t size = 0;
};

const char *version() {
  static const std::string text = "oneDNN " + oneDnnVersion();
  return text.c_str();
}

void *create(const ProductShape *shape, char *message, uint64_t messageBytes) {
  OneThread limit;
  Expected<OneDnnMatmul> matmul =
      OneDnnMatmul::create({shape->rows, shape->depth, shape->channels, shape->type});
  if (matmul.ok())
    return new OneDnnMatmul(std::move(*matmul));
  std::snprintf(message, messageBytes, "%s", matmul.status().message().c_str());
  return nullptr;
}

void destroy(void *product) { delete static_cast<OneDnnMatmul *>(product); }

bool run(const void *product, const void *rows, const void *panels, float *sums) {
  thread_local ThreadScratch scratch;
  OneThread limit;
  const auto &matmul = *static_cast<const OneDnnMatmul *>(product);
  void *memory = scratch.ofSize(matmul.scratchBytes());
  return (memory || matmul.scratchBytes() == 0) && matmul.run(rows, panels, sums, memory).ok();
}

} // namespace

} // namespace graphc

extern "C" __attribute__((visibility("default"))) const graphc::ProductProvider *
graphcProductProvider() {
  static const graphc::ProductProvider provider{graphc::kProductAbi, graphc::version,
                                                graphc::create, graphc::destroy, graphc::run};
  return &provider;
}
