// How much memory `new` has given out. Sanitizers have allocators of their own: nothing is measured
// under them.
#ifndef GRAPHC_TESTS_FUZZ_MEMORYMETER_H
#define GRAPHC_TESTS_FUZZ_MEMORYMETER_H

#include <cstddef>

namespace graphc::fuzz {

/// Bytes in use now.
size_t memoryInUse();

/// Starts to measure anew: the peak is what is in use now.
void resetPeak();

/// Most bytes in use since then.
size_t peakMemory();

} // namespace graphc::fuzz

#endif // GRAPHC_TESTS_FUZZ_MEMORYMETER_H
