// Conversations as token ids.
#ifndef GRAPHC_TOOLS_GRAPHC_CHATPROMPT_H
#define GRAPHC_TOOLS_GRAPHC_CHATPROMPT_H

#include "runtime/base/Status.h"
#include "runtime/plan/Plan.h"
#include "runtime/text/Tokenizer.h"
#include "runtime/text/jinja/Template.h"
#include "tools/cli/CommandLine.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace graphc {

struct ChatMessage {
  std::string role; ///< "system", "user", "assistant".
  std::string content;

  bool operator==(const ChatMessage &) const = default;
};

/// The flags of a conversation.
struct ChatFlags {
  std::optional<std::string> system;       ///< --system
  std::optional<std::string> chatTemplate; ///< --chat-template: a file, or the template itself.
};

void addChatFlags(CLI::App &app, ChatFlags &flags);

/// Renders conversations with a chat template, and makes ids of them.
class ChatPrompt {
public:
  /// The template that the flags give, else the plan's. Usage when there is none, and when the plan
  /// has no tokenizer; what a template that is damaged or not supported gives. The tokenizer must
  /// outlive the object.
  static Expected<ChatPrompt> create(const Plan &plan, const Tokenizer *tokenizer,
                                     const ChatFlags &flags);

  /// Ids of the conversation with the beginning of an answer behind it. The template's special
  /// tokens become their ids; what a message spells like one stays text. Fails as the template
  /// does, which may refuse (no system message, roles that do not alternate, ...).
  Expected<std::vector<int32_t>> ids(std::span<const ChatMessage> messages) const;

private:
  ChatPrompt(const Plan &plan, const Tokenizer &tokenizer, jinja::Template parsed);

  bool beginsSpecial(std::string_view text) const;
  std::string guarded(std::string_view content) const;

  const Tokenizer *tokenizer;
  jinja::Template parsed;
  std::vector<std::string> specials; ///< Texts of the special tokens, sorted.
  std::optional<std::string> bosText, eosText;
};

/// The text as UTF-8: what is not becomes U+FFFD.
std::string asUtf8(std::string_view text);

} // namespace graphc

#endif // GRAPHC_TOOLS_GRAPHC_CHATPROMPT_H
