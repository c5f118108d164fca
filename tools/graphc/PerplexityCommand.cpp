// `graphc perplexity`: how likely a plan's network finds a text.
#include "runtime/exec/Likelihood.h"
#include "tools/cli/CommandLine.h"
#include "tools/cli/Defaults.h"
#include "tools/cli/Output.h"
#include "tools/cli/Signals.h"
#include "tools/cli/StatusLine.h"
#include "tools/graphc/Commands.h"
#include "tools/graphc/ModelPlan.h"
#include "tools/graphc/RunFlags.h"
#include "tools/graphc/TextInput.h"

namespace graphc {

namespace {

struct PerplexityFlags {
  ModelFlags model;
  std::optional<std::string> textFile, tokens;
  LikelihoodOptions options; ///< 0 where the flag is not given.
  std::optional<int> threads;
  bool json = false, quiet = false;
};

/// A text as ids, with the token that every window begins with apart.
struct ScoredText {
  std::vector<int32_t> tokens;
  std::optional<int32_t> bos;
};

Expected<PerplexityFlags> parse(int argc, const char *const *argv, bool &helpShown) {
  CLI::App app("Say how likely a network finds a text: mean negative log likelihood per token, and "
               "perplexity.",
               "graphc perplexity");
  PerplexityFlags flags;
  addModelFlags(app, flags.model);
  CLI::Option *file =
      app.add_option("-f,--file", flags.textFile, "the file with the text; - is stdin");
  app.add_option("--tokens", flags.tokens, "token ids in place of a text, e.g. 1,2,3")
      ->excludes(file);
  CLI::Range positive(int64_t(1), int64_t(1) << 40);
  app.add_option("-c,--context", flags.options.context,
                 "tokens of a window, the beginning-of-text token included (default: the plan's "
                 "context)")
      ->check(positive);
  app.add_option("--stride", flags.options.stride,
                 "tokens from one window to the next (default: one less than a window, so that "
                 "each is scored by itself)")
      ->check(positive);
  app.add_option("--chunk", flags.options.chunk, "most tokens in one step (default: the plan's)")
      ->check(positive);
  app.add_option("-t,--threads", flags.threads, "threads (default: one per CPU)")
      ->check(CLI::Range(1, 1 << 20));
  app.add_flag("--json", flags.json, "print JSON");
  app.add_flag("-q,--quiet", flags.quiet, "no progress");
  GRAPHC_RETURN_IF_ERROR(parseFlags(app, argc, argv, helpShown));
  if (!helpShown && !flags.textFile && !flags.tokens)
    return usageError("a text is missing: give -f FILE or --tokens");
  return flags;
}

/// Windows begin with the model's beginning-of-text token if ids that somebody chose do.
ScoredText textOfTokens(std::vector<int32_t> tokens, const PlanModel &model) {
  if (!model.bosToken || tokens.front() != *model.bosToken)
    return {std::move(tokens), std::nullopt};
  ScoredText text{{tokens.begin() + 1, tokens.end()}, tokens.front()};
  return text;
}

/// The same of a text, if its tokenizer puts one before every text.
Expected<ScoredText> textOfFile(const std::string &path, const Plan &plan) {
  GRAPHC_ASSIGN_OR_RETURN(std::optional<Tokenizer> tokenizer, openTokenizer(plan));
  if (!tokenizer)
    return usageError(plan.path() + ": the plan has no tokenizer: give token ids with --tokens");
  GRAPHC_ASSIGN_OR_RETURN(std::string text, readText(path));
  EncodeOptions bare{.addSpecial = false, .parseSpecial = false};
  EncodeOptions special{.addSpecial = true, .parseSpecial = false};
  ScoredText result;
  GRAPHC_ASSIGN_OR_RETURN(result.tokens, tokenizer->encode(text, bare));
  GRAPHC_ASSIGN_OR_RETURN(std::vector<int32_t> around, tokenizer->encode("", special));
  std::optional<int32_t> bos = tokenizer->bosId();
  if (const std::optional<int64_t> &model = plan.header().model.bosToken)
    bos = static_cast<int32_t>(*model);
  if (!around.empty() && around.front() == bos)
    result.bos = bos;
  return result;
}

std::string resultText(const Likelihood &result) {
  return "perplexity " + numberText(result.perplexity(), 4) + " +- " +
         numberText(result.perplexityError(), 4) + "\nmean NLL   " + numberText(result.meanNll, 6) +
         " +- " + numberText(result.nllError, 6) + "\n" + std::to_string(result.tokens) +
         " tokens in " + std::to_string(result.windows) + " windows of " +
         std::to_string(result.context) + ", stride " + std::to_string(result.stride) + ", " +
         numberText(result.tokensPerSecond(), 1) + " tok/s\n";
}

std::string resultJson(const Likelihood &result) {
  return Json{{"schema", 1},
              {"tokens", result.tokens},
              {"windows", result.windows},
              {"context", result.context},
              {"stride", result.stride},
              {"mean_nll", result.meanNll},
              {"mean_nll_standard_error", result.nllError},
              {"perplexity", result.perplexity()},
              {"perplexity_standard_error", result.perplexityError()},
              {"seconds", result.seconds},
              {"tokens_per_second", result.tokensPerSecond()}}
             .dump() +
         "\n";
}

Expected<ScoredText> readScoredText(const PerplexityFlags &flags, const Plan &plan) {
  if (flags.textFile)
    return textOfFile(*flags.textFile, plan);
  GRAPHC_ASSIGN_OR_RETURN(std::vector<int32_t> tokens, parseTokens(*flags.tokens));
  return textOfTokens(std::move(tokens), plan.header().model);
}

} // namespace

Status perplexityCommand(int argc, const char *const *argv) {
  bool helpShown = false;
  GRAPHC_ASSIGN_OR_RETURN(PerplexityFlags flags, parse(argc, argv, helpShown));
  if (helpShown)
    return {};
  // A model is compiled so that the windows fit.
  const int64_t window = flags.options.context;
  GRAPHC_ASSIGN_OR_RETURN(
      Plan plan,
      openPlanOrModel(flags.model, window > kDefaultContext ? window : 0, {}, flags.quiet));
  const std::atomic<bool> &cancel = installSignalHandlers();
  GRAPHC_ASSIGN_OR_RETURN(ScoredText text, readScoredText(flags, plan));
  flags.options.bos = text.bos;
  GRAPHC_ASSIGN_OR_RETURN(LikelihoodOptions options, resolveLikelihood(plan, flags.options));
  SessionOptions sized = sessionOptionsFor(
      options, {.threads = chooseThreads(flags.threads, flags.quiet), .cancel = &cancel});
  GRAPHC_ASSIGN_OR_RETURN(std::unique_ptr<Session> session, Session::create(plan, sized));
  StatusLine line(!flags.quiet);
  size_t all = text.tokens.size();
  GRAPHC_ASSIGN_OR_RETURN(
      Likelihood result, measureLikelihood(*session, text.tokens, options, [&](int64_t done) {
        line.show(std::to_string(done) + " of " + std::to_string(all) + " tokens");
      }));
  line.clear();
  return writeOut(flags.json ? resultJson(result) : resultText(result));
}

} // namespace graphc
