#include "runtime/exec/Generator.h"

#include <algorithm>
#include <chrono>

namespace graphc {

namespace {

using Clock = std::chrono::steady_clock;

double secondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Options with every default filled in.
GenerationOptions resolved(GenerationOptions options, const PlanHeader &header) {
  options.context = options.context ? options.context : header.context;
  options.chunk = options.chunk ? options.chunk : header.maxTokens;
  return options;
}

Status checkToken(int32_t token, const PlanHeader &header) {
  if (token >= 0 && token < header.model.vocabulary)
    return {};
  return usageError("token " + std::to_string(token) + ": the model has tokens 0 to " +
                    std::to_string(header.model.vocabulary - 1));
}

Status checkOptions(const GenerationOptions &options, const PlanHeader &header) {
  auto expect = [](const char *what, int64_t value, int64_t max) -> Status {
    if (value >= 1 && value <= max)
      return {};
    return usageError(std::string(what) + ": expected 1 to " + std::to_string(max) +
                      ", which the plan was compiled for, but got " + std::to_string(value));
  };
  GRAPHC_RETURN_IF_ERROR(expect("context", options.context, header.context));
  GRAPHC_RETURN_IF_ERROR(expect("chunk", options.chunk, header.maxTokens));
  if (header.inputWidth > 0)
    return usageError("the plan takes rows of " + std::to_string(header.inputWidth) +
                      " numbers, not tokens");
  if (options.maxNewTokens != 0 && !header.yieldsLogits())
    return usageError("the plan's result has " + std::to_string(header.resultWidth) +
                      " columns, not one per token: it can only be run with -n 0");
  if (options.logprobs.value_or(0) < 0)
    return usageError("logprobs: expected 0 or more tokens but got " +
                      std::to_string(*options.logprobs));
  for (const LogitBias &entry : options.sampling.logitBias)
    GRAPHC_RETURN_IF_ERROR(checkToken(entry.token, header).withContext("logit-bias"));
  return options.sampling.validate();
}

Status checkPrompt(const std::vector<int32_t> &prompt, const GenerationOptions &options,
                   const PlanHeader &header) {
  if (prompt.empty())
    return usageError("the prompt is empty");
  if (std::ssize(prompt) > options.context)
    return usageError("the prompt has " + std::to_string(prompt.size()) +
                      " tokens, more than the context of " + std::to_string(options.context));
  for (int32_t token : prompt)
    GRAPHC_RETURN_IF_ERROR(checkToken(token, header));
  return {};
}

/// Longest that a sequence can become.
int64_t longestLength(const std::vector<int32_t> &prompt, const GenerationOptions &options) {
  if (options.maxNewTokens < 0)
    return options.context;
  return std::min(options.context, std::ssize(prompt) + options.maxNewTokens);
}

/// Length that a sequence has room for from the start: what was asked for. Without a number of
/// tokens only the prompt is, as the model may end the text at any time.
int64_t neededLength(const std::vector<int32_t> &prompt, const GenerationOptions &options) {
  bool mayEnd = options.maxNewTokens < 0 && !options.eosTokens.empty();
  return mayEnd ? std::ssize(prompt) : longestLength(prompt, options);
}

/// Whether nothing is generated. Then nobody waits for a first token, and prompts are taken one
/// after the other, so that few are in the cache at a time.
bool runsPromptsOnly(const GenerationOptions &options) { return options.maxNewTokens == 0; }

/// Pages that prompts take which are run one after the other: one that earlier steps have begun
/// with, and those that begin and end in a step.
int64_t pagesInTurn(int64_t longest, size_t prompts, int64_t chunk) {
  return pagesForTokens(longest) + pagesForTokens(chunk) +
         std::min(static_cast<int64_t>(prompts), chunk);
}

/// A sequence on its way.
struct Progress {
  KvCache::SequenceId id = 0;
  std::vector<int32_t> tokens; ///< Prompt and generated.
  int64_t promptLength = 0;
  int64_t fed = 0; ///< Tokens that steps have taken.
  bool ended = false;
  KeptSequence *kept = nullptr; ///< Where the sequence comes from, and what becomes of it.
  GeneratedSequence result;

