// What the readers and writers of the header's parts share: limits, lists, names.
#ifndef GRAPHC_RUNTIME_PLAN_HEADERJSON_H
#define GRAPHC_RUNTIME_PLAN_HEADERJSON_H

#include "runtime/base/Escape.h"
#include "runtime/plan/FieldReader.h"
#include "runtime/plan/PlanHeader.h"

#include <algorithm>
#include <array>
#include <vector>

namespace graphc {

// Upper limits of what a header may say. Far above any real model, far below where a product of a
// few of them leaves 63 bits.
inline constexpr int64_t kMaxExtent = int64_t(1) << 28;
inline constexpr int64_t kMaxTokens = int64_t(1) << 20;
inline constexpr int64_t kMaxContext = int64_t(1) << 28;
inline constexpr int64_t kMaxHeads = int64_t(1) << 14;
inline constexpr uint64_t kMaxBytes = uint64_t(1) << 50;
inline constexpr size_t kMaxLayers = 1 << 14;
inline constexpr size_t kMaxWeights = 1 << 20;
inline constexpr size_t kMaxDispatches = 1 << 22;
inline constexpr size_t kMaxArgs = 1 << 10;
inline constexpr size_t kMaxRank = 8;
inline constexpr size_t kMaxList = 1 << 16;

template <typename T>
void putIfPresent(Json &json, const char *key, const std::optional<T> &value) {
  if (value)
    json[key] = *value;
}

template <typename T, typename Fn>
Json listToJson(const std::vector<T> &list, Fn convert) {
  Json result = Json::array();
  for (const T &element : list)
    result.push_back(convert(element));
  return result;
}

template <typename T, typename Fn>
std::vector<T> readList(const FieldReader &reader, size_t max, Fn readElement) {
  std::vector<T> result;
  size_t count = reader.arraySize(max);
  result.reserve(count);
  for (size_t i = 0; i < count && reader.ok(); ++i)
    result.push_back(readElement(reader[i]));
  return result;
}

/// The index of a string in a table of names.
template <size_t N>
size_t readName(const FieldReader &reader, const std::array<std::string_view, N> &names) {
  std::string name = reader.string();
  auto found = std::find(names.begin(), names.end(), name);
  if (found != names.end())
    return static_cast<size_t>(found - names.begin());
  reader.fail("unknown name '" + escapeForMessage(name) + "'");
  return 0;
}

/// A program for one kind of processor: its kernels and their schedule.
Json writeVariant(const PlanVariant &variant);
PlanVariant readVariant(const FieldReader &reader, const PlanHeader &header);

} // namespace graphc

#endif // GRAPHC_RUNTIME_PLAN_HEADERJSON_H
