#include "MemoryMeter.h"

#include <atomic>
#include <cstdlib>
#include <malloc.h>
#include <new>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define GRAPHC_FOREIGN_ALLOCATOR 1
#endif
#endif

namespace {
std::atomic<size_t> inUse{0}, peak{0};

[[maybe_unused]] void count(void *memory) {
  const size_t now = inUse += malloc_usable_size(memory);
  size_t before = peak;
  while (before < now && !peak.compare_exchange_weak(before, now)) {
  }
}

[[maybe_unused]] void *allocate(size_t size, size_t alignment) {
  void *memory =
      alignment == 0
          ? std::malloc(size)
          : std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
  if (!memory)
    throw std::bad_alloc();
  count(memory);
  return memory;
}

[[maybe_unused]] void release(void *memory) {
  if (memory)
    inUse -= malloc_usable_size(memory);
  std::free(memory);
}
} // namespace

#if !defined(GRAPHC_FOREIGN_ALLOCATOR)
void *operator new(size_t size) { return allocate(size ? size : 1, 0); }
void *operator new[](size_t size) { return allocate(size ? size : 1, 0); }
void *operator new(size_t size, std::align_val_t alignment) {
  return allocate(size, static_cast<size_t>(alignment));
}
void *operator new[](size_t size, std::align_val_t alignment) {
  return allocate(size, static_cast<size_t>(alignment));
}
void operator delete(void *memory) noexcept { release(memory); }
void operator delete[](void *memory) noexcept { release(memory); }
void operator delete(void *memory, size_t) noexcept { release(memory); }
void operator delete[](void *memory, size_t) noexcept { release(memory); }
void operator delete(void *memory, std::align_val_t) noexcept { release(memory); }
void operator delete[](void *memory, std::align_val_t) noexcept { release(memory); }
void operator delete(void *memory, size_t, std::align_val_t) noexcept { release(memory); }
void operator delete[](void *memory, size_t, std::align_val_t) noexcept { release(memory); }
#endif

namespace graphc::fuzz {

size_t memoryInUse() { return inUse; }
void resetPeak() { peak = inUse.load(); }
size_t peakMemory() { return peak; }

} // namespace graphc::fuzz