  int64_t length() const { return std::ssize(tokens); }
  bool inPrompt() const { return fed < promptLength; }
};

/// One sequence's part of the step being built.
struct Part {
  size_t sequence = 0;
  int64_t count = 0;
};

class Run {
public:
  Run(Session &session, const GenerationOptions &options, GenerationListener &listener)
      : session(session), options(options), listener(listener), sampler(options.sampling) {}

  void addPrompt(const std::vector<int32_t> &prompt, KeptSequence *kept = nullptr) {
    Progress progress;
    if (kept)
      resume(progress, prompt, *kept);
    else
      progress.id = session.cache().createSequence();
    progress.tokens = prompt;
    progress.promptLength = std::ssize(prompt);
    progress.tokens.reserve(static_cast<size_t>(longestLength(prompt, options)));
    order.push_back(sequences.size());
    sequences.push_back(std::move(progress));
  }

  ~Run() {
    for (Progress &sequence : sequences) {
      if (!sequence.ended)
        release(sequence);
    }
  }

  Expected<Generation> run() {
    while (!order.empty()) {
      Status status = oneStep();
      if (status.code() == StatusCode::Interrupted)
        return finish(StopReason::Interrupted);
      GRAPHC_RETURN_IF_ERROR(status);
    }
    return finish(StopReason::Length);
  }

private:
  /// Goes on behind what the kept sequence has of the prompt.
  void resume(Progress &progress, const std::vector<int32_t> &prompt, KeptSequence &kept) {
    if (!kept.id)
      kept.id = session.cache().createSequence();
    auto common =
        std::mismatch(prompt.begin(), prompt.end() - 1, kept.tokens.begin(), kept.tokens.end());
    progress.fed = common.first - prompt.begin();
    progress.id = *kept.id;
    progress.kept = &kept;
    session.cache().truncate(progress.id, progress.fed);
  }

  void release(Progress &sequence) {
    if (!sequence.kept)
      return session.cache().free(sequence.id);
    session.cache().truncate(sequence.id, sequence.fed);
    sequence.kept->tokens.assign(sequence.tokens.begin(), sequence.tokens.begin() + sequence.fed);
  }

  bool wantsToken(const Progress &sequence) const {
    auto generated = std::ssize(sequence.result.tokens);
    bool more = options.maxNewTokens < 0 || generated < options.maxNewTokens;
    return more && sequence.length() < options.context;
  }

  Status oneStep() {
    Clock::time_point start = Clock::now();
    chooseParts();
    bool prefill = std::any_of(parts.begin(), parts.end(), [&](const Part &part) {
      return sequences[part.sequence].inPrompt();
    });
    batch.clear();
    int64_t tokens = 0;
    for (const Part &part : parts) {
      batch.push_back(stepSequence(part));
      tokens += part.count;
    }
    GRAPHC_ASSIGN_OR_RETURN(std::span<const float> rows, session.step(batch));
    for (const Part &part : parts)
      GRAPHC_RETURN_IF_ERROR(takeResult(part, rows));
    std::erase_if(order, [&](size_t sequence) { return sequences[sequence].ended; });
    double seconds = secondsSince(start);
    (prefill ? timings.promptTokens : timings.decodeTokens) += tokens;
    (prefill ? timings.prefillSeconds : timings.decodeSeconds) += seconds;
    return {};
  }

  /// Sequences in `order` take what fits: first those that decode, then those in their prompts.
  /// Those left out come first next time.
  void chooseParts() {
    parts.clear();
    int64_t tokensLeft = options.chunk, columnsLeft = session.maxColumns();
    for (bool prompts : {false, true}) {
      for (size_t index : order) {
        Progress &sequence = sequences[index];
        if (sequence.inPrompt() != prompts || tokensLeft == 0)
          continue;
        int64_t count =
            std::min({sequence.length() - sequence.fed, tokensLeft, columnsLeft - sequence.fed});
        if (count <= 0)
          continue;
        parts.push_back({index, count});
        tokensLeft -= count;
        columnsLeft -= sequence.fed + count;
      }
    }
    if (runsPromptsOnly(options))
      return;
    for (const Part &part : parts)
      std::erase(order, part.sequence);
    for (const Part &part : parts)
      order.push_back(part.sequence);
  }

