#include "tools/bench/BenchCase.h"

#include <algorithm>

namespace graphc {

static std::vector<int64_t> sorted(std::vector<int64_t> values) {
  std::sort(values.begin(), values.end());
  return values;
}

std::string BenchCase::test() const { return (prefill ? "pp" : "tg") + std::to_string(tokens); }

std::string BenchCase::text() const {
  return test() + ", depth " + std::to_string(depth) + ", " + std::to_string(threads) +
         (threads == 1 ? " thread" : " threads") + ", batch " + std::to_string(batch);
}

std::vector<BenchCase> benchCases(const BenchOptions &options) {
  std::vector<BenchCase> cases;
  auto addTests = [&](BenchCase shape) {
    for (bool prefill : {true, false}) {
      for (int64_t tokens : prefill ? options.prefill : options.decode) {
        shape.prefill = prefill;
        shape.tokens = tokens;
        if (tokens > 0)
          cases.push_back(shape);
      }
    }
  };
  for (int64_t threads : options.threads) {
    for (int64_t depth : sorted(options.depths)) {
      for (int64_t batch : sorted(options.batches))
        addTests({.depth = depth, .batch = batch, .threads = threads});
    }
  }
  return cases;
}

Status checkCase(const BenchCase &benchCase, const PlanHeader &header) {
  if (header.inputWidth > 0)
    return unsupported("bench measures plans that take tokens; this one takes rows of numbers");
  int64_t length = benchCase.depth + benchCase.tokens;
  if (length > header.context)
    return usageError(benchCase.text() + " needs a context of " + std::to_string(length) +
                      ", but the plan was compiled for " + std::to_string(header.context));
  if (benchCase.batch > header.maxTokens)
    return usageError(benchCase.text() + ": a step of this plan has at most " +
                      std::to_string(header.maxTokens) + " tokens");
  if (header.usesColumns && benchCase.batch * length > header.context)
    return usageError(benchCase.text() + ": attention is not fused, so the sequences of a step " +
                      "may have " + std::to_string(header.context) + " tokens together");
  return {};
}

int64_t defaultPrefill(const PlanHeader &header, int64_t depth) {
  return std::clamp<int64_t>(header.context - depth, 0, 512);
}

int64_t defaultDecode(const PlanHeader &header, int64_t depth) {
  return std::clamp<int64_t>(header.context - depth, 0, 128);
}

} // namespace graphc
