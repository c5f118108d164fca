#include "runtime/exec/Likelihood.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <thread>

namespace graphc {

namespace {

using Clock = std::chrono::steady_clock;

/// Mean and its standard error, by Welford's update.
class RunningMean {
public:
  void add(double value) {
    ++count;
    double delta = value - mean;
    mean += delta / static_cast<double>(count);
    squares += delta * (value - mean);
  }

  int64_t count = 0;
  double mean = 0;

  double standardError() const {
    auto n = static_cast<double>(count);
    return count > 1 ? std::sqrt(squares / (n - 1) / n) : 0;
  }

private:
  double squares = 0; ///< Sum of squared distances from the mean.
};

/// Calls `fn(begin, end)` for parts of [0, count) on up to `threads` threads. A step of the session
/// is over when this runs, so its own threads are idle.
void inParts(int64_t count, int threads, const std::function<void(int64_t, int64_t)> &fn) {
  std::vector<std::thread> others;
  int64_t parts = std::clamp<int64_t>(count, 1, threads);
  for (int64_t i = 1; i < parts; ++i)
    others.emplace_back(fn, count * i / parts, count * (i + 1) / parts);
  fn(0, count / parts);
  for (std::thread &thread : others)
    thread.join();
}

class Measurement {
public:
  Measurement(Session &session, std::span<const int32_t> tokens, const LikelihoodOptions &options,
              const std::function<void(int64_t)> &progress)
      : session(session), tokens(tokens), options(options), progress(progress) {}

  Expected<Likelihood> run() {
    Clock::time_point start = Clock::now();
    std::vector<LikelihoodWindow> windows = likelihoodWindows(
        std::ssize(tokens), options.context, options.stride, options.bos.has_value());
    for (const LikelihoodWindow &window : windows)
      GRAPHC_RETURN_IF_ERROR(runWindow(window));
    Likelihood result;
    result.tokens = nll.count;
    result.windows = std::ssize(windows);
    result.context = options.context;
    result.stride = options.stride;
    result.meanNll = nll.mean;
    result.nllError = nll.standardError();
    result.seconds = std::chrono::duration<double>(Clock::now() - start).count();
    return result;
  }

private:
  Status runWindow(const LikelihoodWindow &window) {
    auto begin = static_cast<size_t>(window.begin), end = static_cast<size_t>(window.end);
    ids.clear();
    if (options.bos)
      ids.push_back(*options.bos);
    ids.insert(ids.end(), tokens.begin() + window.begin, tokens.begin() + window.end);
    // A row scores the token behind it: the last token needs no row.
    size_t rows = ids.size() - 1;
    size_t firstRow = rows - (end - static_cast<size_t>(window.firstScored));
    windowStart = static_cast<int64_t>(begin) - (options.bos ? 1 : 0);
    KvCache::SequenceId id = session.cache().createSequence();
    Status status = feed(id, 0, firstRow, WantedRows::None);
    if (status.ok())
      status = feed(id, firstRow, rows, WantedRows::All);
    session.cache().free(id);
    return status;
  }

  /// Runs ids [begin, end) in steps.
  Status feed(KvCache::SequenceId id, size_t begin, size_t end, WantedRows wanted) {
    auto chunk = static_cast<size_t>(options.chunk);
    for (size_t at = begin; at < end; at += chunk) {
      size_t count = std::min(chunk, end - at);
      StepSequence part{id, std::span(ids).subspan(at, count), wanted};
      GRAPHC_ASSIGN_OR_RETURN(std::span<const float> rows, session.step({&part, 1}));
      if (wanted == WantedRows::All)
        GRAPHC_RETURN_IF_ERROR(session.withOrigin(score(rows, at, count)));
    }
    return {};
  }

  /// Scores the tokens behind rows `first` .. first+count-1.
  Status score(std::span<const float> rows, size_t first, size_t count) {
    size_t width = rows.size() / count;
    std::vector<double> values(count);
    inParts(static_cast<int64_t>(count), session.threads(), [&](int64_t begin, int64_t end) {
      for (auto i = static_cast<size_t>(begin); i < static_cast<size_t>(end); ++i)
        values[i] = negativeLogLikelihood(rows.subspan(i * width, width), ids[first + i + 1]);
    });
    for (size_t i = 0; i < count; ++i) {
      if (!std::isfinite(values[i]))
        return numericError("token " +
                            std::to_string(windowStart + static_cast<int64_t>(first + i) + 1) +
                            ": the logits before it are not numbers (NaN or infinite)");
      nll.add(values[i]);
    }
    progress(nll.count);
    return {};
  }

