// libFuzzer's way in: see docs/fuzzing.md.
#include "FuzzTarget.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  graphc::Status status = graphc::fuzz::read({reinterpret_cast<const char *>(data), size});
  if (graphc::fuzz::isExpected(status))
    return 0;
  std::fprintf(stderr, "unexpected status %d: %s\n", static_cast<int>(status.code()),
               status.message().c_str());
  std::abort();
}
