#include "runtime/text/Charsmap.h"

#include <cstring>
#include <string>

namespace graphc {

namespace {

// The parts of a unit.
bool hasValue(uint32_t unit) { return unit >> 8 & 1; }
uint32_t valueOf(uint32_t unit) { return unit & 0x7FFFFFFF; }
/// Bit 31 is part of it, so that no value passes for a label.
uint32_t labelOf(uint32_t unit) { return unit & 0x800000FF; }
size_t offsetOf(uint32_t unit) { return size_t(unit >> 10) << ((unit & 0x200) >> 6); }

} // namespace

Expected<Charsmap> Charsmap::open(std::string_view bytes) {
  uint32_t trieBytes = 0;
  if (bytes.size() < sizeof(trieBytes))
    return badInput("a character map of " + std::to_string(bytes.size()) + " bytes has no header");
  std::memcpy(&trieBytes, bytes.data(), sizeof(trieBytes));
  bytes.remove_prefix(sizeof(trieBytes));
  if (trieBytes > bytes.size() || trieBytes % sizeof(uint32_t) || trieBytes == 0)
    return badInput("a character map's trie of " + std::to_string(trieBytes) +
                    " bytes does not fit into " + std::to_string(bytes.size()));
  Charsmap map;
  map.units = bytes.substr(0, trieBytes);
  map.texts = bytes.substr(trieBytes);
  return map;
}

/// Past the end there are units without children and values.
uint32_t Charsmap::unit(size_t index) const {
  uint32_t value = 0;
  if (index < units.size() / sizeof(value))
    std::memcpy(&value, units.data() + index * sizeof(value), sizeof(value));
  return value;
}

std::string_view Charsmap::textAt(uint32_t offset) const {
  std::string_view text = texts.substr(offset < texts.size() ? offset : texts.size());
  return text.substr(0, text.find('\0'));
}

std::optional<Charsmap::Match> Charsmap::find(std::string_view text, bool first) const {
  std::optional<Match> match;
  size_t index = offsetOf(unit(0));
  for (size_t length = 0; length < text.size();) {
    uint8_t byte = static_cast<uint8_t>(text[length++]);
    index ^= byte;
    uint32_t current = unit(index);
    if (byte == 0 || labelOf(current) != byte)
      break;
    index ^= offsetOf(current);
    if (!hasValue(current))
      continue;
    match = Match{length, textAt(valueOf(unit(index)))};
    if (first)
      break;
  }
  return match;
}

} // namespace graphc
