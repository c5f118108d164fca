// What `graphc run` prints while it generates, and at the end.
#ifndef GRAPHC_TOOLS_GRAPHC_RUNOUTPUT_H
#define GRAPHC_TOOLS_GRAPHC_RUNOUTPUT_H

#include "runtime/base/Json.h"
#include "runtime/exec/Generator.h"
#include "runtime/text/Tokenizer.h"
#include "tools/graphc/GeneratedText.h"
#include "tools/graphc/ResultFile.h"
#include "tools/graphc/RunFlags.h"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace graphc {

using Prompts = std::vector<std::vector<int32_t>>;

/// Prints text (ids where there is no tokenizer) as it comes when there is one sequence; several
/// are printed one after the other at the end, and JSON always is. Rows go to the result file.
class RunOutput : public GenerationListener {
public:
  /// `tokenizer` may be null. All arguments must outlive the object.
  RunOutput(const RunFlags &flags, const Tokenizer *tokenizer, const Prompts &prompts,
            int64_t resultWidth);

  Status onToken(size_t sequence, int32_t token) override;
  bool isStopped(size_t sequence) const override;
  Status onLogprobs(size_t sequence, const Logprobs &logprobs) override;
  Status onRows(size_t sequence, int64_t first, std::span<const float> rows) override;
  Status onEnd(size_t sequence, StopReason reason) override;

  /// Prints what is left to print and writes the result file. An interrupted run prints what there
  /// is, but writes no result file.
  Status finish(const Generation &generation, double loadSeconds);

  /// Time that went into turning generated tokens into text, so far; writing it is not counted.
  double detokenizeSeconds() const { return textSeconds; }

private:
  struct Sequence {
    std::optional<GeneratedText> decoder;
    std::string text; ///< Text, or ids without a tokenizer, so far.
    size_t tokens = 0;
    std::vector<Logprobs> logprobs; ///< One for each token, if they are wanted.
  };

  /// Adds what the decoder makes of a token, or of the end, and counts the time that it takes.
  Status addDecoded(Sequence &sequence, std::optional<int32_t> token);
  Status addText(Sequence &sequence, const std::string &more);
  std::string piece(int32_t token) const;
  std::string logprobsText() const;
  Json logprobsJson(const Sequence &sequence) const;
  std::string json(const Generation &generation, double loadSeconds) const;

  const RunFlags &flags;
  const Tokenizer *tokenizer;
  const Prompts &prompts;
  std::vector<Sequence> sequences;
  std::optional<ResultFile> results;
  bool streaming;
  double textSeconds = 0;
};

/// "load 8 ms | prefill 12 tokens, 810.3 tok/s | decode 200 tokens, 95.1 tok/s"
std::string timingsText(const GenerationTimings &timings, double loadSeconds);

/// "prefill 12 tokens, 810.3 tok/s | decode 200 tokens, 95.1 tok/s"
std::string phasesText(const GenerationTimings &timings);

/// "of prefill and decode: sampling 1.2 ms (0.06 %), detokenizing 0.3 ms (0.01 %)"
std::string partsText(const GenerationTimings &timings, double detokenizeSeconds);

} // namespace graphc

#endif // GRAPHC_TOOLS_GRAPHC_RUNOUTPUT_H
