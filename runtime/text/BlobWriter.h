// Parts of the tables that plans carry: hash tables, and the blob that sections are put into.
#ifndef GRAPHC_RUNTIME_TEXT_BLOBWRITER_H
#define GRAPHC_RUNTIME_TEXT_BLOBWRITER_H

#include "runtime/text/TokenizerFormat.h"

#include <cstddef>
#include <cstring>
#include <vector>

namespace graphc {

/// Slots of a hash table: at most three in five are taken.
inline size_t slotCount(size_t entries) { return entries * 5 / 3 + 2; }

/// Puts a slot into a table of which `isEmpty` slots are free; `same` tells whether a slot is to be
/// overwritten.
template <typename Slot, typename IsEmpty, typename Same>
void insertSlot(std::vector<Slot> &slots, uint64_t hash, const Slot &value, IsEmpty isEmpty,
                Same same) {
  size_t i = hashSlot(hash, slots.size());
  while (!isEmpty(slots[i]) && !same(slots[i]))
    i = i + 1 == slots.size() ? 0 : i + 1;
  slots[i] = value;
}

template <typename Slot>
void insertPair(std::vector<Slot> &slots, const Slot &value) {
  insertSlot(
      slots, hashPair(value.left, value.right), value,
      [](const Slot &slot) { return slot.left == kNone; },
      [&](const Slot &slot) { return slot.left == value.left && slot.right == value.right; });
}

/// A blob while it grows: the header's place, then section after section.
class BlobWriter {
public:
  BlobWriter() : bytes(sizeof(TokenizerHeader)) {}

  TokenizerHeader header = {};

  template <typename T>
  void add(Section section, const T *data, size_t count) {
    bytes.resize((bytes.size() + kSectionAlignment - 1) / kSectionAlignment * kSectionAlignment);
    header.sections[static_cast<size_t>(section)] = {bytes.size(), count * sizeof(T)};
    auto *begin = reinterpret_cast<const std::byte *>(data);
    bytes.insert(bytes.end(), begin, begin + count * sizeof(T));
  }
  template <typename T>
  void add(Section section, const std::vector<T> &values) {
    add(section, values.data(), values.size());
  }

  std::vector<std::byte> finish() {
    header.magic = kTokenizerMagic;
    header.version = kTokenizerVersion;
    header.totalSize = bytes.size();
    std::memcpy(bytes.data(), &header, sizeof(header));
    return std::move(bytes);
  }

private:
  std::vector<std::byte> bytes;
};

} // namespace graphc

#endif // GRAPHC_RUNTIME_TEXT_BLOBWRITER_H
