// KvStore: the reference's KV cache, rows of numbers per layer and sequence.
#ifndef GRAPHC_IR_REFERENCE_KVSTORE_H
#define GRAPHC_IR_REFERENCE_KVSTORE_H

#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

namespace graphc {

class KvStore {
public:
  /// Key and value of one position: [Hkv][D] each.
  struct Row {
    std::vector<float> key;
    std::vector<float> value;
  };

  /// Sets a row; one that is already there is replaced, as after a truncation.
  void set(int64_t layer, int32_t sequence, int32_t position, Row row) {
    std::vector<Row> &rows = sequences[{layer, sequence}];
    if (rows.size() <= static_cast<size_t>(position))
      rows.resize(static_cast<size_t>(position) + 1);
    rows[static_cast<size_t>(position)] = std::move(row);
  }

  /// A row, or null when it has not been set.
  const Row *find(int64_t layer, int32_t sequence, int32_t position) const {
    auto it = sequences.find({layer, sequence});
    if (it == sequences.end() || it->second.size() <= static_cast<size_t>(position))
      return nullptr;
    const Row &row = it->second[static_cast<size_t>(position)];
    return row.key.empty() ? nullptr : &row;
  }

private:
  std::map<std::pair<int64_t, int32_t>, std::vector<Row>> sequences;
};

} // namespace graphc

#endif // GRAPHC_IR_REFERENCE_KVSTORE_H
