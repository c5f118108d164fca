// Where a model folder keeps its chat template.
#ifndef GRAPHC_FRONTEND_CONFIG_CHATTEMPLATEFILE_H
#define GRAPHC_FRONTEND_CONFIG_CHATTEMPLATEFILE_H

#include "runtime/base/Status.h"

#include <string>

namespace graphc {

/// The chat template of the model at `path` (its folder, or a file in it): the whole of
/// chat_template.jinja, else the key `chat_template` of chat_template.json, else that of
/// tokenizer_config.json. The key's value is the template, or a list of {"name", "template"} of
/// which the one called "default" is taken. Empty when there is none. BadInput for other values.
Expected<std::string> readChatTemplate(const std::string &path);

} // namespace graphc

#endif // GRAPHC_FRONTEND_CONFIG_CHATTEMPLATEFILE_H
