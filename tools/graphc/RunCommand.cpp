// `graphc run`: flags, prompt, session, generation, output.
#include "runtime/base/TextList.h"
#include "runtime/exec/Generator.h"
#include "tools/cli/Output.h"
#include "tools/cli/Signals.h"
#include "tools/graphc/ChatPrompt.h"
#include "tools/graphc/Commands.h"
#include "tools/graphc/RunFlags.h"
#include "tools/graphc/RunOutput.h"
#include "tools/graphc/RunRows.h"
#include "tools/graphc/TextInput.h"

#include <chrono>
#include <unistd.h>

namespace graphc {

namespace {

using Clock = std::chrono::steady_clock;

/// What the time before the first step went into, for -v: "start 5.0 ms: plan 3.1, ...".
class StartTimes {
public:
  explicit StartTimes(Clock::time_point start) : start(start), last(start) {}

  /// What has been done since the last call.
  void add(const char *what) {
    Clock::time_point now = Clock::now();
    appendToList(parts, std::string(what) + " " + milliseconds(now - last));
    last = now;
  }

  double seconds() const { return std::chrono::duration<double>(last - start).count(); }
  std::string text() const { return "start " + milliseconds(last - start) + " ms: " + parts; }

private:
  static std::string milliseconds(Clock::duration time) {
    return numberText(std::chrono::duration<double, std::milli>(time).count(), 1);
  }

  Clock::time_point start, last;
  std::string parts;
};

/// A conversation with one message of the user.
Expected<Prompts> promptsFromMessage(const RunFlags &flags, std::string message, const Plan &plan,
                                     const Tokenizer *tokenizer) {
  GRAPHC_ASSIGN_OR_RETURN(ChatPrompt chat, ChatPrompt::create(plan, tokenizer, flags.conversation));
  std::vector<ChatMessage> messages;
  if (flags.conversation.system)
    messages.push_back({"system", asUtf8(*flags.conversation.system)});
  messages.push_back({"user", std::move(message)});
  GRAPHC_ASSIGN_OR_RETURN(std::vector<int32_t> ids, chat.ids(messages));
  return Prompts{std::move(ids)};
}

Expected<Prompts> promptsFromText(const RunFlags &flags, const Plan &plan,
                                  const Tokenizer *tokenizer) {
  std::string text = flags.prompt.value_or("");
  if (flags.promptFile) {
    GRAPHC_ASSIGN_OR_RETURN(text, readText(*flags.promptFile));
  }
  if (flags.chat)
    return promptsFromMessage(flags, asUtf8(text), plan, tokenizer);
  if (!tokenizer)
    return usageError(plan.path() + ": the plan has no tokenizer: give token ids with --tokens");
  GRAPHC_ASSIGN_OR_RETURN(std::vector<int32_t> ids,
                          tokenizer->encode(text, {.addSpecial = true, .parseSpecial = false}));
  if (ids.empty() && plan.header().model.bosToken)
    ids.push_back(static_cast<int32_t>(*plan.header().model.bosToken));
  return Prompts{std::move(ids)};
}

Expected<Prompts> readPrompts(const RunFlags &flags, const Plan &plan, const Tokenizer *tokenizer) {
  if (flags.input)
    return usageError(plan.path() + ": the plan takes tokens, not rows of numbers: give -p, -f, "
                                    "--tokens or --random-input");
  if (flags.randomInput)
    return randomPrompts(flags, plan);
  if (flags.tokens.empty())
    return promptsFromText(flags, plan, tokenizer);
  Prompts prompts;
  for (const std::string &text : flags.tokens) {
    GRAPHC_ASSIGN_OR_RETURN(std::vector<int32_t> ids, parseTokens(text));
    prompts.push_back(std::move(ids));
  }
  return prompts;
}

/// (batch, length, width), or (rows, width) where the sequences are not of one length.
std::vector<int64_t> resultShape(const Prompts &prompts, const PlanHeader &header) {
  int64_t rows = 0;
  bool isEven = true;
  for (const std::vector<int32_t> &prompt : prompts) {
    rows += std::ssize(prompt);
    isEven &= prompt.size() == prompts.front().size();
  }
  if (!isEven)
    return {rows, header.resultWidth};
  return {std::ssize(prompts), std::ssize(prompts.front()), header.resultWidth};
}

void describe(const RunFlags &flags, const GenerationOptions &options, const Session &session,
              const MemoryPlan &memory) {
  const SamplingOptions &sampling = options.sampling;
  bool random = options.maxNewTokens != 0 && sampling.temperature > 0;
  if (random && !flags.quiet)
    writeNote("seed " + std::to_string(sampling.seed));
  if (!flags.verbose)
    return;
  writeNote(std::to_string(session.threads()) + " threads, code for " +
            session.plan().variant()->level);
  writeNote(samplingText(sampling));
  writeError("memory:\n" + memory.table());
}

/// On a terminal the continuation should follow its prompt. The prompt is not a result: stderr.
void echoPrompt(const RunFlags &flags, const Tokenizer *tokenizer, const Prompts &prompts) {
  if (flags.quiet || flags.json || flags.chat || !tokenizer || prompts.size() != 1 ||
      !::isatty(STDOUT_FILENO) || !::isatty(STDERR_FILENO))
    return;
  writeError(tokenizer->decode(prompts[0], /*skipSpecial=*/true));
}

/// The command once its plan is open.
class RunJob {
public:
  RunJob(const RunFlags &flags, const Plan &plan, const StartTimes &times)
      : flags(flags), plan(plan), times(times) {}

