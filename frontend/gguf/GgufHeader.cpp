#include "frontend/gguf/GgufHeader.h"

#include "runtime/base/ByteReader.h"
#include "runtime/base/CheckedMath.h"
#include "runtime/base/Escape.h"
#include "runtime/base/TextFile.h"

#include <algorithm>
#include <bit>
#include <filesystem>
#include <fstream>
#include <set>

namespace graphc {

static constexpr std::string_view kMagic = "GGUF";
static constexpr uint64_t kMaxDimensions = 4;
static constexpr uint64_t kMaxNameLength = 4096;
static constexpr int64_t kDefaultAlignment = 32;
static constexpr int64_t kMaxAlignment = 1 << 16;
/// The least that an entry and a tensor take in the file.
static constexpr uint64_t kLeastEntryBytes = 8 + 1 + 4 + 1;
static constexpr uint64_t kLeastTensorBytes = 8 + 1 + 4 + 4 + 8;

namespace {

/// Failures say what is wrong; read() puts the file and `place` in front of them.
class HeaderReader {
public:
  explicit HeaderReader(std::span<const std::byte> bytes) : bytes(bytes), in(bytes, "header") {}

  Expected<GgufHeader> read(const std::string &path);

private:
  Status readAll();
  Status readVersion();
  Status readEntry();
  Expected<GgufValue> readValue();
  Expected<GgufValue> readArray();
  Expected<GgufValueType> readType();
  Status readTensor();
  Expected<int64_t> readAlignment();
  Status placeTensor(GgufTensor &tensor, uint64_t offset, int64_t alignment);
  Status placeTensors();
  Status checkOverlaps();
  Expected<std::string> readName(const char *kind, int64_t number);
  Expected<uint64_t> readCount(uint64_t leastBytes);

  void enter(const char *kind, std::string_view name) {
    place = std::string(kind) + " '" + escapeForMessage(name, 200) + "'";
  }

