#include "tools/graphc/SamplingFlags.h"

#include "runtime/base/Escape.h"
#include "runtime/text/StopStrings.h"
#include "tools/cli/Output.h"

#include <charconv>
#include <cmath>
#include <random>

namespace graphc {

static void addPenalties(CLI::App &app, SamplingFlags &flags) {
  app.add_option("--repeat-penalty", flags.repeatPenalty,
                 "divide the likelihood of late tokens by this; 1: off (default)");
  app.add_option("--presence-penalty", flags.presencePenalty,
                 "subtract this from the logits of late tokens (default 0)");
  app.add_option("--frequency-penalty", flags.frequencyPenalty,
                 "subtract this once for every time that a late token occurred (default 0)");
  app.add_option("--repeat-last-n", flags.repeatLastN,
                 "how many tokens back penalties look, the prompt included (default 64)");
  app.add_option("--logit-bias", flags.logitBias,
                 "ID=BIAS, ID+BIAS or ID-BIAS: add to the logit of a token; -inf rules it out "
                 "(repeatable)")
      ->allow_extra_args(false);
}

void addSamplingFlags(CLI::App &app, SamplingFlags &flags) {
  app.add_option("--temp", flags.temperature, "temperature; 0 takes the likeliest token");
  app.add_option("--top-k", flags.topK, "choose among the K likeliest tokens; 0: all");
  app.add_option("--top-p", flags.topP, "choose among the likeliest that reach P together; 1: all");
  app.add_option("--min-p", flags.minP, "leave out what is less likely than P times the likeliest");
  addPenalties(app, flags);
  app.add_option("-s,--seed", flags.seed, "seed of the random numbers; -1: a random one (default)");
  app.add_flag("--ignore-eos", flags.ignoreEos, "go on when the model ends the text");
  app.add_option("--stop", flags.stops, "end the text before this string (repeatable)")
      ->allow_extra_args(false);
}

/// 32 bits, so that it is easy to type again.
static uint64_t randomSeed() { return std::random_device()(); }

/// The flag, else the model's value, else the built-in one.
template <typename T, typename Model>
static T choose(const std::optional<T> &flag, const std::optional<Model> &model, T builtIn) {
  return flag ? *flag : model ? static_cast<T>(*model) : builtIn;
}

Expected<SamplingOptions> samplingOptions(const SamplingFlags &flags,
                                          const GenerationDefaults &model) {
  SamplingOptions result;
  result.temperature = choose(flags.temperature, model.temperature, result.temperature);
  result.topK = choose(flags.topK, model.topK, result.topK);
  result.topP = choose(flags.topP, model.topP, result.topP);
  result.minP = choose(flags.minP, model.minP, result.minP);
  result.repeatPenalty = choose(flags.repeatPenalty, model.repetitionPenalty, result.repeatPenalty);
  if (!flags.temperature && model.sample == false)
    result.temperature = 0;
  result.presencePenalty = flags.presencePenalty;
  result.frequencyPenalty = flags.frequencyPenalty;
  result.repeatLastN = flags.repeatLastN;
  for (const std::string &text : flags.logitBias) {
    GRAPHC_ASSIGN_OR_RETURN(LogitBias bias, parseLogitBias(text));
    result.logitBias.push_back(bias);
  }
  GRAPHC_RETURN_IF_ERROR(checkStopStrings(flags.stops).withContext("--stop"));
  bool fixed = flags.seed && *flags.seed >= 0;
  result.seed = fixed ? static_cast<uint64_t>(*flags.seed) : randomSeed();
  return result;
}

Expected<LogitBias> parseLogitBias(std::string_view text) {
  LogitBias result;
  const char *end = text.data() + text.size();
  auto [sign, noId] = std::from_chars(text.data(), end, result.token);
  if (noId == std::errc() && sign != end) {
    const char *number = *sign == '-' ? sign : sign + 1; // '+' and '=' are no part of it
    bool known = *sign == '=' || *sign == '+' || *sign == '-';
    auto [rest, noBias] = std::from_chars(number, end, result.bias);
    if (known && noBias == std::errc() && rest == end && !std::isnan(result.bias))
      return result;
  }
  return usageError("--logit-bias: expected a token and a number as in 15=-2.5, 15+1 or 15=-inf "
                    "but got '" +
                    escapeForMessage(text) + "'");
}

std::string samplingText(const SamplingOptions &options) {
  if (options.temperature == 0)
    return "temperature 0: the likeliest token is taken, the seed has no effect";
  return "temperature " + numberText(options.temperature, 2) + ", top-k " +
         std::to_string(options.topK) + ", top-p " + numberText(options.topP, 2) + ", min-p " +
         numberText(options.minP, 2) + ", repeat-penalty " + numberText(options.repeatPenalty, 2) +
         ", presence-penalty " + numberText(options.presencePenalty, 2) + ", frequency-penalty " +
         numberText(options.frequencyPenalty, 2);
}

} // namespace graphc
