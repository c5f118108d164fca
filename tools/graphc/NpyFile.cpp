#include "tools/graphc/NpyFile.h"

#include "runtime/base/ByteReader.h"
#include "runtime/base/CheckedMath.h"
#include "runtime/base/Escape.h"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace graphc {

static constexpr std::string_view kMagic = "\x93NUMPY";
static constexpr size_t kMaxRank = 8;
static constexpr int64_t kMaxExtent = int64_t(1) << 40;

/// What stands behind "'key':" in the header's dictionary, without blanks; empty if nothing does.
static std::string_view valueOf(std::string_view header, std::string_view key) {
  size_t at = header.find("'" + std::string(key) + "'");
  at = at == std::string_view::npos ? at : header.find(':', at);
  at = at == std::string_view::npos ? at : header.find_first_not_of(' ', at + 1);
  return at == std::string_view::npos ? "" : header.substr(at);
}

/// "(64, 2048, 1024)" or "(5,)"; nothing for another text.
static std::optional<std::vector<int64_t>> parseShape(std::string_view text) {
  if (!text.starts_with('('))
    return std::nullopt;
  text.remove_prefix(1);
  std::vector<int64_t> shape;
  while (shape.size() <= kMaxRank) {
    text.remove_prefix(std::min(text.find_first_not_of(", "), text.size()));
    if (text.starts_with(')'))
      return shape;
    int64_t extent = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), extent);
    if (error != std::errc() || extent < 0 || extent > kMaxExtent)
      return std::nullopt;
    shape.push_back(extent);
    text.remove_prefix(static_cast<size_t>(end - text.data()));
  }
  return std::nullopt;
}

Expected<NpyFile> NpyFile::open(const std::string &path) {
  NpyFile npy;
  GRAPHC_ASSIGN_OR_RETURN(npy.file, MappedFile::open(path));
  GRAPHC_RETURN_IF_ERROR(npy.readHeader());
  return npy;
}

Status NpyFile::readHeader() {
  const std::string &path = file.path();
  ByteReader reader(file.bytes(), path);
  auto magic = reader.takeString(kMagic.size());
  if (!magic.ok() || *magic != kMagic)
    return badInput(path + ": not a NumPy file");
  GRAPHC_ASSIGN_OR_RETURN(uint8_t version, reader.read<uint8_t>());
  GRAPHC_ASSIGN_OR_RETURN(uint8_t minor, reader.read<uint8_t>());
  uint32_t length = 0;
  if (version == 1 && minor == 0) {
    GRAPHC_ASSIGN_OR_RETURN(length, reader.read<uint16_t>());
  } else if (version == 2 || version == 3) {
    GRAPHC_ASSIGN_OR_RETURN(length, reader.read<uint32_t>());
  } else {
    return unsupported(path + ": a NumPy file of version " + std::to_string(version));
  }
  GRAPHC_ASSIGN_OR_RETURN(std::string_view header, reader.takeString(length));
  dataOffset = reader.offset();

  std::string_view type = valueOf(header, "descr");
  if (type.starts_with("'<f8'"))
    numberBytes = sizeof(double);
  else if (!type.starts_with("'<f4'"))
    return unsupported(path + ": expected numbers of type '<f4' or '<f8' but got " +
                       escapeForMessage(type.substr(0, type.find(',')), 20));
  if (!valueOf(header, "fortran_order").starts_with("False"))
    return unsupported(path + ": expected 'fortran_order': False");
  auto shape = parseShape(valueOf(header, "shape"));
  if (!shape)
    return badInput(path + ": the header has no 'shape' of at most " + std::to_string(kMaxRank) +
                    " extents");
  extents = std::move(*shape);
  std::vector<uint64_t> factors(extents.begin(), extents.end());
  factors.push_back(numberBytes);
  if (checkedProduct(factors) != reader.remaining())
    return badInput(path + ": the shape asks for other than the " +
                    std::to_string(reader.remaining()) + " bytes of data that are there");
  return {};
}

Status NpyFile::read(int64_t first, std::span<float> out) const {
  std::span<const std::byte> data = file.bytes().subspan(
      dataOffset + static_cast<size_t>(first) * numberBytes, out.size() * numberBytes);
  if (numberBytes == sizeof(float)) {
    std::memcpy(out.data(), data.data(), data.size());
    return {};
  }
  for (size_t i = 0; i < out.size(); ++i) {
    double number = 0;
    std::memcpy(&number, data.data() + i * sizeof(double), sizeof(double));
    out[i] = static_cast<float>(number);
  }
  return {};
}

} // namespace graphc
