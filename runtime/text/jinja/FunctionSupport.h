// What functions, filters and methods share.
#ifndef GRAPHC_RUNTIME_TEXT_JINJA_FUNCTIONSUPPORT_H
#define GRAPHC_RUNTIME_TEXT_JINJA_FUNCTIONSUPPORT_H

#include "runtime/text/jinja/Function.h"

namespace graphc::jinja {

// Typed access to arguments; BadInput says which was wrong.
Expected<std::string> stringArgument(const Arguments &arguments, size_t index);
/// The default when the argument was not given.
Expected<int64_t> integerArgument(const Arguments &arguments, size_t index, int64_t otherwise);

struct Replacement {
  const std::string &old;
  const std::string &with;
  int64_t limit; ///< Most occurrences; -1 for all.
};
Expected<Value> replaceText(Context &context, const std::string &text,
                            const Replacement &replacement);

/// A list of tuples (key, value).
Expected<Value> itemPairs(Context &context, const Value &mapping);

/// A member by a path like "function.name" or "0.id".
Expected<Value> attributeAt(Context &context, const Value &value, const Value &path);

/// What a value is sorted by: itself, or the member at a path; small letters unless case matters.
Expected<Value> sortKey(Context &context, const Value &value, const Value &path,
                        bool caseSensitive);

} // namespace graphc::jinja

#endif // GRAPHC_RUNTIME_TEXT_JINJA_FUNCTIONSUPPORT_H
