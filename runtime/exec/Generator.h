// Generation: prompts in, tokens out, several sequences at once.
#ifndef GRAPHC_RUNTIME_EXEC_GENERATOR_H
#define GRAPHC_RUNTIME_EXEC_GENERATOR_H

#include "runtime/exec/Session.h"
#include "runtime/sampling/Logprobs.h"
#include "runtime/sampling/Sampler.h"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace graphc {

struct GenerationOptions {
  int64_t maxNewTokens = -1; ///< Per sequence; negative: until the model or the context ends.
  int64_t context = 0;       ///< Longest sequence; 0: the plan's. At most the plan's.
  int64_t chunk = 0;         ///< Most tokens in a step; 0: the plan's. At most the plan's.
  SamplingOptions sampling;
  std::vector<int64_t> eosTokens; ///< Any of them ends a sequence. Empty: none does.
  bool allRows = false;           ///< Report the result of every row, not only the sampled ones.
  /// Report how likely every token was, beside so many of the likeliest. Absent: do not.
  std::optional<int64_t> logprobs = {};
};

/// Why a sequence ended.
enum class StopReason : uint8_t { Length, Eos, Stop, Context, Interrupted };

/// "length", "eos", "stop", "context", "interrupted".
std::string_view stopReasonName(StopReason reason);

struct GeneratedSequence {
  std::vector<int32_t> tokens; ///< Without the prompt; with the end token, if it came.
  StopReason stop = StopReason::Length;
};

struct GenerationTimings {
  int64_t promptTokens = 0; ///< Tokens of steps with a part of a prompt in them.
  double prefillSeconds = 0;
  int64_t decodeTokens = 0;   ///< Tokens of all other steps.
  double decodeSeconds = 0;   ///< Sampling and the listener included, as in prefillSeconds.
  double samplingSeconds = 0; ///< Of both: choosing tokens from logits.
};

struct Generation {
  std::vector<GeneratedSequence> sequences;
  GenerationTimings timings;
};

/// Hears of results as they come. Sequences are numbered as the prompts are.
class GenerationListener {
public:
  virtual ~GenerationListener() = default;
  virtual Status onToken(size_t sequence, int32_t token) { return {}; }
  /// Asked after onToken(): does the sequence end here (StopReason::Stop), by what it says?
  virtual bool isStopped(size_t sequence) const { return false; }
  /// How likely the next token to be heard of was; with GenerationOptions::logprobs.
  virtual Status onLogprobs(size_t sequence, const Logprobs &logprobs) { return {}; }
  /// The network's result for rows `first` .. of a sequence; with GenerationOptions::allRows.
  /// `rows` is f32 [count][resultWidth].
  virtual Status onRows(size_t sequence, int64_t first, std::span<const float> rows) { return {}; }
  virtual Status onEnd(size_t sequence, StopReason reason) { return {}; }
};

/// Options of a session that can generate from these prompts; threads, cancel and the like are as
/// in `base`. The cache has room for the longest sequences that can come, or, where no tokens are
/// wanted, for the prompts of a step and one that has begun before; needed for certain are
/// the prompts, with the new tokens if their number was given or nothing else ends a sequence.
/// Usage when a prompt is empty or longer than the context.
Expected<SessionOptions> sessionOptionsFor(const Plan &plan, const GenerationOptions &options,
                                           std::span<const std::vector<int32_t>> prompts,
                                           SessionOptions base);

/// The same for one sequence whose prompts are not known yet: it may become as long as the context,
/// and little is needed for certain.
Expected<SessionOptions> sessionOptionsFor(const Plan &plan, const GenerationOptions &options,
                                           SessionOptions base);

/// Generates from each prompt. Every step takes one token of each sequence that is past its prompt,
/// then fills up with pieces of prompts. A step never takes more than `chunk` tokens, nor more
/// cached rows than the plan has room for when its attention is un-fused; sequences then take
/// turns.
///
/// Ends with the sequences as they are, their reason Interrupted, when the session's `cancel` flag
/// becomes true. Numeric, with the operator that made them, when logits or rows to report are not
/// numbers (areUsableLogits(), for results of other kinds as well), Resources when the memory is
/// used up; any failure of the listener ends it too.
Expected<Generation> generate(Session &session, const GenerationOptions &options,
                              std::span<const std::vector<int32_t>> prompts,
                              GenerationListener &listener);

/// A sequence that stays in the cache from one generation to the next, as a conversation does.
struct KeptSequence {
  std::optional<KvCache::SequenceId> id; ///< Absent before the first generation.
  std::vector<int32_t> tokens;           ///< Those that the cache holds.
};

/// Generates from a prompt that may begin as `kept` does: only what follows the tokens that both
/// begin with is computed, which changes no bit of the results. The prompt's last token always is,
/// as the next one is chosen by its result. Afterwards, whether this fails or not, `kept` says what
/// the cache holds.
Expected<Generation> generate(Session &session, const GenerationOptions &options,
                              const std::vector<int32_t> &prompt, KeptSequence &kept,
                              GenerationListener &listener);

} // namespace graphc

#endif // GRAPHC_RUNTIME_EXEC_GENERATOR_H
