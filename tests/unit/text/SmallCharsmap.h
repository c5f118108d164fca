// SentencePiece character maps for tests.
#ifndef GRAPHC_TESTS_UNIT_TEXT_SMALLCHARSMAP_H
#define GRAPHC_TESTS_UNIT_TEXT_SMALLCHARSMAP_H

#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <map>
#include <string>
#include <vector>

namespace graphc::test {

/// A map from keys to texts. Every node of the trie has 256 units for its children, so none get in
/// each other's way.
class SmallCharsmap {
public:
  SmallCharsmap(std::initializer_list<std::pair<const char *, const char *>> entries) : units(1) {
    for (const auto &[key, text] : entries)
      add(key, text);
  }

  std::string bytes() const {
    auto size = static_cast<uint32_t>(units.size() * sizeof(uint32_t));
    std::string result(sizeof(size) + size, '\0');
    std::memcpy(result.data(), &size, sizeof(size));
    std::memcpy(result.data() + sizeof(size), units.data(), size);
    return result + texts;
  }

private:
  /// First unit of a node's children; takes them when it has none.
  uint32_t childrenOf(uint32_t index) {
    if (auto found = children.find(index); found != children.end())
      return found->second;
    auto first = static_cast<uint32_t>((units.size() + 255) / 256 * 256);
    units.resize(first + 256, 0x80000100); // Labels that no byte has.
    units[index] |= (index ^ first) << 10;
    return children[index] = first;
  }

  void add(const std::string &key, const std::string &text) {
    uint32_t index = 0;
    for (char byte : key) {
      uint32_t next = childrenOf(index) + static_cast<uint8_t>(byte);
      if (units[next] & 0x80000000)
        units[next] = static_cast<uint8_t>(byte);
      index = next;
    }
    uint32_t value = childrenOf(index);
    units[index] |= 0x100;
    units[value] = 0x80000000 | static_cast<uint32_t>(texts.size());
    texts += text + '\0';
  }

  std::vector<uint32_t> units;
  std::map<uint32_t, uint32_t> children;
  std::string texts;
};

} // namespace graphc::test

#endif // GRAPHC_TESTS_UNIT_TEXT_SMALLCHARSMAP_H
