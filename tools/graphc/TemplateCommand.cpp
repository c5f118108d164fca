// `graphc template`: what a chat template makes of a conversation.
#include "runtime/base/TextFile.h"
#include "runtime/text/jinja/ChatInput.h"
#include "runtime/text/jinja/Template.h"
#include "tools/cli/CommandLine.h"
#include "tools/cli/Output.h"
#include "tools/graphc/Commands.h"
#include "tools/graphc/TextInput.h"

namespace graphc {

Status templateCommand(int argc, const char *const *argv) {
  CLI::App app("Print what a chat template makes of a conversation.", "graphc template");
  std::string path, input;
  bool helpShown = false;
  app.add_option("FILE", path, "the template (jinja)")->required();
  app.add_option(
         "-f,--file", input,
         "JSON with messages, add_generation_prompt, bos_token, eos_token, tools, and extra "
         "(an object of further variables); - is stdin")
      ->required();
  GRAPHC_RETURN_IF_ERROR(parseFlags(app, argc, argv, helpShown));
  if (helpShown)
    return {};
  GRAPHC_ASSIGN_OR_RETURN(std::string source, readTextFile(path));
  GRAPHC_ASSIGN_OR_RETURN(jinja::Template parsed, jinja::Template::parse(source, path));
  GRAPHC_ASSIGN_OR_RETURN(std::string json, readText(input));
  GRAPHC_ASSIGN_OR_RETURN(jinja::Value variables,
                          jinja::readChatVariables(json, input == "-" ? "stdin" : input));
  GRAPHC_ASSIGN_OR_RETURN(std::string text, parsed.render(variables));
  return writeOut(text);
}

} // namespace graphc
