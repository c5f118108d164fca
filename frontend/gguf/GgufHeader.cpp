#include "frontend/gguf/GgufHeader.h"

#include "runtime/base/ByteReader.h"
#include "runtime/base/CheckedMath.h"
#include "runtime/base/Json.h"

#include <algorithm>
#include <bit>
#include <fstream>
#include <set>

namespace graphc {

static constexpr std::string_view kMagic = "GGUF";
static constexpr uint64_t kMaxDimensions = 4;
static constexpr uint64_t kMaxNameLength = 4096;
static constexpr int64_t kDefaultAlignment = 32;
/// The least that an entry and a tensor take in the file.
static constexpr uint64_t kLeastEntryBytes = 8 + 4 + 1;
static constexpr uint64_t kLeastTensorBytes = 8 + 4 + 8 + 4 + 8;

namespace {

class HeaderReader {
public:
  HeaderReader(std::span<const std::byte> bytes, const std::string &path)
      : bytes(bytes), path(path), in(bytes, path) {}

  Expected<GgufHeader> read();

private:
  Status readVersion();
  Status readEntry();
  Expected<GgufValue> readValue(const std::string &place);
  Expected<GgufValue> readArray(const std::string &place);
  Expected<GgufValueType> readType(const std::string &place);
  Status readTensor();
  Status placeTensor(GgufTensor &tensor, uint64_t offset, int64_t alignment);
  Status placeTensors();
  Status checkOverlaps() const;
  Expected<std::string> readName(const char *what);
  Expected<uint64_t> readCount(const char *what, uint64_t leastBytes);

  Status wrong(const std::string &place, const std::string &text) const {
    return badInput(path + ": " + place + ": " + text);
  }
  static std::string quoted(const std::string &kind, std::string_view name) {
    return kind + " '" + escapeForMessage(name, 200) + "'";
  }

