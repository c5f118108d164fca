#include "tools/graphc/RunFlags.h"

#include "runtime/base/Escape.h"

#include <charconv>

namespace graphc {

static void addInput(CLI::App &app, RunFlags &flags) {
  addModelFlags(app, flags.model);
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
  app.add_flag("--chat", flags.chat, "the text is a message: answer it by the chat template")
      ->excludes(tokens);
  addChatFlags(app, flags.conversation);
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

static void addOutput(CLI::App &app, RunFlags &flags) {
  app.add_flag("--json", flags.json, "print one JSON document at the end");
  app.add_option(
         "--logprobs", flags.logprobs,
         "tell how likely each token was, beside the N likeliest: in --json, else on stderr")
      ->check(CLI::Range(int64_t(0), int64_t(1000)));
  app.add_option("--save-result", flags.saveResult,
                 "write the network's result for each token to this .npy file");
  app.add_flag("--verify-weights", flags.verifyWeights, "check the weights' hash before running");
  app.add_flag("-q,--quiet", flags.quiet, "no timings, no notes");
  app.add_flag("-v,--verbose", flags.verbose, "say more: memory, sampling, where the time went");
}

Expected<RunFlags> parseRunFlags(int argc, const char *const *argv, bool &helpShown) {
  CLI::App app("Generate text with a plan, or a model. stdout carries the text alone.",
               "graphc run");
  RunFlags flags;
  addInput(app, flags);
  addAmounts(app, flags);
  addSamplingFlags(app, flags.sampling);
  addOutput(app, flags);
  GRAPHC_RETURN_IF_ERROR(parseFlags(app, argc, argv, helpShown));
  if (!flags.chat && (flags.conversation.system || flags.conversation.chatTemplate))
    return usageError("--system and --chat-template are for --chat");
  return flags;
}

Expected<RunFlags> parseChatFlags(int argc, const char *const *argv, bool &helpShown) {
  CLI::App app("Talk with a model. Messages come from stdin, a line each; stdout carries the "
               "answers alone.",
               "graphc chat");
  RunFlags flags;
  addModelFlags(app, flags.model);
  addChatFlags(app, flags.conversation);
  addAmounts(app, flags);
  addSamplingFlags(app, flags.sampling);
  app.add_flag("-q,--quiet", flags.quiet, "no notes");
  GRAPHC_RETURN_IF_ERROR(parseFlags(app, argc, argv, helpShown));
  return flags;
}

Expected<GenerationOptions> generationOptions(const RunFlags &flags, const PlanHeader &header) {
  const PlanModel &model = header.model;
  GenerationOptions options;
  // Hidden states say nothing about the next token: it is the prompt alone that is run.
  options.maxNewTokens = flags.count < 0 && !header.yieldsLogits() ? 0 : flags.count;
  options.context = flags.context;
  options.chunk = flags.chunk;
  GRAPHC_ASSIGN_OR_RETURN(options.sampling, samplingOptions(flags.sampling, model.generation));
  options.eosTokens = flags.sampling.eosTokens(model);
  options.allRows = !flags.saveResult.empty();
  options.logprobs = flags.logprobs;
  return options;
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

} // namespace graphc
