#include "frontend/config/ChatTemplateFile.h"

#include "frontend/config/ModelFolder.h"
#include "runtime/base/TextFile.h"

#include <filesystem>

namespace graphc {

static constexpr char kKey[] = "chat_template";
static constexpr size_t kMaxTemplateBytes = size_t(1) << 20;

/// The template of an entry of a list, if it is the one to take; null if not.
static Expected<const std::string *> defaultTemplate(const Json &entry) {
  auto text = [&](const char *key) {
    return entry.contains(key) ? entry[key].get_ptr<const std::string *>() : nullptr;
  };
  const std::string *name = text("name"), *source = text("template");
  if (!name || !source)
    return badInput("expected objects with the strings 'name' and 'template'");
  return *name == "default" ? source : nullptr;
}

static Expected<std::string> templateOf(const Json &value) {
  if (value.is_null())
    return std::string();
  if (value.is_string())
    return value.get<std::string>();
  if (!value.is_array())
    return badInput("expected a string or a list of templates");
  for (const Json &entry : value) {
    GRAPHC_ASSIGN_OR_RETURN(const std::string *source, defaultTemplate(entry));
    if (source)
      return *source;
  }
  return std::string();
}

Expected<std::string> readChatTemplate(const std::string &path) {
  std::error_code ignored;
  std::string file = modelFile(path, "chat_template.jinja");
  if (std::filesystem::exists(file, ignored))
    return readTextFile(file, kMaxTemplateBytes);
  for (const char *name : {"chat_template.json", "tokenizer_config.json"}) {
    file = modelFile(path, name);
    if (!std::filesystem::exists(file, ignored))
      continue;
    GRAPHC_ASSIGN_OR_RETURN(Json document, readJsonFile(file, kConfigLimits));
    if (!document.is_object() || !document.contains(kKey))
      continue;
    Expected<std::string> found = templateOf(document[kKey]);
    if (!found)
      return found.status().withContext(file + ": " + kKey);
    if (!found->empty())
      return found;
  }
  return std::string();
}

} // namespace graphc
