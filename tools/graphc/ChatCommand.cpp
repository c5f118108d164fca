// `graphc chat`: lines of the user, answers of the model.
#include "runtime/base/Escape.h"
#include "tools/cli/LineReader.h"
#include "tools/cli/Output.h"
#include "tools/cli/Signals.h"
#include "tools/graphc/Commands.h"
#include "tools/graphc/Conversation.h"
#include "tools/graphc/TextInput.h"

#include <algorithm>
#include <unistd.h>

namespace graphc {

namespace {

constexpr char kHelp[] =
    "A line is a message. \"\"\" on a line of its own begins and ends one of several lines.\n"
    "  /help        this text\n"
    "  /stats       how full the context is, and how fast the last answer was\n"
    "  /reset       start a new conversation\n"
    "  /save FILE   write the conversation (JSON)\n"
    "  /load FILE   go on with a conversation that was saved\n"
    "  /exit        leave, as Ctrl-D does\n"
    "A message that begins with / is written with two. Ctrl-C stops an answer; twice without one, "
    "it\n"
    "leaves.\n";

constexpr const char *kCommands[] = {"/help", "/stats", "/reset", "/save", "/load", "/exit"};

/// The program between two answers.
class ChatLoop {
public:
  ChatLoop(Conversation &conversation, Interrupts &interrupts, bool quiet)
      : conversation(conversation), interrupts(interrupts), reader(STDIN_FILENO, interrupts.file()),
        isTerminal(::isatty(STDIN_FILENO)), showsHints(isTerminal && !quiet) {}

  Status run() {
    if (showsHints)
      writeNote("/help lists the commands, Ctrl-D leaves");
    while (!left) {
      Status status = turn();
      if (status.code() == StatusCode::Interrupted || (!status.ok() && !isTerminal))
        return status;
      if (!status.ok())
        writeNote(status.message());
    }
    return {};
  }

private:
  /// A line, and what it asks for.
  Status turn() {
    std::string line;
    GRAPHC_ASSIGN_OR_RETURN(LineReader::Event event, read("> ", line));
    if (event == LineReader::Event::Interrupted)
      return interruptedAtPrompt();
    interruptedBefore = false;
    if (event == LineReader::Event::End) {
      left = true;
      if (isTerminal)
        writeError("\n");
      return {};
    }
    if (line == "\"\"\"")
      return longMessage();
    if (line.starts_with('/') && !line.starts_with("//"))
      return command(line);
    return say(line.starts_with('/') ? line.substr(1) : line);
  }

  Expected<LineReader::Event> read(const char *prompt, std::string &line) {
    if (isTerminal)
      writeError(prompt);
    return reader.next(line);
  }

  Status interruptedAtPrompt() {
    if (interruptedBefore || interrupts.mustEnd())
      return {StatusCode::Interrupted, "interrupted"};
    interruptedBefore = true;
    interrupts.clear();
    if (isTerminal)
      writeError("\n");
    if (showsHints)
      writeNote("Ctrl-C again, Ctrl-D or /exit leaves");
    return {};
  }

  Status longMessage() {
    std::string message, line;
    while (true) {
      GRAPHC_ASSIGN_OR_RETURN(LineReader::Event event, read(". ", line));
      if (event == LineReader::Event::Interrupted)
        return interruptedAtPrompt();
      if (event == LineReader::Event::End || line == "\"\"\"")
        return say(message);
      message += (message.empty() ? "" : "\n") + line;
    }
  }

  Status say(const std::string &message) {
    if (message.find_first_not_of(" \t\r\n") == std::string::npos)
      return {};
    Status status = conversation.say(message);
    if (interrupts.isSet() && status.ok() && !interrupts.mustEnd()) {
      interrupts.clear();
      if (showsHints)
        writeNote("stopped");
    }
    return status;
  }

  Status command(const std::string &line) {
    std::string name = line.substr(0, line.find(' '));
    size_t at = line.find_first_not_of(' ', name.size());
    std::string argument = at == std::string::npos ? "" : line.substr(at);
    bool takesFile = name == "/save" || name == "/load";
    if (std::find(std::begin(kCommands), std::end(kCommands), name) == std::end(kCommands))
      return unknownCommand(name);
    if (takesFile == argument.empty())
      return usageError(name + (takesFile ? ": a file's name is missing" : ": takes nothing else"));
    if (name == "/save")
      return conversation.save(argument);
    if (name == "/load")
      return conversation.load(argument);
    if (name == "/help")
      writeError(kHelp);
    else if (name == "/stats")
      writeError(conversation.stats());
    else if (name == "/reset")
      conversation.reset();
    else
      left = true;
    return {};
  }

  static Status unknownCommand(const std::string &name) {
    std::vector<std::string> names(std::begin(kCommands), std::end(kCommands));
    std::string nearest = nearestName(name, names);
    return usageError("there is no command '" + escapeForMessage(name) + "'; " +
                      (nearest.empty() ? "/help lists them" : "did you mean " + nearest + "?") +
                      " (a message that begins with / is written with //)");
  }

  Conversation &conversation;
  Interrupts &interrupts;
  LineReader reader;
  bool isTerminal, showsHints;
  bool left = false;
  bool interruptedBefore = false; ///< By the last thing that came.
};

} // namespace

Status chatCommand(int argc, const char *const *argv) {
  bool helpShown = false;
  GRAPHC_ASSIGN_OR_RETURN(RunFlags flags, parseChatFlags(argc, argv, helpShown));
  if (helpShown)
    return {};
  GRAPHC_ASSIGN_OR_RETURN(Plan plan, openPlanOrModel(flags.model, flags.context, {}, flags.quiet));
  GRAPHC_ASSIGN_OR_RETURN(std::optional<Tokenizer> tokenizer, openTokenizer(plan));
  if (!tokenizer)
    return usageError(plan.path() + ": the plan has no tokenizer, so it cannot chat");
  Interrupts interrupts = Interrupts::install();
  GRAPHC_ASSIGN_OR_RETURN(std::unique_ptr<Conversation> conversation,
                          Conversation::create(plan, *tokenizer, flags, interrupts.isSet()));
  return ChatLoop(*conversation, interrupts, flags.quiet).run();
}

} // namespace graphc
