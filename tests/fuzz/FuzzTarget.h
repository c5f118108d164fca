// A reader of untrusted bytes under attack. Each format has a file that defines these functions;
// the deterministic mutator (Mutator.cpp) and libFuzzer (LibFuzzer.cpp) call them.
#ifndef GRAPHC_TESTS_FUZZ_FUZZTARGET_H
#define GRAPHC_TESTS_FUZZ_FUZZTARGET_H

#include "runtime/base/Status.h"

#include <string>
#include <string_view>
#include <vector>

namespace graphc::fuzz {

/// Small inputs that are accepted, which damaged ones are made of.
std::vector<std::string> seeds();

/// Reads an input, and uses what it accepts as the program would.
Status read(std::string_view input);

/// Most memory that reading may take at a time: `base`, and `perByte` for each byte of the input.
struct MemoryBound {
  size_t base = size_t(4) << 20;
  size_t perByte = 100;
};
MemoryBound memoryBound();

/// Whether a status is one that bad input may have: read, or refused with exit code 3 or 4.
inline bool isExpected(const Status &status) {
  return status.ok() ||
         ((status.code() == StatusCode::BadInput || status.code() == StatusCode::Unsupported) &&
          !status.message().empty());
}

} // namespace graphc::fuzz

#endif // GRAPHC_TESTS_FUZZ_FUZZTARGET_H
