#include "frontend/weights/SafetensorsHeader.h"

#include "frontend/weights/HeaderParser.h"
#include "runtime/base/ByteReader.h"
#include "runtime/base/CheckedMath.h"
#include "runtime/base/Escape.h"
#include "runtime/base/TextFile.h"

#include <algorithm>
#include <limits>

namespace graphc {

static constexpr StoredType kStoredTypes[] = {
    {"F32", 32, ElementType::F32},
    {"F16", 16, ElementType::F16},
    {"BF16", 16, ElementType::BF16},
    {"BOOL", 8, {}},
    {"U8", 8, {}},
    {"I8", 8, {}},
    {"I16", 16, {}},
    {"U16", 16, {}},
    {"I32", 32, {}},
    {"U32", 32, {}},
    {"I64", 64, {}},
    {"U64", 64, {}},
    {"F64", 64, {}},
    {"C64", 64, {}},
    {"F8_E4M3", 8, {}},
    {"F8_E5M2", 8, {}},
    {"F8_E8M0", 8, {}},
    {"F8_E4M3FNUZ", 8, {}},
    {"F8_E5M2FNUZ", 8, {}},
    {"F6_E2M3", 6, {}},
    {"F6_E3M2", 6, {}},
    {"F4", 4, {}},
};

const StoredType *findStoredType(std::string_view name) {
  for (const StoredType &type : kStoredTypes) {
    if (type.name == name)
      return &type;
  }
  return nullptr;
}

/// The bytes of a tensor: empty when the number of bits does not fit int64_t or is not whole bytes.
/// Extents of zero count as one in the check, so that no partial product of them wraps either.
static std::optional<uint64_t> tensorBytes(std::span<const uint64_t> shape,
                                           const StoredType &type) {
  constexpr uint64_t kLimit = std::numeric_limits<int64_t>::max();
  uint64_t bits = type.bits;
  bool empty = false;
  for (uint64_t extent : shape) {
    empty |= extent == 0;
    std::optional<uint64_t> product = checkedMul(bits, std::max<uint64_t>(extent, 1));
    if (!product || *product > kLimit)
      return std::nullopt;
    bits = *product;
  }
  if (empty)
    return 0;
  return bits % 8 == 0 ? std::optional(bits / 8) : std::nullopt;
}

/// Checks one tensor by itself; its range becomes one of the file.
static Expected<StoredTensor> checkTensor(RawTensor &raw, uint64_t dataOffset, uint64_t dataSize,
                                          const std::string &what) {
  std::string place = what + ": tensor '" + escapeForMessage(raw.name) + "': ";
  const StoredType *type = findStoredType(raw.type);
  if (!type)
    return unsupported(place + "unknown element type '" + escapeForMessage(raw.type) + "'");
  std::optional<uint64_t> size = tensorBytes(raw.shape, *type);
  if (!size)
    return badInput(place + "a shape whose size in bytes is impossible");
  uint64_t begin = raw.offsets[0], end = raw.offsets[1];
  std::string range = "data_offsets " + std::to_string(begin) + " to " + std::to_string(end);
  if (begin > end)
    return badInput(place + range + " run backwards");
  if (end > dataSize)
    return badInput(place + range + " pass the end of the data, which has " +
                    std::to_string(dataSize) + " bytes");
  if (end - begin != *size)
    return badInput(place + range + " hold " + std::to_string(end - begin) +
                    " bytes, shape and type need " + std::to_string(*size));
  return StoredTensor{std::move(raw.name),
                      type,
                      {raw.shape.begin(), raw.shape.end()},
                      dataOffset + begin,
                      dataOffset + end};
}

static Status checkNames(const std::vector<StoredTensor> &tensors, const std::string &what) {
  std::vector<std::string_view> names;
  names.reserve(tensors.size());
  for (const StoredTensor &tensor : tensors)
    names.push_back(tensor.name);
  std::sort(names.begin(), names.end());
  auto twice = std::adjacent_find(names.begin(), names.end());
  if (twice == names.end())
    return {};
  return badInput(what + ": duplicate key '" + escapeForMessage(*twice) + "' in the header");
}

/// The ranges, sorted, must follow one another from the first byte of the data to its last.
static Status checkCoverage(const SafetensorsHeader &header, uint64_t fileSize,
                            const std::string &what) {
  uint64_t covered = header.dataOffset;
  for (const StoredTensor &tensor : header.tensors) {
    if (tensor.begin != covered)
      return badInput(what + ": tensor '" + escapeForMessage(tensor.name) + "': its data " +
                      (tensor.begin < covered ? "overlaps" : "leaves a hole behind") +
                      " the tensor before it (begins at " +
                      std::to_string(tensor.begin - header.dataOffset) + ", expected " +
                      std::to_string(covered - header.dataOffset) + ")");
    covered = tensor.end;
  }
  if (covered != fileSize)
    return badInput(what + ": " + std::to_string(fileSize - covered) +
                    " bytes at the end of the data belong to no tensor");
  return {};
}

static Expected<std::string_view> headerText(std::span<const std::byte> file,
                                             const std::string &what) {
  ByteReader reader(file, what);
  std::string_view start(reinterpret_cast<const char *>(file.data()),
                         std::min<size_t>(file.size(), 512));
  if (std::string foreign = describeForeignContent(start); !foreign.empty())
    return badInput(what + ": " + foreign);
  GRAPHC_ASSIGN_OR_RETURN(uint64_t length, reader.read<uint64_t>());
  if (length > kMaxSafetensorsHeader)
    return badInput(what + ": header of " + std::to_string(length) + " bytes, at most " +
                    std::to_string(kMaxSafetensorsHeader) +
                    " are allowed; is this a safetensors file?");
  return reader.takeString(length);
}

Expected<SafetensorsHeader> readSafetensorsHeader(std::span<const std::byte> file,
                                                  const std::string &what) {
  GRAPHC_ASSIGN_OR_RETURN(std::string_view text, headerText(file, what));
  GRAPHC_ASSIGN_OR_RETURN(std::vector<RawTensor> raw, parseHeaderText(text, what));
  SafetensorsHeader header;
  header.dataOffset = sizeof(uint64_t) + text.size();
  uint64_t dataSize = file.size() - header.dataOffset;
  for (RawTensor &tensor : raw) {
    GRAPHC_ASSIGN_OR_RETURN(StoredTensor checked,
                            checkTensor(tensor, header.dataOffset, dataSize, what));
    header.tensors.push_back(std::move(checked));
  }
  GRAPHC_RETURN_IF_ERROR(checkNames(header.tensors, what));
  std::sort(header.tensors.begin(), header.tensors.end(),
            [](const StoredTensor &a, const StoredTensor &b) {
              return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
            });
  GRAPHC_RETURN_IF_ERROR(checkCoverage(header, file.size(), what));
  return header;
}

} // namespace graphc