  StepSequence stepSequence(const Part &part) const {
    const Progress &sequence = sequences[part.sequence];
    std::span<const int32_t> tokens(sequence.tokens);
    bool atEnd = sequence.fed + part.count == sequence.length();
    WantedRows rows = options.allRows                 ? WantedRows::All
                      : atEnd && wantsToken(sequence) ? WantedRows::Last
                                                      : WantedRows::None;
    return {sequence.id,
            tokens.subspan(static_cast<size_t>(sequence.fed), static_cast<size_t>(part.count)),
            rows};
  }

  /// Hands a part's rows on, and goes on with its sequence. `rows` loses what was taken.
  Status takeResult(const Part &part, std::span<const float> &rows) {
    Progress &sequence = sequences[part.sequence];
    auto width = static_cast<size_t>(session.plan().header().resultWidth);
    bool last = sequence.fed + part.count == sequence.length();
    bool sampled = last && wantsToken(sequence);
    size_t count = options.allRows ? static_cast<size_t>(part.count) : sampled ? 1 : 0;
    std::span<const float> own = rows.first(count * width);
    rows = rows.subspan(count * width);
    if (options.allRows) {
      GRAPHC_RETURN_IF_ERROR(session.withOrigin(checkRows(part, own, width)));
      GRAPHC_RETURN_IF_ERROR(listener.onRows(part.sequence, sequence.fed, own));
    }
    sequence.fed += part.count;
    if (sampled)
      return addToken(part.sequence, own.last(width));
    return last ? end(part.sequence, reasonToEnd(sequence)) : Status();
  }

  /// Whether all rows of a part are numbers.
  Status checkRows(const Part &part, std::span<const float> rows, size_t width) const {
    for (int64_t row = sequences[part.sequence].fed; !rows.empty(); ++row) {
      if (!areUsableLogits(rows.first(width)))
        return numericError("sequence " + std::to_string(part.sequence) + ", row " +
                            std::to_string(row) +
                            ": the results are not numbers (NaN or infinite)");
      rows = rows.subspan(width);
    }
    return {};
  }

  StopReason reasonToEnd(const Progress &sequence) const {
    bool full = std::ssize(sequence.result.tokens) == options.maxNewTokens;
    return full ? StopReason::Length : StopReason::Context;
  }

  Status addToken(size_t index, std::span<const float> logits) {
    Progress &sequence = sequences[index];
    Clock::time_point start = Clock::now();
    Expected<int32_t> sampled = sampler.sample(logits, sequence.tokens, index);
    timings.samplingSeconds += secondsSince(start);
    if (!sampled.ok())
      return session.withOrigin(sampled.status());
    int32_t token = *sampled;
    if (options.logprobs)
      GRAPHC_RETURN_IF_ERROR(listener.onLogprobs(
          index, logprobsOf(logits, token, static_cast<size_t>(*options.logprobs))));
    sequence.tokens.push_back(token);
    sequence.result.tokens.push_back(token);
    GRAPHC_RETURN_IF_ERROR(listener.onToken(index, token));
    const std::vector<int64_t> &eos = options.eosTokens;
    if (std::find(eos.begin(), eos.end(), token) != eos.end())
      return end(index, StopReason::Eos);
    if (listener.isStopped(index))
      return end(index, StopReason::Stop);
    return wantsToken(sequence) ? Status() : end(index, reasonToEnd(sequence));
  }

  Status end(size_t index, StopReason reason) {
    Progress &sequence = sequences[index];
    sequence.result.stop = reason;
    sequence.ended = true;
    release(sequence);
    return listener.onEnd(index, reason);
  }

