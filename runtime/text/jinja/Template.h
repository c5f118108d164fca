// Chat templates: a part of jinja that is enough for those that models come with, and no more than
// is safe to run. A template sees what it is given and nothing else: no file, no network, no
// attribute of the program; it ends within its limits, and its errors name the line.
//
// What there is:
//   tags         {{ }}, {% %}, {# #}, with the signs - and +; trim_blocks and lstrip_blocks are on
//   statements   if elif else, for (if, else, unpacking), break, continue, set (names, several
//                names, members of a namespace, blocks), macro, raw, generation
//   expressions  literals, lists, tuples, mappings with strings as keys, . [] slices, calls,
//                arithmetic on 64-bit integers and floats, ~, comparisons (chains too), in,
//                and or not, if else, filters, tests
//   loop         index index0 revindex revindex0 first last length previtem nextitem depth depth0
//                cycle changed
//   functions    GlobalFunctions.cpp; filters: TextFilters.cpp, ListFilters.cpp,
//                SelectFilters.cpp; tests: Tests.cpp; methods: StringMethods.cpp,
//                ContainerMethods.cpp
//
// What jinja has and this has not is an error (Unsupported) that says so: include, import, extends,
// block, call, filter blocks, with, recursive loops, macros inside of loops, format strings.
// docs/chat-templates.md is the user's page.
#ifndef GRAPHC_RUNTIME_TEXT_JINJA_TEMPLATE_H
#define GRAPHC_RUNTIME_TEXT_JINJA_TEMPLATE_H

#include "runtime/text/jinja/Ast.h"

#include <ctime>
#include <string>
#include <string_view>

namespace graphc::jinja {

class Template {
public:
  /// `name` is what errors call the template: its file. BadInput or Unsupported with "NAME:LINE:".
  static Expected<Template> parse(std::string_view source, std::string name,
                                  const Limits &limits = {});

  /// The text for these variables, which must be a mapping. `now` is what strftime_now() shows.
  Expected<std::string> render(const Value &variables, std::time_t now = std::time(nullptr)) const;

private:
  Template(Block body, std::string name, const Limits &limits)
      : body(std::move(body)), name(std::move(name)), limits(limits) {}

  Block body;
  std::string name;
  Limits limits;
};

} // namespace graphc::jinja

#endif // GRAPHC_RUNTIME_TEXT_JINJA_TEMPLATE_H
