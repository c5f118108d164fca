// Lists in messages: "a, b, c".
#ifndef GRAPHC_RUNTIME_BASE_TEXTLIST_H
#define GRAPHC_RUNTIME_BASE_TEXTLIST_H

#include <functional>
#include <string>
#include <string_view>

namespace graphc {

inline void appendToList(std::string &list, std::string_view item) {
  if (!list.empty())
    list += ", ";
  list += item;
}

/// What `text` makes of each item, a function or a member.
template <typename Items, typename Text = std::identity>
std::string listText(const Items &items, Text text = {}) {
  std::string list;
  for (const auto &item : items)
    appendToList(list, std::invoke(text, item));
  return list;
}

} // namespace graphc

#endif // GRAPHC_RUNTIME_BASE_TEXTLIST_H
