#include "tools/cli/Lists.h"

#include "runtime/base/Escape.h"

#include <algorithm>
#include <charconv>

namespace graphc {

Expected<std::vector<int64_t>> parseNumberList(const std::string &flag, std::string_view text,
                                               int64_t min, int64_t max) {
  std::vector<int64_t> result;
  std::string_view rest = text;
  while (true) {
    std::string_view item = rest.substr(0, rest.find(','));
    int64_t value = 0;
    auto [end, error] = std::from_chars(item.data(), item.data() + item.size(), value);
    if (error != std::errc() || end != item.data() + item.size() || value < min || value > max)
      return usageError(flag + ": expected numbers from " + std::to_string(min) + " to " +
                        std::to_string(max) + " as in 1,2,8 but got '" + escapeForMessage(text) +
                        "'");
    if (std::find(result.begin(), result.end(), value) == result.end())
      result.push_back(value);
    if (item.size() == rest.size())
      return result;
    rest.remove_prefix(item.size() + 1);
  }
}

} // namespace graphc
