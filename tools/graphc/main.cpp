// graphc: the command line. Each command is a file of its own; the compiler is a library that is
// loaded by the commands that need it, so that `run` starts in milliseconds.
#include "runtime/base/Escape.h"
#include "runtime/base/MappedFileGuard.h"
#include "tools/cli/CommandLine.h"
#include "tools/cli/Output.h"
#include "tools/graphc/Commands.h"
#include "tools/graphc/CompilerLibrary.h"

#include <algorithm>
#include <exception>
#include <new>

namespace graphc {

namespace {

struct Command {
  const char *name;
  const char *summary;
  Status (*run)(int argc, const char *const *argv); ///< Null: in the compiler library.
};

constexpr Command kCommands[] = {
    {"compile", "turn a model into a plan", nullptr},
    {"run", "generate text with a plan or a model", runCommand},
    {"chat", "talk with a model", chatCommand},
    {"perplexity", "say how likely a network finds a text", perplexityCommand},
    {"tokenize", "turn text into tokens, or tokens into text", tokenizeCommand},
    {"template", "render a conversation with a chat template", templateCommand},
    {"bench", "measure how fast a plan runs", benchCommand},
    {"dump", "print the IR of a model or a plan at a stage", nullptr},
    {"cache", "list or remove plans that were compiled on the way", cacheCommand},
    {"inspect", "say what is in a plan", inspectCommand},
    {"doctor", "say what this machine is and what it can do", doctorCommand},
    {"version", "say which graphc this is", versionCommand},
};

std::string helpText() {
  std::string text = "graphc compiles language models for the CPU and runs them.\n\n"
                     "  graphc compile MODEL -o model.gcplan\n"
                     "  graphc run model.gcplan -p \"Once upon a time\"\n"
                     "  graphc chat MODEL\n\nCommands:\n";
  for (const Command &command : kCommands) {
    std::string name = command.name;
    text += "  " + name + std::string(12 - name.size(), ' ') + command.summary + "\n";
  }
  return text +
         "\n'graphc COMMAND --help' lists the flags of a command.\n\n"
         "Exit codes: 0 ok, 1 internal failure, 2 wrong usage, 3 damaged input, 4 unsupported "
         "input,\n5 plan not usable here, 6 not enough memory or disk, 7 numeric failure, "
         "130 interrupted\n";
}

Status unknownCommand(const std::string &name) {
  std::vector<std::string> names;
  for (const Command &command : kCommands)
    names.emplace_back(command.name);
  std::string nearest = nearestName(name, names);
  return usageError("there is no command '" + escapeForMessage(name) + "'" +
                    (nearest.empty() ? "; 'graphc --help' lists the commands"
                                     : "; did you mean '" + nearest + "'?"));
}

/// Runs a command line without the program's name. `exitCode` is set when the command chose it.
Status dispatch(int argc, const char *const *argv, int &exitCode) {
  if (argc == 0) {
    writeError(helpText());
    return usageError("a command is missing");
  }
  std::string name = argv[0];
  if (name == "--help" || name == "-h" || name == "help")
    return writeOut(helpText());
  if (name == "--version")
    name = "version";
  auto command = std::find_if(std::begin(kCommands), std::end(kCommands),
                              [&](const Command &c) { return c.name == name; });
  if (command == std::end(kCommands))
    return unknownCommand(name);
  return command->run ? command->run(argc, argv) : runCompilerCommand(argc, argv, exitCode);
}

int report(const Status &status, int exitCode, const char *command) {
  if (outputClosed())
    return 0;
  if (status.ok())
    return exitCode;
  if (!status.message().empty())
    writeError("graphc" + (command ? " " + escapeForMessage(command) : std::string()) + ": " +
               status.message() + "\n");
  return static_cast<int>(status.code());
}

} // namespace

int graphcMain(int argc, const char *const *argv) {
  installMappedFileGuard();
  const char *command = argc > 1 ? argv[1] : nullptr;
  int exitCode = 0;
  try {
    Status status = dispatch(std::max(argc - 1, 0), argv + 1, exitCode);
    return report(status, exitCode, command);
  } catch (const std::bad_alloc &) {
    return report(resourceError("out of memory"), 0, command);
  } catch (const std::exception &error) {
    return report(internalError(error.what()), 0, command);
  }
}

} // namespace graphc

int main(int argc, char **argv) { return graphc::graphcMain(argc, argv); }
