// How the runtime calls a library that computes the products of matmuls in place of generated code:
// a provider, in a shared object of its own, loaded for plans that use it alone.
//
// A provider computes f32 sums of rows times packed panels (ir/PanelLayout.h); what a kernel does
// with them is generated. It knows neither plans nor sessions.
#ifndef GRAPHC_RUNTIME_PLAN_PRODUCTABI_H
#define GRAPHC_RUNTIME_PLAN_PRODUCTABI_H

#include "runtime/base/ElementType.h"

#include <cstdint>

namespace graphc {

/// sums[m][n] = Σ_k rows[m][k] * panels[n / 32][k / kp][n % 32][k % kp], all dense.
struct ProductShape {
  int64_t rows = 0;
  int64_t depth = 0;
  int64_t channels = 0;                ///< A multiple of 32.
  ElementType type = ElementType::F32; ///< Of rows and panels: f32 or bf16.
};

/// What a provider's library offers. Its functions may be called by several threads at the same
/// time, and use no thread but the caller's.
struct ProductProvider {
  int64_t abi = 0; ///< kProductAbi of the headers that it was compiled with.
  /// For people, e.g. "oneDNN 2.6.3".
  const char *(*version)() = nullptr;
  /// Makes a product ready. Null when this machine or the library cannot do it; `message`, of
  /// `messageBytes` bytes, then says why.
  void *(*create)(const ProductShape *shape, char *message, uint64_t messageBytes) = nullptr;
  void (*destroy)(void *product) = nullptr;
  /// Computes it; false when the library failed. `sums` is aligned to 64 bytes.
  bool (*run)(const void *product, const void *rows, const void *panels, float *sums) = nullptr;
};

inline constexpr int64_t kProductAbi = 1;

/// A function `const ProductProvider *()` of the library.
inline constexpr char kProductProviderSymbol[] = "graphcProductProvider";

/// PlanProduct::provider of libgraphc-onednn.so.
inline constexpr char kOneDnnProvider[] = "onednn";

/// Steps of fewer rows are the generated kernels': they are bound by the weights' bytes.
inline constexpr int64_t kLeastProductRows = 32;

/// Providers make something ready for each number of rows, so these are rounded up to multiples of
/// this, as far as there is memory behind them. What lies there is computed with and not used.
inline constexpr int64_t kProductRowStep = 16;

} // namespace graphc

#endif // GRAPHC_RUNTIME_PLAN_PRODUCTABI_H
