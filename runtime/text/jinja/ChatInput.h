// The variables of a chat template, from JSON.
#ifndef GRAPHC_RUNTIME_TEXT_JINJA_CHATINPUT_H
#define GRAPHC_RUNTIME_TEXT_JINJA_CHATINPUT_H

#include "runtime/text/jinja/Value.h"

#include <string>
#include <string_view>

namespace graphc::jinja {

/// Reads an object with `messages` (a list of objects; required), `add_generation_prompt` (default
/// false), `bos_token`, `eos_token`, `tools` (a list), and `extra`: an object of further variables.
/// A key that is absent or null is no variable, so that `is defined` is false. Members keep the
/// order that they have in the text. BadInput with `what` (the file's name) and the key.
Expected<Value> readChatVariables(std::string_view text, const std::string &what);

} // namespace graphc::jinja

#endif // GRAPHC_RUNTIME_TEXT_JINJA_CHATINPUT_H
