// The matmuls of the models that speed is judged by, as tables.
#ifndef GRAPHC_TESTS_BENCH_MATMULCASE_H
#define GRAPHC_TESTS_BENCH_MATMULCASE_H

#include "GeneratedKernel.h"
#include "ModelShape.h"

#include "runtime/base/ElementType.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace graphc::bench {

/// What a matmul is for; it decides on the epilogue too.
enum class Role : uint8_t { Qkv, AttentionOut, GateUp, Down, Head };

/// What rows and weight are stored as.
struct NumberType {
  std::string_view name;    ///< As `--quant`, or as `--dtype` where nothing is quantized.
  std::string_view rows;    ///< Element type in IR.
  std::string_view weight;  ///< Likewise.
  int64_t weightBits;       ///< Of a number, without its part of a scale.
  int64_t weightInterleave; ///< Numbers along K that stand side by side.
  ElementType yardstick;    ///< What oneDNN multiplies beside it, the nearest that it can.
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
  /// Of the product alone.
  double operations() const;
  /// The kernel of a plan for this matmul, with its epilogue.
  KernelCase kernel() const;
};

/// On 1 and 2 threads, for 1, 4 and 512 tokens: every model, role and type, but f32 where that does
/// not fit into ordinary memory, and f16 only for one model (it is f32 with other weights). Of
/// gate_up and down also 2 and 8 tokens, as several sequences have.
std::vector<MatmulCase> allMatmulCases();

} // namespace graphc::bench

#endif // GRAPHC_TESTS_BENCH_MATMULCASE_H