  Session &session;
  std::span<const int32_t> tokens;
  const LikelihoodOptions &options;
  const std::function<void(int64_t)> &progress;
  std::vector<int32_t> ids; ///< Of the window, the bos included.
  int64_t windowStart = 0;  ///< Place in the text of ids[0].
  RunningMean nll;
};

} // namespace

std::vector<LikelihoodWindow> likelihoodWindows(int64_t tokens, int64_t context, int64_t stride,
                                                bool bos) {
  std::vector<LikelihoodWindow> windows;
  int64_t room = context - (bos ? 1 : 0);
  int64_t scored = bos ? 0 : 1;
  for (int64_t begin = 0; scored < tokens; begin += stride) {
    int64_t end = std::min(begin + room, tokens);
    windows.push_back({begin, end, scored});
    scored = end;
  }
  return windows;
}

double Likelihood::perplexity() const { return std::exp(meanNll); }

double Likelihood::perplexityError() const { return perplexity() * nllError; }

double Likelihood::tokensPerSecond() const {
  return seconds > 0 ? static_cast<double>(tokens) / seconds : 0;
}

Expected<LikelihoodOptions> resolveLikelihood(const Plan &plan, LikelihoodOptions options) {
  const PlanHeader &header = plan.header();
  auto expect = [](const char *what, int64_t value, int64_t min, int64_t max) -> Status {
    if (value >= min && value <= max)
      return {};
    return usageError(std::string(what) + ": expected " + std::to_string(min) + " to " +
                      std::to_string(max) + " but got " + std::to_string(value));
  };
  options.context = options.context ? options.context : header.context;
  GRAPHC_RETURN_IF_ERROR(expect("context", options.context, 2, header.context));
  options.stride = options.stride ? options.stride : options.context - 1;
  GRAPHC_RETURN_IF_ERROR(expect("stride", options.stride, 1, options.context - 1));
  options.chunk = options.chunk ? options.chunk : header.maxTokens;
  GRAPHC_RETURN_IF_ERROR(expect("chunk", options.chunk, 1, header.maxTokens));
  options.chunk = std::min(options.chunk, options.context - 1); // no window has more rows
  if (!header.yieldsLogits())
    return usageError(plan.path() + ": the plan's result has " +
                      std::to_string(header.resultWidth) +
                      " columns, not one per token: it says nothing about the likelihood of text");
  return options;
}

SessionOptions sessionOptionsFor(const LikelihoodOptions &options, SessionOptions base) {
  base.maxSequences = 1;
  base.cachePages = pagesForTokens(options.context);
  base.resultRows = options.chunk;
  return base;
}

Expected<Likelihood> measureLikelihood(Session &session, std::span<const int32_t> tokens,
                                       const LikelihoodOptions &options,
                                       const std::function<void(int64_t)> &progress) {
  int64_t unscored = options.bos ? 0 : 1;
  if (std::ssize(tokens) <= unscored)
    return usageError("a text of " + std::to_string(tokens.size()) +
                      " tokens has none to score: expected at least " +
                      std::to_string(unscored + 1));
  int64_t vocabulary = session.plan().header().model.vocabulary;
  for (int32_t token : tokens) {
    if (token < 0 || token >= vocabulary)
      return usageError("token " + std::to_string(token) + ": the model has tokens 0 to " +
                        std::to_string(vocabulary - 1));
  }
  return Measurement(session, tokens, options, progress).run();
}

double negativeLogLikelihood(std::span<const float> logits, int32_t token) {
  // NaN compares as neither: it is found in the sum.
  float largest = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (float logit : logits)
    sum += std::exp(static_cast<double>(logit) - largest);
  return std::log(sum) + largest - static_cast<double>(logits[static_cast<size_t>(token)]);
}

} // namespace graphc
