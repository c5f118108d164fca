// Values as text: as a template writes them, as Python shows them, as JSON.
#ifndef GRAPHC_RUNTIME_TEXT_JINJA_VALUETEXT_H
#define GRAPHC_RUNTIME_TEXT_JINJA_VALUETEXT_H

#include "runtime/text/jinja/Value.h"

#include <optional>

namespace graphc::jinja {

/// As `{{ value }}` writes it, which is Python's str(): nothing for an undefined value, 'True',
/// 'None', and lists and mappings as Python writes them.
Expected<std::string> toText(Budget &budget, const Value &value);

/// Python's str() of a float: the shortest digits that name it.
std::string floatText(double value);

struct JsonStyle {
  bool ascii = false; ///< Other characters as \uHHHH.
  std::optional<std::string> indent =
      {}; ///< Before the members of each level; lines if it is there.
  std::string itemSeparator = ", ";
  std::string keySeparator = ": ";
  bool sortKeys = false;
};

/// As Python's json.dumps writes it. BadInput for what JSON does not have.
Expected<std::string> toJson(Budget &budget, const Value &value, const JsonStyle &style);

} // namespace graphc::jinja

#endif // GRAPHC_RUNTIME_TEXT_JINJA_VALUETEXT_H
