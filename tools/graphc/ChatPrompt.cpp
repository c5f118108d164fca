#include "tools/graphc/ChatPrompt.h"

#include "runtime/base/Escape.h"
#include "runtime/base/TextFile.h"
#include "runtime/text/Unicode.h"
#include "runtime/text/jinja/Value.h"

#include <algorithm>
#include <filesystem>

namespace graphc {

void addChatFlags(CLI::App &app, ChatFlags &flags) {
  app.add_option("--system", flags.system, "the system message that a conversation begins with");
  app.add_option("--chat-template", flags.chatTemplate,
                 "a chat template to take in place of the model's: a file, or the text itself");
}

namespace {

/// Stands inside of what a message spells like a special token, so that it is none. A code point
/// that no text has: Unicode keeps it for programs.
constexpr std::string_view kMark = "\xEF\xB7\x90"; // U+FDD0

struct TemplateText {
  std::string source, name;
};

Expected<TemplateText> findTemplate(const Plan &plan, const ChatFlags &flags) {
  if (!flags.chatTemplate) {
    std::string_view own = plan.textSection(section::kChatTemplate);
    if (own.empty())
      return usageError(plan.path() + ": the model has no chat template: give one with "
                                      "--chat-template FILE, or continue a text with 'graphc run'");
    return TemplateText{std::string(own), "the model's chat template"};
  }
  std::error_code ignored;
  if (std::filesystem::exists(*flags.chatTemplate, ignored)) {
    GRAPHC_ASSIGN_OR_RETURN(std::string source, readTextFile(*flags.chatTemplate));
    return TemplateText{std::move(source), *flags.chatTemplate};
  }
  if (flags.chatTemplate->find('{') == std::string::npos)
    return usageError("--chat-template: expected a file or a template with {{ or {% but got '" +
                      escapeForMessage(*flags.chatTemplate) + "'");
  return TemplateText{*flags.chatTemplate, "--chat-template"};
}

/// The text of a token that the tokenizer names, else the model.
std::optional<std::string> tokenText(const Tokenizer &tokenizer, std::optional<int32_t> own,
                                     std::optional<int64_t> model) {
  int64_t id = own ? *own : model.value_or(-1);
  if (id < 0 || id >= tokenizer.vocabularySize())
    return std::nullopt;
  return std::string(tokenizer.pieceText(static_cast<int32_t>(id)));
}

std::optional<int64_t> firstOf(const std::vector<int64_t> &ids) {
  return ids.empty() ? std::nullopt : std::optional(ids.front());
}

} // namespace

Expected<ChatPrompt> ChatPrompt::create(const Plan &plan, const Tokenizer *tokenizer,
                                        const ChatFlags &flags) {
  GRAPHC_ASSIGN_OR_RETURN(TemplateText text, findTemplate(plan, flags));
  GRAPHC_ASSIGN_OR_RETURN(jinja::Template parsed, jinja::Template::parse(text.source, text.name));
  if (!tokenizer)
    return usageError(plan.path() + ": the plan has no tokenizer, so it cannot chat");
  return ChatPrompt(plan, *tokenizer, std::move(parsed));
}

ChatPrompt::ChatPrompt(const Plan &plan, const Tokenizer &tokenizer, jinja::Template parsed)
    : tokenizer(&tokenizer), parsed(std::move(parsed)) {
  const PlanModel &model = plan.header().model;
  bosText = tokenText(tokenizer, tokenizer.bosId(), model.bosToken);
  eosText = tokenText(tokenizer, tokenizer.eosId(), firstOf(model.eosTokens));
  for (int32_t id = 0; id < tokenizer.vocabularySize(); ++id) {
    if (tokenizer.isSpecial(id))
      specials.emplace_back(tokenizer.pieceText(id));
  }
  std::sort(specials.begin(), specials.end());
}

/// Whether the text begins with a special token of more than one character.
bool ChatPrompt::beginsSpecial(std::string_view text) const {
  auto first = specials.begin(), last = specials.end();
  size_t inside = text.empty() ? 0 : decodeChar(text, 0).length;
  // Those that agree with the text so far stand together, the shortest one first.
  for (size_t at = 0; first != last; ++at) {
    if (first->size() == at && at > inside)
      return true;
    if (at == text.size())
      return false;
    auto byteAt = [at](const std::string &special) {
      return at < special.size() ? static_cast<unsigned char>(special[at]) : -1;
    };
    const int byte = static_cast<unsigned char>(text[at]);
    first = std::partition_point(first, last, [&](const auto &s) { return byteAt(s) < byte; });
    last = std::partition_point(first, last, [&](const auto &s) { return byteAt(s) <= byte; });
  }
  return false;
}

/// The content with a mark behind the first character of each special token that it spells. A token
/// of one character has no inside, and stays.
std::string ChatPrompt::guarded(std::string_view content) const {
  std::string text;
  while (!content.empty()) {
    if (content.starts_with(kMark)) {
      content.remove_prefix(kMark.size());
      continue;
    }
    const size_t length = decodeChar(content, 0).length;
    text += content.substr(0, length);
    if (beginsSpecial(content))
      text += kMark;
    content.remove_prefix(length);
  }
  return text;
}

Expected<std::vector<int32_t>> ChatPrompt::ids(std::span<const ChatMessage> messages) const {
  using jinja::Value;
  std::vector<Value> list;
  for (const ChatMessage &message : messages)
    list.push_back(Value::mapping({{"role", Value::string(message.role)},
                                   {"content", Value::string(guarded(message.content))}}));
  std::vector<jinja::Entry> variables = {{"messages", Value::sequence(std::move(list))},
                                         {"add_generation_prompt", Value::boolean(true)},
                                         // As transformers has them where there are none.
                                         {"tools", Value::none()},
                                         {"documents", Value::none()}};
  if (bosText)
    variables.emplace_back("bos_token", Value::string(*bosText));
  if (eosText)
    variables.emplace_back("eos_token", Value::string(*eosText));
  GRAPHC_ASSIGN_OR_RETURN(std::string text, parsed.render(Value::mapping(std::move(variables))));

  std::vector<int32_t> result;
  for (size_t begin = 0, end; begin < text.size(); begin = end + kMark.size()) {
    end = std::min(text.find(kMark, begin), text.size());
    GRAPHC_ASSIGN_OR_RETURN(std::vector<int32_t> part,
                            tokenizer->encode(std::string_view(text).substr(begin, end - begin),
                                              {.addSpecial = false, .parseSpecial = true}));
    result.insert(result.end(), part.begin(), part.end());
  }
  return result;
}

std::string asUtf8(std::string_view text) {
  std::string result;
  appendLossy(result, text, /*whole=*/true);
  return result;
}

} // namespace graphc
