// GRAPHC_ASSERT: an assertion of graphc's own, on in the `dev` and sanitizer presets. NDEBUG is
// always defined where MLIR is included, so assert() says nothing there.
#ifndef GRAPHC_RUNTIME_BASE_ASSERT_H
#define GRAPHC_RUNTIME_BASE_ASSERT_H

#include <cstdio>
#include <cstdlib>

#if defined(GRAPHC_ASSERTS)
#define GRAPHC_ASSERT(condition, message)                                                          \
  do {                                                                                             \
    if (!(condition)) {                                                                            \
      std::fprintf(stderr, "%s:%d: assertion failed: %s (%s)\n", __FILE__, __LINE__, message,      \
                   #condition);                                                                    \
      std::abort();                                                                                \
    }                                                                                              \
  } while (false)
#else
#define GRAPHC_ASSERT(condition, message) ((void)sizeof(condition))
#endif

#endif // GRAPHC_RUNTIME_BASE_ASSERT_H
