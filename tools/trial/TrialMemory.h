// Memory with numbers in it that every format can read.
#ifndef GRAPHC_TOOLS_TRIAL_TRIALMEMORY_H
#define GRAPHC_TOOLS_TRIAL_TRIALMEMORY_H

#include "runtime/memory/MappedMemory.h"

#include <cstdint>

namespace graphc {

/// `bytes` bytes that are small ordinary numbers as f32 (0.002 to 0.03, both signs), as bf16 (the
/// same) and as f16 (0.5 to 1.5), and any number as integers: nothing that is slow, overflows soon
/// or is no number, whatever a kernel takes them for. Resources when the memory is not there.
Expected<MappedMemory> trialMemory(uint64_t bytes);

} // namespace graphc

#endif // GRAPHC_TOOLS_TRIAL_TRIALMEMORY_H
