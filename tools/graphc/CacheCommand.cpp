// `graphc cache`: the plans that were compiled from models on the way.
#include "runtime/base/Escape.h"
#include "tools/cache/PlanCache.h"
#include "tools/cli/Columns.h"
#include "tools/cli/CommandLine.h"
#include "tools/cli/Output.h"
#include "tools/graphc/Commands.h"

namespace graphc {

namespace {

std::string megabytes(uint64_t bytes) {
  return numberText(static_cast<double>(bytes) / 1e6, 1) + " MB";
}

std::string timeText(std::time_t time) {
  char text[32];
  std::tm local = {};
  ::localtime_r(&time, &local);
  return {text, std::strftime(text, sizeof(text), "%Y-%m-%d %H:%M", &local)};
}

/// A string of a key, or "?" when the key is damaged.
std::string modelOf(const PlanCache::Entry &entry) {
  if (entry.key.is_null() || !entry.key.contains("model") || !entry.key["model"].is_string())
    return "?";
  return entry.key["model"].get<std::string>();
}

std::string optionsOf(const PlanCache::Entry &entry) {
  std::string text;
  if (entry.key.is_null() || !entry.key.contains("options"))
    return text;
  for (const Json &option : entry.key["options"])
    text += (text.empty() ? "" : " ") + (option.is_string() ? option.get<std::string>() : "?");
  return text;
}

std::string listText(const std::vector<PlanCache::Entry> &entries) {
  TextTable table({"model", "options", "size", "last used"}, 2);
  uint64_t total = 0;
  for (const PlanCache::Entry &entry : entries) {
    total += entry.bytes;
    table.add({escapeForMessage(modelOf(entry), 300), escapeForMessage(optionsOf(entry), 300),
               megabytes(entry.bytes), timeText(entry.lastUsed)});
  }
  return (entries.empty() ? "" : table.text()) + std::to_string(entries.size()) +
         (entries.size() == 1 ? " plan, " : " plans, ") + megabytes(total) + "\n";
}

std::string listJson(const std::string &folder, uint64_t limit, const PlanCache &cache) {
  Json list = Json::array();
  for (const PlanCache::Entry &entry : cache.entries())
    list.push_back({{"plan", cache.planPath(entry.name)},
                    {"model", modelOf(entry)},
                    {"options", optionsOf(entry)},
                    {"bytes", entry.bytes},
                    {"last_used", entry.lastUsed}});
  return jsonText({{"schema", 1}, {"folder", folder}, {"limit", limit}, {"entries", list}}) + "\n";
}

} // namespace

Status cacheCommand(int argc, const char *const *argv) {
  CLI::App app("List or remove the plans that 'graphc run MODEL' and its like have compiled. "
               "GRAPHC_CACHE_LIMIT (64G) says how much they may take; those used longest ago go "
               "first.",
               "graphc cache");
  std::string action;
  bool json = false, helpShown = false;
  app.add_option("ACTION", action, "list, clear, or path (where they are)")
      ->required()
      ->check(CLI::IsMember({"list", "clear", "path"}));
  app.add_flag("--json", json, "print the list as JSON");
  GRAPHC_RETURN_IF_ERROR(parseFlags(app, argc, argv, helpShown));
  if (helpShown)
    return {};
  std::optional<std::filesystem::path> folder = PlanCache::usualFolder();
  if (!folder)
    return usageError("there is no cache: neither XDG_CACHE_HOME nor HOME names a folder");
  if (action == "path")
    return writeOut(folder->string() + "\n");
  GRAPHC_ASSIGN_OR_RETURN(uint64_t limit, PlanCache::limit());
  GRAPHC_ASSIGN_OR_RETURN(PlanCache cache, PlanCache::open(*folder));
  if (action == "clear")
    return writeOut("removed " + megabytes(cache.clear()) + "\n");
  return writeOut(json ? listJson(folder->string(), limit, cache) : listText(cache.entries()));
}

} // namespace graphc