  std::span<const std::byte> bytes;
  const std::string &path;
  ByteReader in;
  GgufHeader header;
  std::vector<uint64_t> offsets; ///< Of the tensors, from the beginning of the data.
};

} // namespace

Status HeaderReader::readVersion() {
  GRAPHC_ASSIGN_OR_RETURN(std::string_view magic, in.takeString(kMagic.size()));
  if (magic != kMagic)
    return wrong("magic", "expected 'GGUF', but found '" + escapeForMessage(magic) + "'");
  GRAPHC_ASSIGN_OR_RETURN(header.version, in.read<uint32_t>());
  if (header.version == 2 || header.version == 3)
    return {};
  // A small version whose bytes are turned round.
  if (__builtin_bswap32(header.version) <= 3)
    return unsupported(path + ": the file is big-endian; little-endian files are supported");
  return unsupported(path + ": version " + std::to_string(header.version) +
                     " is not supported; versions 2 and 3 are");
}

/// A number of things that take `leastBytes` each: no more than the file has room for.
Expected<uint64_t> HeaderReader::readCount(const char *what, uint64_t leastBytes) {
  GRAPHC_ASSIGN_OR_RETURN(uint64_t count, in.read<uint64_t>());
  if (count > in.remaining() / leastBytes)
    return wrong(what, "expected at most " + std::to_string(in.remaining() / leastBytes) +
                           ", for which the file has room, but found " + std::to_string(count));
  return count;
}

Expected<std::string> HeaderReader::readName(const char *what) {
  GRAPHC_ASSIGN_OR_RETURN(uint64_t length, in.read<uint64_t>());
  if (length == 0 || length > kMaxNameLength)
    return wrong(what, "expected 1 to " + std::to_string(kMaxNameLength) + " bytes, but found " +
                           std::to_string(length));
  GRAPHC_ASSIGN_OR_RETURN(std::string_view name, in.takeString(length));
  return std::string(name);
}

//===----------------------------------------------------------------------===//
// Metadata
//===----------------------------------------------------------------------===//

Expected<GgufValueType> HeaderReader::readType(const std::string &place) {
  GRAPHC_ASSIGN_OR_RETURN(uint32_t type, in.read<uint32_t>());
  if (type > static_cast<uint32_t>(GgufValueType::F64))
    return wrong(place, "expected a type from 0 to 12, but found " + std::to_string(type));
  return static_cast<GgufValueType>(type);
}

Expected<GgufValue> HeaderReader::readArray(const std::string &place) {
  GgufValue value{.type = GgufValueType::Array};
  GRAPHC_ASSIGN_OR_RETURN(value.elements, readType(place));
  if (value.elements == GgufValueType::Array)
    return unsupported(path + ": " + place + ": arrays of arrays are not supported");
  const bool isStrings = value.elements == GgufValueType::String;
  const auto size = static_cast<uint64_t>(isStrings ? 8 : byteSize(value.elements));
  GRAPHC_ASSIGN_OR_RETURN(value.count, readCount(place.c_str(), size));
  const size_t begin = in.offset();
  if (!isStrings) {
    GRAPHC_ASSIGN_OR_RETURN(value.bytes, in.take(value.count * size));
    return value;
  }
  for (uint64_t i = 0; i < value.count; ++i) {
    GRAPHC_ASSIGN_OR_RETURN(uint64_t length, in.read<uint64_t>());
    GRAPHC_RETURN_IF_ERROR(in.take(length).status());
  }
  value.bytes = bytes.subspan(begin, in.offset() - begin);
  return value;
}

Expected<GgufValue> HeaderReader::readValue(const std::string &place) {
  GRAPHC_ASSIGN_OR_RETURN(GgufValueType type, readType(place));
  if (type == GgufValueType::Array)
    return readArray(place);
  auto length = static_cast<uint64_t>(byteSize(type));
  if (type == GgufValueType::String) {
    GRAPHC_ASSIGN_OR_RETURN(length, in.read<uint64_t>());
  }
  GgufValue value{.type = type};
  GRAPHC_ASSIGN_OR_RETURN(value.bytes, in.take(length));
  return value;
}

Status HeaderReader::readEntry() {
  GRAPHC_ASSIGN_OR_RETURN(std::string key, readName("key"));
  const std::string place = quoted("key", key);
  GRAPHC_ASSIGN_OR_RETURN(GgufValue value, readValue(place));
  if (!header.metadata.add(std::move(key), value))
    return wrong(place, "it is there twice");
  return {};
}

//===----------------------------------------------------------------------===//
// Tensors
//===----------------------------------------------------------------------===//

Status HeaderReader::readTensor() {
  GgufTensor tensor;
  GRAPHC_ASSIGN_OR_RETURN(tensor.name, readName("tensor name"));
  const std::string place = quoted("tensor", tensor.name);
  GRAPHC_ASSIGN_OR_RETURN(uint32_t rank, in.read<uint32_t>());
  if (rank > kMaxDimensions)
    return wrong(place, "expected at most " + std::to_string(kMaxDimensions) +
                            " dimensions, but found " + std::to_string(rank));
  for (uint32_t i = 0; i < rank; ++i) {
    GRAPHC_ASSIGN_OR_RETURN(uint64_t extent, in.read<uint64_t>());
    if (extent == 0 || !std::in_range<int64_t>(extent))
      return wrong(place,
                   "expected extents from 1 to 2^63 - 1, but found " + std::to_string(extent));
    tensor.shape.push_back(static_cast<int64_t>(extent));
  }
  GRAPHC_ASSIGN_OR_RETURN(uint32_t type, in.read<uint32_t>());
  tensor.type = findGgufType(type);
  if (!tensor.type)
    return unsupported(path + ": " + place + ": type " + std::to_string(type) +
                       " is not known to graphc");
  const int64_t columns = tensor.shape.empty() ? 1 : tensor.shape.front();
  if (columns % tensor.type->blockNumbers != 0)
    return wrong(place, "expected rows of a multiple of " +
                            std::to_string(tensor.type->blockNumbers) + " numbers, as " +
                            std::string(tensor.type->name) + " has, but found " +
                            std::to_string(columns));
  std::ranges::reverse(tensor.shape);
  GRAPHC_ASSIGN_OR_RETURN(uint64_t offset, in.read<uint64_t>());
  offsets.push_back(offset);
  header.tensors.push_back(std::move(tensor));
  return {};
}

/// Where a tensor's bytes are.
Status HeaderReader::placeTensor(GgufTensor &tensor, uint64_t offset, int64_t alignment) {
  const std::string place = quoted("tensor", tensor.name);
  if (offset % static_cast<uint64_t>(alignment) != 0)
    return wrong(place, "expected an offset that is a multiple of general.alignment (" +
                            std::to_string(alignment) + "), but found " + std::to_string(offset));
  const std::vector<uint64_t> extents(tensor.shape.begin(), tensor.shape.end());
  std::optional<uint64_t> size = checkedProduct(extents);
  if (size)
    size = checkedMul(*size / static_cast<uint64_t>(tensor.type->blockNumbers),
                      static_cast<uint64_t>(tensor.type->blockBytes));
  const uint64_t room = bytes.size() - header.dataOffset;
  if (!size || offset > room || *size > room - offset)
    return wrong(place, "its data would end behind the file, which has " + std::to_string(room) +
                            " bytes of data");
  tensor.begin = header.dataOffset + offset;
  tensor.end = tensor.begin + *size;
  return {};
}

Status HeaderReader::checkOverlaps() const {
  std::vector<const GgufTensor *> sorted;
  for (const GgufTensor &tensor : header.tensors)
    sorted.push_back(&tensor);
  std::ranges::sort(sorted, {}, &GgufTensor::begin);
  for (size_t i = 1; i < sorted.size(); ++i)
    if (sorted[i]->begin < sorted[i - 1]->end)
      return wrong(quoted("tensor", sorted[i]->name),
                   "its data overlaps that of '" + escapeForMessage(sorted[i - 1]->name) + "'");
  return {};
}

Status HeaderReader::placeTensors() {
  GRAPHC_ASSIGN_OR_RETURN(std::optional<int64_t> stated,
                          header.metadata.integer("general.alignment"));
  const int64_t alignment = stated.value_or(kDefaultAlignment);
  if (alignment < 1 || alignment > (1 << 20) || !std::has_single_bit(uint64_t(alignment)))
    return header.metadata.wrong("general.alignment", "a power of two", std::to_string(alignment));
  // A file without tensors (a vocabulary) may end right behind the header.
  header.dataOffset = std::min<uint64_t>(
      static_cast<uint64_t>(roundUp(static_cast<int64_t>(in.offset()), alignment)), bytes.size());
  std::set<std::string_view> names;
  for (size_t i = 0; i < header.tensors.size(); ++i) {
    GgufTensor &tensor = header.tensors[i];
    if (!names.insert(tensor.name).second)
      return wrong(quoted("tensor", tensor.name), "it is there twice");
    GRAPHC_RETURN_IF_ERROR(placeTensor(tensor, offsets[i], alignment));
  }
  return checkOverlaps();
}

Expected<GgufHeader> HeaderReader::read() {
  header.metadata = GgufMetadata(path);
  GRAPHC_RETURN_IF_ERROR(readVersion());
  GRAPHC_ASSIGN_OR_RETURN(uint64_t tensors, readCount("tensor count", kLeastTensorBytes - 8));
  GRAPHC_ASSIGN_OR_RETURN(uint64_t entries, readCount("entry count", kLeastEntryBytes));
  for (uint64_t i = 0; i < entries; ++i)
    GRAPHC_RETURN_IF_ERROR(readEntry());
  for (uint64_t i = 0; i < tensors; ++i)
    GRAPHC_RETURN_IF_ERROR(readTensor());
  GRAPHC_RETURN_IF_ERROR(placeTensors());
  return std::move(header);
}

Expected<GgufHeader> readGgufHeader(std::span<const std::byte> bytes, const std::string &path) {
  return HeaderReader(bytes, path).read();
}

bool looksLikeGguf(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  std::string magic(kMagic.size(), '\0');
  return file.read(magic.data(), static_cast<std::streamsize>(magic.size())) && magic == kMagic;
}

} // namespace graphc
