// A conversation with a model: messages, and the cache of what they are made of.
#ifndef GRAPHC_TOOLS_GRAPHC_CONVERSATION_H
#define GRAPHC_TOOLS_GRAPHC_CONVERSATION_H

#include "runtime/exec/Generator.h"
#include "runtime/text/Tokenizer.h"
#include "tools/graphc/ChatPrompt.h"
#include "tools/graphc/GeneratedText.h"
#include "tools/graphc/RunFlags.h"

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace graphc {

/// Answers are printed as they come. Each prompt is the whole conversation by the chat template; of
/// its tokens those are computed that the cache does not hold already.
class Conversation : private GenerationListener {
public:
  /// All arguments must outlive the object. `cancel` ends an answer.
  static Expected<std::unique_ptr<Conversation>> create(const Plan &plan,
                                                        const Tokenizer &tokenizer,
                                                        const RunFlags &flags,
                                                        const std::atomic<bool> &cancel);

  /// Adds a message of the user and prints the answer, with a line end. An answer that was
  /// cancelled stays as far as it came. After a failure the message is not part of the
  /// conversation; Usage when there is no room for it in the context.
  Status say(const std::string &message);

  /// Back to the system message, if there is one.
  void reset();

  /// What `graphc template -f` reads: an object with the messages. BadInput for other files, and
  /// Resources when the file cannot be written.
  Status save(const std::string &path) const;
  /// Replaces the conversation.
  Status load(const std::string &path);

  /// How full the context is, and how long the last answer took.
  std::string stats() const;

private:
  Conversation(const RunFlags &flags, const Tokenizer &tokenizer, ChatPrompt prompt,
               GenerationOptions options, std::unique_ptr<Session> session)
      : flags(flags), tokenizer(tokenizer), prompt(std::move(prompt)), options(std::move(options)),
        session(std::move(session)) {
    reset();
  }

  Status onToken(size_t sequence, int32_t token) override;
  bool isStopped(size_t sequence) const override { return text->isStopped(); }

  Status answer();
  Status add(const std::string &more);
  int64_t contextSize() const;

  const RunFlags &flags;
  const Tokenizer &tokenizer;
  ChatPrompt prompt;
  GenerationOptions options;
  std::unique_ptr<Session> session;
  KeptSequence kept;
  std::vector<ChatMessage> messages;
  std::optional<GeneratedText> text; ///< Of the answer that is coming.
  std::string answerText;
  size_t promptTokens = 0; ///< Of the last answer, computed or not.
  GenerationTimings timings;
};

} // namespace graphc

#endif // GRAPHC_TOOLS_GRAPHC_CONVERSATION_H
