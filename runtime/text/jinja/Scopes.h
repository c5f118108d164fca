// The variables that a template sees.
#ifndef GRAPHC_RUNTIME_TEXT_JINJA_SCOPES_H
#define GRAPHC_RUNTIME_TEXT_JINJA_SCOPES_H

#include "runtime/text/jinja/Value.h"

#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace graphc::jinja {

using Scope = std::unordered_map<std::string, Value>;

/// Scopes inside each other. What is set goes to the innermost one and is gone with it. In a macro
/// only its own scopes are seen, and the outermost one, which is the template's.
class Scopes {
public:
  Scopes() : stack(1) {}

  void set(const std::string &name, Value value) { stack.back()[name] = std::move(value); }

  /// The variable, or null.
  const Value *find(const std::string &name) const {
    for (size_t i = stack.size(); i-- > macroBase;)
      if (auto found = stack[i].find(name); found != stack[i].end())
        return &found->second;
    auto found = stack.front().find(name);
    return found == stack.front().end() ? nullptr : &found->second;
  }

  /// A scope for as long as the object lives.
  class Inner {
  public:
    explicit Inner(Scopes &scopes, bool macro = false)
        : scopes(scopes), outerBase(scopes.macroBase) {
      if (macro)
        scopes.macroBase = scopes.stack.size();
      scopes.stack.emplace_back();
    }
    ~Inner() {
      scopes.stack.pop_back();
      scopes.macroBase = outerBase;
    }
    Inner(const Inner &) = delete;

  private:
    Scopes &scopes;
    size_t outerBase;
  };

private:
  std::vector<Scope> stack;
  size_t macroBase = 0; ///< The first scope of the innermost macro that runs.
};

} // namespace graphc::jinja

#endif // GRAPHC_RUNTIME_TEXT_JINJA_SCOPES_H
