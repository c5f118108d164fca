#include "tools/graphc/Conversation.h"

#include "runtime/base/Json.h"
#include "runtime/plan/OutputFile.h"
#include "tools/cli/Output.h"
#include "tools/graphc/RunOutput.h"
#include "tools/graphc/TextInput.h"

#include <algorithm>

namespace graphc {

Expected<std::unique_ptr<Conversation>> Conversation::create(const Plan &plan,
                                                             const Tokenizer &tokenizer,
                                                             const RunFlags &flags,
                                                             const std::atomic<bool> &cancel) {
  GRAPHC_ASSIGN_OR_RETURN(ChatPrompt prompt,
                          ChatPrompt::create(plan, &tokenizer, flags.conversation));
  GRAPHC_ASSIGN_OR_RETURN(GenerationOptions options, generationOptions(flags, plan.header()));
  GRAPHC_ASSIGN_OR_RETURN(
      SessionOptions sized,
      sessionOptionsFor(plan, options,
                        {.threads = chooseThreads(flags.threads, flags.quiet), .cancel = &cancel}));
  GRAPHC_ASSIGN_OR_RETURN(std::unique_ptr<Session> session, Session::create(plan, sized));
  return std::unique_ptr<Conversation>(new Conversation(flags, tokenizer, std::move(prompt),
                                                        std::move(options), std::move(session)));
}

void Conversation::reset() {
  messages.clear();
  if (flags.conversation.system)
    messages.push_back({"system", asUtf8(*flags.conversation.system)});
}

int64_t Conversation::contextSize() const {
  return options.context > 0 ? options.context : session->plan().header().context;
}

Status Conversation::say(const std::string &message) {
  messages.push_back({"user", asUtf8(message)});
  Status status = answer();
  if (!status.ok() || answerText.empty())
    messages.pop_back();
  else
    messages.push_back({"assistant", answerText});
  return status;
}

Status Conversation::answer() {
  answerText.clear();
  GRAPHC_ASSIGN_OR_RETURN(std::vector<int32_t> ids, prompt.ids(messages));
  if (std::ssize(ids) >= contextSize())
    return usageError("the context is full: the conversation has " + std::to_string(ids.size()) +
                      " tokens, which leaves no room for an answer in " +
                      std::to_string(contextSize()) + "; /reset starts a new one");
  promptTokens = ids.size();
  text.emplace(tokenizer, ids, flags.sampling.stops);
  Expected<Generation> generation = generate(*session, options, ids, kept, *this);
  if (!generation) {
    if (!answerText.empty())
      GRAPHC_RETURN_IF_ERROR(writeOut("\n"));
    return generation.status();
  }
  GRAPHC_RETURN_IF_ERROR(add(text->finish()));
  GRAPHC_RETURN_IF_ERROR(writeOut("\n"));
  timings = generation->timings;
  if (generation->sequences[0].stop == StopReason::Context)
    writeNote("the context of " + std::to_string(contextSize()) +
              " tokens is full, so the answer ends here; /reset starts a new conversation");
  return {};
}

Status Conversation::onToken(size_t, int32_t token) { return add(text->push(token)); }

Status Conversation::add(const std::string &more) {
  answerText += more;
  return more.empty() ? Status() : writeOut(more);
}

Status Conversation::save(const std::string &path) const {
  Json list = Json::array();
  for (const ChatMessage &message : messages)
    list.push_back({{"role", message.role}, {"content", message.content}});
  return writeOutputFile(path, jsonText({{"messages", std::move(list)}}, 2) + "\n");
}

static Expected<ChatMessage> readMessage(const Json &json) {
  auto text = [&](const char *key) {
    return json.is_object() && json.contains(key) ? json[key].get_ptr<const std::string *>()
                                                  : nullptr;
  };
  const std::string *role = text("role"), *content = text("content");
  if (!role || !content)
    return badInput("expected an object with the strings 'role' and 'content'");
  return ChatMessage{*role, *content};
}

Status Conversation::load(const std::string &path) {
  GRAPHC_ASSIGN_OR_RETURN(Json document, readJsonFile(path));
  if (!document.is_object() || !document.contains("messages") || !document["messages"].is_array())
    return badInput(path + ": expected an object with the list 'messages'");
  std::vector<ChatMessage> read;
  for (const Json &entry : document["messages"]) {
    Expected<ChatMessage> message = readMessage(entry);
    if (!message)
      return message.status().withContext(path + ": messages[" + std::to_string(read.size()) + "]");
    read.push_back(*std::move(message));
  }
  messages = std::move(read);
  return {};
}

std::string Conversation::stats() const {
  std::string result = std::to_string(messages.size()) + " messages, " +
                       std::to_string(kept.tokens.size()) + " of " + std::to_string(contextSize()) +
                       " tokens in the cache\n";
  if (promptTokens == 0)
    return result;
  int64_t known = static_cast<int64_t>(promptTokens) - timings.promptTokens;
  return result + "last answer: prompt of " + std::to_string(promptTokens) + " tokens, " +
         std::to_string(known) + " of them known | " + phasesText(timings) + "\n";
}

} // namespace graphc
