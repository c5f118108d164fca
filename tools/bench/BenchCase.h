// What is measured: one combination of what the command line lists.
#ifndef GRAPHC_TOOLS_BENCH_BENCHCASE_H
#define GRAPHC_TOOLS_BENCH_BENCHCASE_H

#include "runtime/base/Status.h"
#include "runtime/plan/PlanHeader.h"

#include <cstdint>
#include <string>
#include <vector>

namespace graphc {

struct BenchOptions {
  std::vector<int64_t> prefill; ///< Tokens of a prompt; 0 stands for no such test.
  std::vector<int64_t> decode;  ///< Tokens to generate; 0 stands for no such test.
  std::vector<int64_t> depths = {0};
  std::vector<int64_t> threads = {1};
  std::vector<int64_t> batches = {1};
  int64_t repetitions = 5;
  bool profile = false;   ///< Time every kernel in one more repetition.
  uint64_t readBytes = 0; ///< Memory that the read loop walks over; 0: as ReadProbe chooses.
};

/// So many tokens for each of `batch` sequences, behind `depth` tokens that are cached already: at
/// once, as a prompt is taken (prefill), or one after the other, as text is generated.
struct BenchCase {
  bool prefill = true;
  int64_t tokens = 0;
  int64_t depth = 0;
  int64_t batch = 1;
  int64_t threads = 1;

  /// "pp512", "tg128".
  std::string test() const;
  /// "tg128, depth 2048, 2 threads, batch 4".
  std::string text() const;

  bool operator==(const BenchCase &) const = default;
};

/// All combinations: threads outermost, then rising depths (what is cached for one is the start of
/// the next), then rising batches, then prompts before generation.
std::vector<BenchCase> benchCases(const BenchOptions &options);

/// Usage when a case does not fit the context or the bounds of a step that the plan was made for.
Status checkCase(const BenchCase &benchCase, const PlanHeader &header);

/// Defaults of -p and -n: 512 and 128, or what the plan's context leaves behind `depth`.
int64_t defaultPrefill(const PlanHeader &header, int64_t depth);
int64_t defaultDecode(const PlanHeader &header, int64_t depth);

} // namespace graphc

#endif // GRAPHC_TOOLS_BENCH_BENCHCASE_H
