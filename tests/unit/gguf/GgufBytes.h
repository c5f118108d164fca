// GGUF files for the tests, damaged ones too.
//
//   GgufBytes file;
//   file.string("general.architecture", "llama").tensor("a", {32, 2}, kQ8_0, std::string(68, 'x'));
//   std::string text = file.text();
#ifndef GRAPHC_TESTS_UNIT_GGUF_GGUFBYTES_H
#define GRAPHC_TESTS_UNIT_GGUF_GGUFBYTES_H

#include "frontend/gguf/GgufHeader.h"
#include "weights/SafetensorsFile.h"

namespace graphc::test {

/// Numbers of types, as files have them.
inline constexpr uint32_t kF32 = 0, kF16 = 1, kQ4_0 = 2, kQ8_0 = 8, kQ4_K = 12, kBF16 = 30;

template <typename Number>
std::string word(Number number) {
  return {reinterpret_cast<const char *>(&number), sizeof number};
}

/// A length and characters.
inline std::string gguString(const std::string &text) { return word<uint64_t>(text.size()) + text; }

class GgufBytes {
public:
  uint32_t version = 3;
  size_t alignment = 32;

  /// An entry whose value is any bytes.
  GgufBytes &entry(const std::string &key, GgufValueType type, const std::string &value) {
    entries += gguString(key) + word(static_cast<uint32_t>(type)) + value;
    ++entryCount;
    return *this;
  }
  GgufBytes &u32(const std::string &key, uint32_t value) {
    return entry(key, GgufValueType::U32, word(value));
  }
  GgufBytes &f32(const std::string &key, float value) {
    return entry(key, GgufValueType::F32, word(value));
  }
  GgufBytes &string(const std::string &key, const std::string &value) {
    return entry(key, GgufValueType::String, gguString(value));
  }
  /// `elements`: the bytes of all of them.
  GgufBytes &array(const std::string &key, GgufValueType type, uint64_t count,
                   const std::string &elements) {
    return entry(key, GgufValueType::Array,
                 word(static_cast<uint32_t>(type)) + word(count) + elements);
  }

  /// Extents fastest first, as in the file; the data stands behind that of the tensor before.
  GgufBytes &tensor(const std::string &name, const std::vector<uint64_t> &extents, uint32_t type,
                    const std::string &bytes) {
    const uint64_t offset = data.size();
    data += bytes;
    data.resize((data.size() + alignment - 1) / alignment * alignment);
    return tensorAt(name, extents, type, offset);
  }
  /// The same with any offset and no data.
  GgufBytes &tensorAt(const std::string &name, const std::vector<uint64_t> &extents, uint32_t type,
                      uint64_t offset) {
    tensors += gguString(name) + word(static_cast<uint32_t>(extents.size()));
    for (uint64_t extent : extents)
      tensors += word(extent);
    tensors += word(type) + word(offset);
    ++tensorCount;
    return *this;
  }
  /// A tensor of f32.
  GgufBytes &floats(const std::string &name, const std::vector<uint64_t> &extents,
                    const std::vector<float> &values) {
    return tensor(name, extents, kF32, bytesOf(values));
  }

  std::string text() const {
    std::string result =
        "GGUF" + word(version) + word(tensorCount) + word(entryCount) + entries + tensors;
    result.resize((result.size() + alignment - 1) / alignment * alignment);
    return result + data;
  }

private:
  uint64_t tensorCount = 0, entryCount = 0;
  std::string entries, tensors, data;
};

inline Expected<GgufHeader> readGguf(const std::string &file) {
  return readGgufHeader(std::as_bytes(std::span(file)), "m.gguf");
}
inline Expected<GgufHeader> readGguf(const GgufBytes &file) {
  // Values refer to the bytes.
  static std::string text;
  text = file.text();
  return readGguf(text);
}

} // namespace graphc::test

#endif // GRAPHC_TESTS_UNIT_GGUF_GGUFBYTES_H
