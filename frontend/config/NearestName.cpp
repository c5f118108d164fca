#include "frontend/config/NearestName.h"

#include <algorithm>
#include <numeric>
#include <vector>

namespace graphc {

/// Names in files may be long: only their first characters take part.
static constexpr size_t kComparedLength = 64;

static char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

/// Levenshtein distance, one row of the table at a time.
static size_t editDistance(std::string_view a, std::string_view b) {
  a = a.substr(0, kComparedLength);
  b = b.substr(0, kComparedLength);
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t(0));
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i + 1;
    for (size_t j = 0; j < b.size(); ++j) {
      size_t replaced = diagonal + (lower(a[i]) != lower(b[j]));
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row[b.size()];
}

std::string nearestNames(std::string_view name, std::span<const std::string_view> candidates,
                         size_t count) {
  std::vector<std::pair<size_t, std::string_view>> ranked;
  for (std::string_view candidate : candidates)
    ranked.emplace_back(editDistance(name, candidate), candidate);
  std::sort(ranked.begin(), ranked.end());
  std::string result;
  for (size_t i = 0; i < std::min(count, ranked.size()); ++i)
    result += (i ? ", '" : "'") + std::string(ranked[i].second) + "'";
  return result;
}

} // namespace graphc
