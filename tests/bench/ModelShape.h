// The models whose kernels speed is judged by.
#ifndef GRAPHC_TESTS_BENCH_MODELSHAPE_H
#define GRAPHC_TESTS_BENCH_MODELSHAPE_H

#include <cstdint>
#include <span>
#include <string_view>

namespace graphc::bench {

/// The sizes of a model that those of its kernels follow from.
struct ModelShape {
  std::string_view name;
  int64_t hidden, heads, cacheHeads, headDim, feedForward, vocabulary;
};

std::span<const ModelShape> modelShapes();

/// The model of that name, one of modelShapes().
const ModelShape &modelShape(std::string_view name);

/// Columns of the rows that a plan has prepared for a matmul: `depth`, or a few more.
int64_t rowWidth(int64_t depth, std::string_view element);

} // namespace graphc::bench

#endif // GRAPHC_TESTS_BENCH_MODELSHAPE_H