  Status run(const std::atomic<bool> &cancel) {
    GRAPHC_ASSIGN_OR_RETURN(GenerationOptions options, generationOptions(flags, plan.header()));
    GRAPHC_ASSIGN_OR_RETURN(std::optional<Tokenizer> opened, openTokenizer(plan));
    const Tokenizer *tokenizer = opened ? &*opened : nullptr;
    if (!tokenizer && !flags.sampling.stops.empty())
      return usageError("--stop: the plan has no tokenizer, so there is no text to look at");
    times.add("tokenizer");
    GRAPHC_ASSIGN_OR_RETURN(Prompts prompts, readPrompts(flags, plan, tokenizer));
    if (cancel) // while a prompt was read from a terminal or a pipe
      return {StatusCode::Interrupted, "interrupted"};
    times.add("prompt");
    GRAPHC_ASSIGN_OR_RETURN(SessionOptions sized,
                            sessionOptionsFor(plan, options, prompts,
                                              {.threads = chooseThreads(flags.threads, flags.quiet),
                                               .cancel = &cancel}));
    GRAPHC_ASSIGN_OR_RETURN(std::unique_ptr<Session> session, Session::create(plan, sized));
    times.add("memory, code and threads");
    double loadSeconds = times.seconds();
    describe(flags, options, *session, Session::memoryPlan(plan, *plan.variant(), sized));
    if (flags.verbose)
      writeNote(times.text());
    echoPrompt(flags, tokenizer, prompts);
    RunOutput output(flags, tokenizer, prompts, plan.header().resultWidth);
    GRAPHC_ASSIGN_OR_RETURN(Generation generation, generate(*session, options, prompts, output));
    GRAPHC_RETURN_IF_ERROR(output.finish(generation, loadSeconds));
    if (!plan.header().yieldsLogits() && !flags.json)
      GRAPHC_RETURN_IF_ERROR(writeOut(shapeText(resultShape(prompts, plan.header())) + "\n"));
    if (!flags.quiet)
      writeNote(timingsText(generation.timings, loadSeconds));
    if (flags.verbose)
      writeNote(partsText(generation.timings, output.detokenizeSeconds()));
    return cancel ? Status(StatusCode::Interrupted, "interrupted") : Status();
  }

private:
  const RunFlags &flags;
  const Plan &plan;
  StartTimes times;
};

} // namespace

Status runCommand(int argc, const char *const *argv) {
  StartTimes times(Clock::now());
  bool helpShown = false;
  GRAPHC_ASSIGN_OR_RETURN(RunFlags flags, parseRunFlags(argc, argv, helpShown));
  if (helpShown)
    return {};
  // A signal ends a compile at once; what it leaves is removed by the next one.
  GRAPHC_ASSIGN_OR_RETURN(Plan plan,
                          openPlanOrModel(flags.model, flags.context,
                                          {.verifyWeights = flags.verifyWeights}, flags.quiet));
  const std::atomic<bool> &cancel = installSignalHandlers();
  times.add("plan");
  if (plan.header().inputWidth > 0)
    return runRowsCommand(flags, plan, cancel);
  return RunJob(flags, plan, times).run(cancel);
}

} // namespace graphc
