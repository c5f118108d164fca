#include "tools/cli/CommandLine.h"

#include "runtime/base/Escape.h"
#include "tools/cli/Output.h"

#include <algorithm>
#include <cctype>
#include <vector>

namespace graphc {

/// Damerau-Levenshtein distance (swaps of neighbours only).
static size_t editDistance(std::string_view a, std::string_view b) {
  std::vector<std::vector<size_t>> d(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) {
    for (size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        d[i][j] = i + j;
        continue;
      }
      size_t replaced = d[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  }
  return d[a.size()][b.size()];
}

std::string nearestName(std::string_view word, std::span<const std::string> candidates) {
  constexpr size_t kLongestWord = 64;
  if (word.size() > kLongestWord)
    return "";
  std::string best;
  size_t bestDistance = std::max<size_t>(1, word.size() / 3) + 1;
  for (const std::string &candidate : candidates) {
    size_t distance = editDistance(word, candidate);
    if (distance < bestDistance) {
      bestDistance = distance;
      best = candidate;
    }
  }
  return best;
}

static std::vector<std::string> flagNames(const CLI::App &app) {
  std::vector<std::string> names;
  for (const CLI::Option *option : app.get_options()) {
    for (const std::string &name : option->get_lnames())
      names.push_back("--" + name);
  }
  return names;
}

/// "--tmep=1" -> "; did you mean --temp?"
static std::string hintFor(const CLI::App &app, std::string_view message) {
  size_t flag = message.find(" --");
  if (flag == std::string_view::npos)
    return "";
  std::string_view word = message.substr(flag + 1);
  word = word.substr(0, word.find_first_of(" =\n"));
  std::string nearest = nearestName(word, flagNames(app));
  return nearest.empty() ? "" : "; did you mean " + nearest + "?";
}

/// CLI11's message in this project's style: lower case, with the way to help.
static Status refusal(const CLI::App &app, const CLI::ParseError &error, const std::string &hint) {
  std::string message = escapeForMessage(error.what(), 300);
  bool word = message.size() > 1 && std::islower(static_cast<unsigned char>(message[1]));
  if (word)
    message[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(message[0])));
  return usageError(message + hint + "\n" + app.get_name() + " --help lists the flags");
}

Status parseFlags(CLI::App &app, int argc, const char *const *argv, bool &helpShown) {
  helpShown = false;
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp &) {
    helpShown = true;
    return writeOut(app.help());
  } catch (const CLI::ExtrasError &error) {
    return refusal(app, error, hintFor(app, error.what()));
  } catch (const CLI::ParseError &error) {
    return refusal(app, error, "");
  }
  return {};
}

} // namespace graphc
