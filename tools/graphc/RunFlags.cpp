#include "tools/graphc/RunFlags.h"

#include "tools/cli/CommandLine.h"

#include <charconv>
#include <random>

namespace graphc {

static void addInput(CLI::App &app, RunFlags &flags) {
  app.add_option("PLAN", flags.plan, "the plan, as written by 'graphc compile'")->required();
  CLI::Option *prompt = app.add_option("-p,--prompt", flags.prompt, "the text to continue");
  CLI::Option *file =
      app.add_option("-f,--file", flags.promptFile, "a file with the text to continue; - is stdin");
  CLI::Option *tokens =
      app.add_option("--tokens", flags.tokens,
                     "token ids to continue, e.g. 1,2,3; repeat for several sequences at once");
  tokens->allow_extra_args(false)->excludes(prompt)->excludes(file);
  prompt->excludes(file);
  CLI::Option *input =
      app.add_option("--input", flags.input,
                     "of a plan that takes rows of numbers: a .npy file, (batch, length, width)");
  CLI::Option *random = app.add_option("--random-input", flags.randomInput,
                                       "made-up rows (or token ids) from this seed");
  app.add_option("--input-shape", flags.inputShape,
                 "BATCH,LENGTH of made-up input (default: the network's batch, the context)")
      ->needs(random);
  input->excludes(random)->excludes(prompt)->excludes(file)->excludes(tokens);
  random->excludes(prompt)->excludes(file)->excludes(tokens)->check(
      CLI::Range(int64_t(0), INT64_MAX));
}

static void addAmounts(CLI::App &app, RunFlags &flags) {
  app.add_option("-n,--count", flags.count,
                 "most tokens to generate; -1: until the model or the context ends (default)")
      ->check(CLI::Range(int64_t(-1), int64_t(1) << 40));
  app.add_option("-t,--threads", flags.threads, "threads (default: one per CPU)")
      ->check(CLI::Range(1, 1 << 20));
  app.add_option("-c,--context", flags.context, "longest sequence in tokens (default: the plan's)")
      ->check(CLI::Range(int64_t(1), int64_t(1) << 40));
  app.add_option("--chunk", flags.chunk, "most tokens in one step (default: the plan's)")
      ->check(CLI::Range(int64_t(1), int64_t(1) << 40));
}

static void addSampling(CLI::App &app, RunFlags &flags) {
  app.add_option("--temp", flags.temperature, "temperature; 0 takes the likeliest token");
  app.add_option("--top-k", flags.topK, "choose among the K likeliest tokens; 0: all");
  app.add_option("--top-p", flags.topP, "choose among the likeliest that reach P together; 1: all");
  app.add_option("--min-p", flags.minP, "leave out what is less likely than P times the likeliest");
  app.add_option("--repeat-penalty", flags.repeatPenalty,
                 "make the last 64 tokens less likely; 1: off");
  app.add_option("-s,--seed", flags.seed, "seed of the random numbers; -1: a random one (default)");
  app.add_flag("--ignore-eos", flags.ignoreEos, "go on when the model ends the text");
}

static void addOutput(CLI::App &app, RunFlags &flags) {
  app.add_flag("--json", flags.json, "print one JSON document at the end");
  app.add_option("--save-result", flags.saveResult,
                 "write the network's result for each token to this .npy file");
  app.add_flag("--verify-weights", flags.verifyWeights, "check the weights' hash before running");
  app.add_flag("-q,--quiet", flags.quiet, "no timings, no notes");
  app.add_flag("-v,--verbose", flags.verbose, "say more: memory, sampling, where the time went");
}

Expected<RunFlags> parseRunFlags(int argc, const char *const *argv, bool &helpShown) {
  CLI::App app("Generate text with a plan. stdout carries the text alone.", "graphc run");
  RunFlags flags;
  addInput(app, flags);
  addAmounts(app, flags);
  addSampling(app, flags);
  addOutput(app, flags);
  GRAPHC_RETURN_IF_ERROR(parseFlags(app, argc, argv, helpShown));
  return flags;
}

Expected<std::vector<int32_t>> parseTokens(const std::string &text, const std::string &flag) {
  std::vector<int32_t> result;
  const char *at = text.data(), *end = at + text.size();
  while (true) {
    int32_t token = 0;
    auto [rest, error] = std::from_chars(at, end, token);
    if (error != std::errc() || (rest != end && *rest != ','))
      return usageError(flag + ": expected numbers as in 1,2,3 but got '" + escapeForMessage(text) +
                        "'");
    result.push_back(token);
    if (rest == end)
      return result;
    at = rest + 1;
  }
}

/// 32 bits, so that it is easy to type again.
static uint64_t randomSeed() { return std::random_device()(); }

/// The flag, else the model's value, else the built-in one.
template <typename T, typename Model>
static T choose(const std::optional<T> &flag, const std::optional<Model> &model, T builtIn) {
  return flag ? *flag : model ? static_cast<T>(*model) : builtIn;
}

SamplingOptions samplingOptions(const RunFlags &flags, const GenerationDefaults &model) {
  SamplingOptions result;
  result.temperature = choose(flags.temperature, model.temperature, result.temperature);
  result.topK = choose(flags.topK, model.topK, result.topK);
  result.topP = choose(flags.topP, model.topP, result.topP);
  result.minP = choose(flags.minP, model.minP, result.minP);
  result.repeatPenalty = choose(flags.repeatPenalty, model.repetitionPenalty, result.repeatPenalty);
  if (!flags.temperature && model.sample == false)
    result.temperature = 0;
  bool fixed = flags.seed && *flags.seed >= 0;
  result.seed = fixed ? static_cast<uint64_t>(*flags.seed) : randomSeed();
  return result;
}

} // namespace graphc
