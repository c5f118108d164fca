#include "tools/compiler/ModelTexts.h"

#include "frontend/config/ChatTemplateFile.h"
#include "frontend/config/ModelFolder.h"
#include "frontend/gguf/GgufTokenizer.h"
#include "runtime/text/Tokenizer.h"
#include "runtime/text/TokenizerFiles.h"
#include "runtime/text/jinja/Template.h"

#include <cstdio>

namespace graphc {

static Status setTokenizer(const std::string &path, std::vector<std::byte> tables,
                           ModelInput &input) {
  input.tokenizer = std::move(tables);
  if (input.tokenizer.empty())
    return {};
  GRAPHC_ASSIGN_OR_RETURN(Tokenizer tokenizer, Tokenizer::open(input.tokenizer));
  if (tokenizer.vocabularySize() > input.model.vocabulary)
    return badInput(path + ": the tokenizer has " + std::to_string(tokenizer.vocabularySize()) +
                    " tokens, more than the " + std::to_string(input.model.vocabulary) +
                    " rows of the embedding");
  return {};
}

/// A template that cannot be used is no reason not to compile: the model continues texts without
/// it, and chat takes another one.
static void setTemplate(std::string text, ModelInput &input) {
  input.chatTemplate = std::move(text);
  Status usable = jinja::Template::parse(input.chatTemplate, "the chat template").status();
  if (!usable.ok())
    std::fprintf(stderr, "%s; to chat, give another one with --chat-template\n",
                 usable.message().c_str());
}

Status readFolderTexts(const std::string &path, ModelInput &input) {
  GRAPHC_ASSIGN_OR_RETURN(std::string text, readChatTemplate(path));
  setTemplate(std::move(text), input);
  const std::string folder = modelFolder(path);
  GRAPHC_ASSIGN_OR_RETURN(std::vector<std::byte> tables, compileTokenizer(folder));
  return setTokenizer(folder, std::move(tables), input);
}

Status readGgufTexts(const GgufFile &file, ModelInput &input) {
  GRAPHC_ASSIGN_OR_RETURN(std::optional<std::string> text,
                          file.metadata().string("tokenizer.chat_template"));
  setTemplate(text.value_or(""), input);
  GRAPHC_ASSIGN_OR_RETURN(std::vector<std::byte> tables,
                          compileGgufTokenizer(file.metadata(), file.path()));
  return setTokenizer(file.path(), std::move(tables), input);
}

} // namespace graphc
