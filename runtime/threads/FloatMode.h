// The floating-point mode that kernels run in.
#ifndef GRAPHC_RUNTIME_THREADS_FLOATMODE_H
#define GRAPHC_RUNTIME_THREADS_FLOATMODE_H

#include <cstdint>
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

namespace graphc {

/// While it lives, this thread rounds to nearest, traps nothing, and treats denormals as zero (FTZ
/// and DAZ): the mode that the bits of a result are defined in. Afterwards the thread's own mode is
/// back, so a program that embeds the runtime sees no change.
class KernelFloatMode {
public:
#if defined(__x86_64__)
  KernelFloatMode() : before(_mm_getcsr()) { _mm_setcsr(kMode); }
  ~KernelFloatMode() { _mm_setcsr(before); }
#elif defined(__aarch64__)
  KernelFloatMode() {
    asm volatile("mrs %0, fpcr" : "=r"(before));
    asm volatile("msr fpcr, %0" ::"r"(kMode));
  }
  ~KernelFloatMode() { asm volatile("msr fpcr, %0" ::"r"(before)); }
#endif
  KernelFloatMode(const KernelFloatMode &) = delete;
  KernelFloatMode &operator=(const KernelFloatMode &) = delete;

private:
#if defined(__x86_64__)
  static constexpr unsigned kMode = 0x1f80 | 0x8000 | 0x0040; // exceptions masked, FTZ, DAZ
  unsigned before;
#elif defined(__aarch64__)
  static constexpr uint64_t kMode = uint64_t(1) << 24; // FZ
  uint64_t before = 0;
#endif
};

} // namespace graphc

#endif // GRAPHC_RUNTIME_THREADS_FLOATMODE_H
