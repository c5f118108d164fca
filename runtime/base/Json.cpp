#include "runtime/base/Json.h"

#include "runtime/base/Escape.h"
#include "runtime/base/TextFile.h"

#include <algorithm>
#include <unordered_set>
#include <vector>

namespace graphc {

namespace {

/// First pass over a document: refuses what the DOM parser would accept silently.
class LimitChecker : public nlohmann::json_sax<Json> {
public:
  LimitChecker(const JsonLimits &limits) : limits(limits) {}

  std::string error;
  size_t position = 0;

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t &) override { return true; }
  bool string(string_t &) override { return true; }
  bool binary(binary_t &) override { return true; }
  bool start_array(size_t) override { return enter(); }
  bool end_array() override { return leave(); }
  bool start_object(size_t) override { return enter(); }
  bool end_object() override { return leave(); }

  bool key(string_t &name) override {
    if (open.back().insert(name).second)
      return true;
    error = "duplicate key '" + escapeForMessage(name) + "'";
    return false;
  }

  bool parse_error(size_t at, const std::string &,
                   const nlohmann::detail::exception &why) override {
    position = at;
    std::string_view text = why.what();
    size_t detail = text.rfind("; ");
    error =
        "not valid JSON: " +
        escapeForMessage(detail == std::string_view::npos ? text : text.substr(detail + 2), 160);
    return false;
  }

private:
  bool enter() {
    open.emplace_back();
    if (static_cast<int>(open.size()) <= limits.maxDepth)
      return true;
    error = "nested deeper than " + std::to_string(limits.maxDepth) + " levels";
    return false;
  }
  bool leave() {
    open.pop_back();
    return true;
  }

  const JsonLimits &limits;
  std::vector<std::unordered_set<std::string>> open;
};

std::string lineAndColumn(std::string_view text, size_t position) {
  std::string_view before = text.substr(0, std::min(position, text.size()));
  size_t line = 1 + static_cast<size_t>(std::count(before.begin(), before.end(), '\n'));
  size_t lineStart = before.rfind('\n');
  size_t column = before.size() - (lineStart == std::string_view::npos ? 0 : lineStart + 1);
  return "line " + std::to_string(line) + ", column " + std::to_string(column);
}

} // namespace

Expected<Json> parseJson(std::string_view text, const std::string &what, const JsonLimits &limits) {
  if (text.size() > limits.maxBytes)
    return badInput(what + ": " + std::to_string(text.size()) + " bytes of JSON, at most " +
                    std::to_string(limits.maxBytes) + " are accepted");
  if (std::string foreign = describeForeignContent(text); !foreign.empty())
    return badInput(what + ": " + foreign);
  LimitChecker checker(limits);
  if (!Json::sax_parse(text, &checker)) {
    std::string place = checker.position ? " (" + lineAndColumn(text, checker.position) + ")" : "";
    return badInput(what + ": " + checker.error + place);
  }
  Json result = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (result.is_discarded())
    return badInput(what + ": not valid JSON");
  return result;
}

Expected<Json> readJsonFile(const std::string &path, const JsonLimits &limits) {
  GRAPHC_ASSIGN_OR_RETURN(std::string text, readTextFile(path, limits.maxBytes));
  return parseJson(text, path, limits);
}

std::string jsonText(const Json &document, int indent) {
  return document.dump(indent, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
}

} // namespace graphc
