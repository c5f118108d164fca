// The matmuls of the models that speed is judged by, as tables.
#ifndef GRAPHC_TESTS_BENCH_MATMULCASE_H
#define GRAPHC_TESTS_BENCH_MATMULCASE_H

#include "runtime/base/ElementType.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace graphc::bench {

/// The sizes of a model that its matmuls follow from.
struct ModelShape {
  std::string_view name;
  int64_t hidden, heads, cacheHeads, headDim, feedForward, vocabulary;
};

/// What a matmul is for; it decides on the epilogue too.
enum class Role : uint8_t { Qkv, AttentionOut, GateUp, Down, Head };

/// What rows and weight are stored as.
struct NumberType {
  std::string_view name; ///< As `--quant`, or as `--dtype` where nothing is quantized.
  std::string_view rows; ///< Element type in IR.
  int64_t weightBits;    ///< 32 f32, 16 bf16; 8 and 4 integers in groups of 32.
  ElementType yardstick; ///< What oneDNN multiplies beside it, the nearest that it can.
};

struct MatmulCase {
  const ModelShape *model = nullptr;
  Role role = Role::Qkv;
  const NumberType *type = nullptr;
  int64_t tokens = 1;
  int threads = 1;

  /// "tinyllama-1.1b/gate_up/bf16/T512/t2".
  std::string name() const;
  int64_t depth() const;    ///< K
  int64_t channels() const; ///< N, of the weight: gate and up count both.
  /// The graphc.kernel of a plan for this matmul, with its epilogue.
  std::string kernelText() const;

  /// Rows that every dynamic dimension has room for.
  int64_t maxRows() const { return tokens; }
  /// Context of the cache and of the rope table.
  int64_t context() const { return tokens; }
};

/// Every model, role, type, T of 1, 4 and 512, and number of threads of 1 and 2; models that do not
/// fit into f32 in ordinary memory without it.
std::vector<MatmulCase> allMatmulCases();

} // namespace graphc::bench

#endif // GRAPHC_TESTS_BENCH_MATMULCASE_H
