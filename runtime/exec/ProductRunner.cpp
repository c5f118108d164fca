#include "runtime/exec/ProductRunner.h"

#include "runtime/base/CheckedMath.h"
#include "runtime/exec/ProductLibrary.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>

namespace graphc {

/// Output channels of a packed panel (ir/PanelLayout.h).
static constexpr int64_t kPanelChannels = 32;

Expected<ProductRunner> ProductRunner::create(const PlanProduct &plan, KernelFn epilogue,
                                              int64_t maxRows) {
  GRAPHC_ASSIGN_OR_RETURN(const ProductProvider *provider, loadProductProvider(plan.provider));
  return ProductRunner(*provider, plan, epilogue, maxRows);
}

Expected<const void *> ProductRunner::productOf(int64_t rows, int64_t sliceTasks) {
  auto found = products.find({rows, sliceTasks});
  if (found != products.end())
    return found->second.get();
  ProductShape shape{rows, plan.depth, sliceTasks * plan.panels * kPanelChannels, plan.type};
  std::array<char, 256> message = {};
  void *product = provider->create(&shape, message.data(), message.size());
  if (!product)
    return planMismatch(std::string(provider->version()) +
                        " cannot compute the plan's products: " + message.data());
  products.emplace(std::pair(rows, sliceTasks), Product(product, provider->destroy));
  return product;
}

/// The rows without gaps between them: where they are, or copied. Providers want them so; kernels
/// want the gaps, for a tile's rows to lie in different sets of the cache.
const std::byte *ProductRunner::denseRows(const ProductCall &call, int64_t rows,
                                          ThreadPool &pool) const {
  const auto *given = reinterpret_cast<const std::byte *>(call.args[kFirstOperand]);
  if (plan.rowWidth == plan.depth)
    return given;
  const auto stride = static_cast<size_t>(plan.rowWidth * byteSize(plan.type));
  const auto bytes = static_cast<size_t>(plan.depth * byteSize(plan.type));
  std::byte *dense = call.arena + plan.denseRows;
  pool.run(
      [&](int64_t begin, int64_t end, int) {
        for (auto row = static_cast<size_t>(begin); row < static_cast<size_t>(end); ++row)
          std::memcpy(dense + row * bytes, given + row * stride, bytes);
      },
      rows);
  return dense;
}

Status ProductRunner::run(const ProductCall &call, ThreadPool &pool) {
  const int64_t rows = std::min(roundUp(call.rows, kProductRowStep), maxRows);
  const int64_t tasks = call.tasks;
  const int64_t slice = std::clamp<int64_t>(ceilDiv(tasks, pool.size()), 1, plan.slice);
  const int64_t slices = ceilDiv(tasks, slice), lastTasks = tasks - (slices - 1) * slice;
  GRAPHC_ASSIGN_OR_RETURN(const void *product, productOf(rows, slice));
  GRAPHC_ASSIGN_OR_RETURN(const void *lastProduct, productOf(rows, lastTasks));
  const std::byte *left = denseRows(call, rows, pool);
  const auto *panels = reinterpret_cast<const std::byte *>(call.args[kFirstOperand + 1]);
  const int64_t taskBytes = plan.panels * kPanelChannels * plan.depth * byteSize(plan.type);

  std::atomic<bool> failed = false;
  pool.run(
      [&](int64_t begin, int64_t end, int thread) {
        std::byte *scratch = call.scratch + call.scratchStride * static_cast<uint64_t>(thread);
        auto *sums = reinterpret_cast<float *>(scratch + plan.sumsOffset);
        for (int64_t i = begin; i < end; ++i) {
          int64_t first = i * slice;
          if (!provider->run(i + 1 == slices ? lastProduct : product, left,
                             panels + first * taskBytes, sums))
            failed = true;
          epilogue(call.args, first, std::min(tasks, first + slice), scratch);
        }
      },
      slices);
  return failed ? internalError(std::string(provider->version()) + " failed to compute a product")
                : Status();
}

} // namespace graphc