  std::span<const std::byte> bytes;
  ByteReader in;
  std::string place = "header";
  GgufHeader header;
  std::vector<uint64_t> offsets; ///< Of the tensors, from the beginning of the data.
};

} // namespace

static Status wrong(const std::string &expected, const std::string &found) {
  return badInput("expected " + expected + ", but found " + found);
}

Status HeaderReader::readVersion() {
  GRAPHC_ASSIGN_OR_RETURN(std::string_view magic, in.takeString(kMagic.size()));
  if (magic != kMagic)
    return wrong("'GGUF' in front", "'" + escapeForMessage(magic) + "'");
  GRAPHC_ASSIGN_OR_RETURN(header.version, in.read<uint32_t>());
  if (header.version == 2 || header.version == 3)
    return {};
  // A small version whose bytes are turned round.
  if (header.version != 0 && __builtin_bswap32(header.version) <= 3)
    return unsupported("the file is big-endian; little-endian files are supported");
  return unsupported("version " + std::to_string(header.version) +
                     " is not supported; versions 2 and 3 are");
}

/// A number of things that take `leastBytes` each: no more than the file has room for.
Expected<uint64_t> HeaderReader::readCount(uint64_t leastBytes) {
  GRAPHC_ASSIGN_OR_RETURN(uint64_t count, in.read<uint64_t>());
  const uint64_t room = in.remaining() / leastBytes;
  if (count > room)
    return wrong("at most " + std::to_string(room) + ", for which the file has room",
                 std::to_string(count));
  return count;
}

/// The name of entry or tensor `number`, which is then the place.
Expected<std::string> HeaderReader::readName(const char *kind, int64_t number) {
  place = std::string(kind) + " " + std::to_string(number);
  GRAPHC_ASSIGN_OR_RETURN(uint64_t length, in.read<uint64_t>());
  if (length == 0 || length > kMaxNameLength)
    return wrong("a name of 1 to " + std::to_string(kMaxNameLength) + " bytes",
                 std::to_string(length));
  GRAPHC_ASSIGN_OR_RETURN(std::string_view name, in.takeString(length));
  enter(kind, name);
  return std::string(name);
}

//===----------------------------------------------------------------------===//
// Metadata
//===----------------------------------------------------------------------===//

Expected<GgufValueType> HeaderReader::readType() {
  GRAPHC_ASSIGN_OR_RETURN(uint32_t type, in.read<uint32_t>());
  if (type > static_cast<uint32_t>(GgufValueType::F64))
    return wrong("a type of values from 0 to 12", std::to_string(type));
  return static_cast<GgufValueType>(type);
}

Expected<GgufValue> HeaderReader::readArray() {
  GgufValue value{.type = GgufValueType::Array};
  GRAPHC_ASSIGN_OR_RETURN(value.elements, readType());
  if (value.elements == GgufValueType::Array)
    return unsupported("arrays of arrays are not supported");
  const bool isStrings = value.elements == GgufValueType::String;
  const auto size = static_cast<uint64_t>(isStrings ? 8 : byteSize(value.elements));
  GRAPHC_ASSIGN_OR_RETURN(value.count, readCount(size));
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

Expected<GgufValue> HeaderReader::readValue() {
  GRAPHC_ASSIGN_OR_RETURN(GgufValueType type, readType());
  if (type == GgufValueType::Array)
    return readArray();
  auto length = static_cast<uint64_t>(byteSize(type));
  if (type == GgufValueType::String) {
    GRAPHC_ASSIGN_OR_RETURN(length, in.read<uint64_t>());
  }
  GgufValue value{.type = type};
  GRAPHC_ASSIGN_OR_RETURN(value.bytes, in.take(length));
  return value;
}

Status HeaderReader::readEntry() {
  GRAPHC_ASSIGN_OR_RETURN(std::string key, readName("key", header.metadata.size()));
  GRAPHC_ASSIGN_OR_RETURN(GgufValue value, readValue());
  if (!header.metadata.add(std::move(key), value))
    return badInput("it is there twice");
  return {};
}

//===----------------------------------------------------------------------===//
// Tensors
//===----------------------------------------------------------------------===//

Status HeaderReader::readTensor() {
  GgufTensor tensor;
  GRAPHC_ASSIGN_OR_RETURN(tensor.name, readName("tensor", std::ssize(header.tensors)));
  GRAPHC_ASSIGN_OR_RETURN(uint32_t rank, in.read<uint32_t>());
  if (rank > kMaxDimensions)
    return wrong("at most " + std::to_string(kMaxDimensions) + " dimensions", std::to_string(rank));
  for (uint32_t i = 0; i < rank; ++i) {
    GRAPHC_ASSIGN_OR_RETURN(uint64_t extent, in.read<uint64_t>());
    if (extent == 0 || !std::in_range<int64_t>(extent))
      return wrong("extents from 1 to 2^63 - 1", std::to_string(extent));
    tensor.shape.push_back(static_cast<int64_t>(extent));
  }
  GRAPHC_ASSIGN_OR_RETURN(uint32_t type, in.read<uint32_t>());
  tensor.type = findGgufType(type);
  if (!tensor.type)
    return unsupported("type " + std::to_string(type) + " is not known to graphc");
  const int64_t columns = tensor.shape.empty() ? 1 : tensor.shape.front();
  if (columns % tensor.type->blockNumbers != 0)
    return wrong("rows of a multiple of " + std::to_string(tensor.type->blockNumbers) +
                     " numbers, as " + std::string(tensor.type->name) + " has",
                 std::to_string(columns));
  std::ranges::reverse(tensor.shape);
  GRAPHC_ASSIGN_OR_RETURN(uint64_t offset, in.read<uint64_t>());
  offsets.push_back(offset);
  header.tensors.push_back(std::move(tensor));
  return {};
}

Expected<int64_t> HeaderReader::readAlignment() {
  static constexpr std::string_view kKey = "general.alignment";
  enter("key", kKey);
  const GgufValue *value = header.metadata.find(kKey);
  const int64_t alignment = value ? integerOf(*value).value_or(0) : kDefaultAlignment;
  if (alignment < 1 || alignment > kMaxAlignment || !std::has_single_bit(uint64_t(alignment)))
    return wrong("a power of two up to " + std::to_string(kMaxAlignment),
                 alignment == 0 ? describe(*value) : std::to_string(alignment));
  return alignment;
}

/// Says where a tensor's bytes are.
Status HeaderReader::placeTensor(GgufTensor &tensor, uint64_t offset, int64_t alignment) {
  enter("tensor", tensor.name);
  if (offset % static_cast<uint64_t>(alignment) != 0)
    return wrong("an offset that is a multiple of " + std::to_string(alignment) +
                     " (general.alignment)",
                 std::to_string(offset));
  const std::vector<uint64_t> extents(tensor.shape.begin(), tensor.shape.end());
  std::optional<uint64_t> size = checkedProduct(extents);
  if (size)
    size = checkedMul(*size / static_cast<uint64_t>(tensor.type->blockNumbers),
                      static_cast<uint64_t>(tensor.type->blockBytes));
  const uint64_t room = bytes.size() - header.dataOffset;
  if (!size || offset > room || *size > room - offset)
    return wrong("data inside the file, which has " + std::to_string(room) + " bytes of it",
                 (size ? std::to_string(*size) : "more than 2^64") + " at offset " +
                     std::to_string(offset));
  tensor.begin = header.dataOffset + offset;
  tensor.end = tensor.begin + *size;
  return {};
}

Status HeaderReader::checkOverlaps() {
  std::vector<const GgufTensor *> sorted;
  for (const GgufTensor &tensor : header.tensors)
    sorted.push_back(&tensor);
  std::ranges::sort(sorted, {}, &GgufTensor::begin);
  for (size_t i = 1; i < sorted.size(); ++i) {
    enter("tensor", sorted[i]->name);
    if (sorted[i]->begin < sorted[i - 1]->end)
      return badInput("its data overlaps that of '" + escapeForMessage(sorted[i - 1]->name, 200) +
                      "'");
  }
  return {};
}

Status HeaderReader::placeTensors() {
  GRAPHC_ASSIGN_OR_RETURN(int64_t alignment, readAlignment());
  // A file without tensors (a vocabulary) may end right behind the header.
  header.dataOffset = std::min<uint64_t>(
      static_cast<uint64_t>(roundUp(static_cast<int64_t>(in.offset()), alignment)), bytes.size());
  std::set<std::string_view> names;
  for (size_t i = 0; i < header.tensors.size(); ++i) {
    GRAPHC_RETURN_IF_ERROR(placeTensor(header.tensors[i], offsets[i], alignment));
    if (!names.insert(header.tensors[i].name).second)
      return badInput("it is there twice");
  }
  return checkOverlaps();
}

Status HeaderReader::readAll() {
  GRAPHC_RETURN_IF_ERROR(readVersion());
  place = "number of tensors";
  GRAPHC_ASSIGN_OR_RETURN(uint64_t tensors, readCount(kLeastTensorBytes));
  place = "number of keys";
  GRAPHC_ASSIGN_OR_RETURN(uint64_t entries, readCount(kLeastEntryBytes));
  for (uint64_t i = 0; i < entries; ++i)
    GRAPHC_RETURN_IF_ERROR(readEntry());
  for (uint64_t i = 0; i < tensors; ++i)
    GRAPHC_RETURN_IF_ERROR(readTensor());
  return placeTensors();
}

Expected<GgufHeader> HeaderReader::read(const std::string &path) {
  header.metadata = GgufMetadata(path);
  if (Status status = readAll(); !status.ok())
    return status.withContext(path + ": " + place);
  return std::move(header);
}

Expected<GgufHeader> readGgufHeader(std::span<const std::byte> bytes, const std::string &path) {
  const std::string foreign = describeForeignContent(
      {reinterpret_cast<const char *>(bytes.data()), std::min<size_t>(bytes.size(), 4096)});
  if (!foreign.empty())
    return badInput(path + ": " + foreign);
  return HeaderReader(bytes).read(path);
}

bool looksLikeGguf(const std::string &path) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored))
    return false; // A pipe would wait for its writer.
  std::ifstream file(path, std::ios::binary);
  std::string magic(kMagic.size(), '\0');
  return file.read(magic.data(), static_cast<std::streamsize>(magic.size())) && magic == kMagic;
}

} // namespace graphc