  /// Collects the results; sequences that are still on their way get `reason`.
  Generation finish(StopReason reason) {
    Generation generation;
    for (Progress &sequence : sequences) {
      if (!sequence.ended)
        sequence.result.stop = reason;
      generation.sequences.push_back(std::move(sequence.result));
    }
    generation.timings = timings;
    return generation;
  }

  Session &session;
  const GenerationOptions &options;
  GenerationListener &listener;
  Sampler sampler;
  std::vector<Progress> sequences;
  std::vector<size_t> order; ///< Of the sequences that have not ended: whose turn is first.
  std::vector<Part> parts;
  std::vector<StepSequence> batch;
  GenerationTimings timings;
};

} // namespace

std::string_view stopReasonName(StopReason reason) {
  switch (reason) {
  case StopReason::Length:
    return "length";
  case StopReason::Eos:
    return "eos";
  case StopReason::Stop:
    return "stop";
  case StopReason::Context:
    return "context";
  case StopReason::Interrupted:
    return "interrupted";
  }
  return "";
}

Expected<SessionOptions> sessionOptionsFor(const Plan &plan, const GenerationOptions &given,
                                           std::span<const std::vector<int32_t>> prompts,
                                           SessionOptions base) {
  const PlanHeader &header = plan.header();
  GenerationOptions options = resolved(given, header);
  GRAPHC_RETURN_IF_ERROR(checkOptions(options, header));
  base.cachePages = 0;
  int64_t needed = 0, longest = 0;
  for (const std::vector<int32_t> &prompt : prompts) {
    Status status = checkPrompt(prompt, options, header);
    if (!status.ok() && prompts.size() > 1)
      return status.withContext("sequence " + std::to_string(&prompt - prompts.data()));
    GRAPHC_RETURN_IF_ERROR(status);
    base.cachePages += pagesForTokens(longestLength(prompt, options));
    needed += pagesForTokens(neededLength(prompt, options));
    longest = std::max(longest, std::ssize(prompt));
  }
  if (runsPromptsOnly(options)) {
    base.cachePages =
        std::min(base.cachePages, pagesInTurn(longest, prompts.size(), options.chunk));
    needed = std::min(needed, base.cachePages);
  }
  base.neededPages = needed;
  base.maxSequences = std::clamp<int64_t>(std::ssize(prompts), 1, options.chunk);
  base.resultRows = options.allRows ? options.chunk : base.maxSequences;
  return base;
}

Expected<SessionOptions> sessionOptionsFor(const Plan &plan, const GenerationOptions &given,
                                           SessionOptions base) {
  GenerationOptions options = resolved(given, plan.header());
  GRAPHC_RETURN_IF_ERROR(checkOptions(options, plan.header()));
  base.cachePages = pagesForTokens(options.context);
  base.neededPages = 1;
  base.maxSequences = 1;
  base.resultRows = options.allRows ? options.chunk : 1;
  return base;
}

Expected<Generation> generate(Session &session, const GenerationOptions &given,
                              std::span<const std::vector<int32_t>> prompts,
                              GenerationListener &listener) {
  const PlanHeader &header = session.plan().header();
  GenerationOptions options = resolved(given, header);
  GRAPHC_RETURN_IF_ERROR(checkOptions(options, header));
  Run run(session, options, listener);
  for (const std::vector<int32_t> &prompt : prompts) {
    GRAPHC_RETURN_IF_ERROR(checkPrompt(prompt, options, header));
    run.addPrompt(prompt);
  }
  return run.run();
}

Expected<Generation> generate(Session &session, const GenerationOptions &given,
                              const std::vector<int32_t> &prompt, KeptSequence &kept,
                              GenerationListener &listener) {
  const PlanHeader &header = session.plan().header();
  GenerationOptions options = resolved(given, header);
  GRAPHC_RETURN_IF_ERROR(checkOptions(options, header));
  GRAPHC_RETURN_IF_ERROR(checkPrompt(prompt, options, header));
  Run run(session, options, listener);
  run.addPrompt(prompt, &kept);
  return run.run();
}

} // namespace graphc
