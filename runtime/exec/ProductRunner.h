// A kernel whose product a provider computes, slice by slice, inside graphc's own threads.
#ifndef GRAPHC_RUNTIME_EXEC_PRODUCTRUNNER_H
#define GRAPHC_RUNTIME_EXEC_PRODUCTRUNNER_H

#include "runtime/plan/KernelAbi.h"
#include "runtime/plan/PlanHeader.h"
#include "runtime/plan/ProductAbi.h"
#include "runtime/threads/ThreadPool.h"

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <utility>

namespace graphc {

/// What one run of a kernel is given.
struct ProductCall {
  const int64_t *args = nullptr; ///< As a KernelFn gets them.
  int64_t rows = 0;              ///< Of the step: its T or R.
  int64_t tasks = 0;             ///< All of the dispatch's.
  std::byte *arena = nullptr;    ///< What PlanProduct::denseRows counts from.
  std::byte *scratch = nullptr;  ///< Of thread 0; those of the others follow.
  uint64_t scratchStride = 0;    ///< Bytes from one thread's scratch to the next.
};

/// Runs a kernel in two parts: a slice of its tasks at a time, the provider writes their sums to
/// the thread's scratch and the epilogue takes them from there.
class ProductRunner {
public:
  /// `maxRows`: for how many rows there is memory. Fails as loadProductProvider().
  static Expected<ProductRunner> create(const PlanProduct &plan, KernelFn epilogue,
                                        int64_t maxRows);

  /// With a provider that is there already; `plan.provider` is not looked at.
  ProductRunner(const ProductProvider &provider, const PlanProduct &plan, KernelFn epilogue,
                int64_t maxRows)
      : provider(&provider), plan(plan), epilogue(epilogue), maxRows(maxRows) {}

  /// Whether steps of so many rows are for the provider.
  bool takes(int64_t rows) const { return rows >= plan.leastRows; }

  /// Runs the kernel on all threads of `pool`. PlanMismatch when the provider cannot do it on this
  /// machine, Internal when it failed.
  Status run(const ProductCall &call, ThreadPool &pool);

private:
  using Product = std::unique_ptr<void, void (*)(void *)>;

  const std::byte *denseRows(const ProductCall &call, int64_t rows, ThreadPool &pool) const;
  Expected<const void *> productOf(int64_t rows, int64_t tasks);

  const ProductProvider *provider;
  PlanProduct plan;
  KernelFn epilogue;
  int64_t maxRows;
  std::map<std::pair<int64_t, int64_t>, Product> products; ///< By rows and tasks.
};

} // namespace graphc

#endif // GRAPHC_RUNTIME_EXEC_PRODUCTRUNNER_H
