// Attention of the models that speed is judged by, as tables.
#ifndef GRAPHC_TESTS_BENCH_ATTENTIONCASE_H
#define GRAPHC_TESTS_BENCH_ATTENTIONCASE_H

#include "GeneratedKernel.h"
#include "ModelShape.h"

#include "runtime/base/ElementType.h"

#include <string>
#include <vector>

namespace graphc::bench {

/// A step of one sequence behind `depth` tokens that are in the cache: one token, or a prompt's.
struct AttentionCase {
  const ModelShape *model = nullptr;
  ElementType cache = ElementType::BF16;
  int64_t tokens = 1;
  int64_t depth = 0;
  int threads = 1;

  bool isDecode() const { return tokens == 1; }
  /// "tinyllama-1.1b/decode/bf16/D512/t2".
  std::string name() const;
  KernelCase kernel() const;
};

/// Two models (many heads that share few, and as many of both), caches of f32, bf16 and int8,
/// behind 512 and 4096 tokens, on 1 and 2 threads; of prompts also the beginning.
std::vector<AttentionCase> allAttentionCases();

} // namespace graphc::bench

#endif // GRAPHC_TESTS_BENCH_ATTENTIONCASE_H
