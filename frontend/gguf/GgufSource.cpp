#include "frontend/gguf/GgufSource.h"

#include "frontend/gguf/GgufNames.h"
#include "frontend/weights/Rows.h"

#include <cstring>

namespace graphc {

/// Heads of a matrix whose rows the converter reorders, or 0.
static int64_t pairedHeads(const ModelConfig &config, std::string_view name) {
  if (config.family != Family::Llama)
    return 0;
  if (name.ends_with("self_attn.q_proj.weight") || name.ends_with("self_attn.q_proj.bias"))
    return config.heads;
  if (name.ends_with("self_attn.k_proj.weight") || name.ends_with("self_attn.k_proj.bias"))
    return config.kvHeads;
  return 0;
}

/// Tensors that the configuration was read from.
static constexpr std::string_view kFactorTensors[] = {
    "rope_freqs.weight", "rope_factors_long.weight", "rope_factors_short.weight"};

/// Files of Phi-2 may have the rows of q, k and v in one tensor, whose parts the checkpoint names.
bool GgufSource::addParts(const std::string &name, const Entry &entry, const ModelConfig &config) {
  const size_t at = name.find("attn_qkv.");
  const int64_t queries = config.heads * config.headDim, keys = config.kvHeads * config.headDim;
  if (config.family != Family::Phi || at == std::string::npos ||
      entry.info.rows() != queries + 2 * keys)
    return false;
  int64_t firstRow = 0;
  for (auto [part, rows] : {std::pair("attn_q.", queries), {"attn_k.", keys}, {"attn_v.", keys}}) {
    Entry own = entry;
    own.firstRow = firstRow;
    own.info.shape[0] = rows;
    std::string partName = std::string(name).replace(at, strlen("attn_qkv."), part);
    entries.emplace(checkpointName(config.family, partName).value_or(partName), std::move(own));
    firstRow += rows;
  }
  return true;
}

GgufSource::GgufSource(std::shared_ptr<const GgufFile> opened, const ModelConfig &config)
    : file(std::move(opened)), family(config.family) {
  for (const auto &[ggufName, tensor] : file->tensors()) {
    if (std::ranges::find(kFactorTensors, ggufName) != std::end(kFactorTensors))
      continue;
    // A tensor without a name of the family keeps its own, to be told as one too many.
    std::string name = checkpointName(config.family, ggufName).value_or(ggufName);
    TensorInfo info{tensor.type->plain.value_or(ElementType::F32), tensor.shape};
    if (tensor.type->decode)
      info.quant = tensor.type->format;
    const int64_t heads = pairedHeads(config, name);
    const bool isPaired = heads > 0 && info.rows() % (2 * heads) == 0;
    Entry entry{&tensor, ggufName, std::move(info), isPaired ? heads : 0};
    if (!addParts(ggufName, entry, config))
      entries.emplace(std::move(name), std::move(entry));
  }
}

const GgufSource::Entry *GgufSource::findEntry(std::string_view name) const {
  auto found = entries.find(name);
  return found == entries.end() ? nullptr : &found->second;
}

const TensorInfo *GgufSource::find(std::string_view name) const {
  const Entry *entry = findEntry(name);
  return entry && entry->tensor->type->isReadable() ? &entry->info : nullptr;
}

std::vector<std::string> GgufSource::names() const {
  std::vector<std::string> result;
  for (const auto &[name, entry] : entries)
    result.push_back(name);
  return result;
}

/// Where the file has a row: of a head, row i of the first half is row 2 i there, that of the
/// second half row 2 i + 1.
int64_t GgufSource::fileRow(const Entry &entry, int64_t row) const {
  if (entry.pairedHeads == 0)
    return entry.firstRow + row;
  const int64_t headRows = entry.info.rows() / entry.pairedHeads, half = headRows / 2;
  const int64_t inHead = row % headRows;
  return row - inHead + inHead % half * 2 + inHead / half;
}

Status GgufSource::readBytes(const Entry &entry, int64_t row, std::span<std::byte> out) const {
  return file->read(*entry.tensor, static_cast<uint64_t>(fileRow(entry, row)) * out.size(), out);
}

/// Bytes of a row.
static size_t rowBytes(const GgufType &type, int64_t columns) {
  return static_cast<size_t>(columns / type.blockNumbers * type.blockBytes);
}

Status GgufSource::readRows(std::string_view name, int64_t rowBegin, int64_t rowEnd,
                            std::span<float> out) const {
  const TensorInfo *info = find(name);
  GRAPHC_RETURN_IF_ERROR(checkRowRange(name, info, rowBegin, rowEnd, out.size()));
  const Entry &entry = *findEntry(name);
  const GgufType &type = *entry.tensor->type;
  const auto columns = static_cast<size_t>(info->columns());
  if (type.decode) {
    QuantMatrix row(type.format, 1, info->columns());
    for (int64_t at = rowBegin; at < rowEnd; ++at, out = out.subspan(columns)) {
      GRAPHC_RETURN_IF_ERROR(readQuant(name, at, at + 1, 0, row));
      row.read(0, out.first(columns));
    }
    return {};
  }
  // Rows that keep their order are read together: a vector has many of one number.
  const bool isInOrder = entry.pairedHeads == 0;
  const int64_t step = isInOrder ? rowEnd - rowBegin : 1;
  std::vector<std::byte> bytes(rowBytes(type, step * info->columns()));
  for (int64_t at = rowBegin; at < rowEnd; at += step) {
    const auto start = static_cast<uint64_t>(fileRow(entry, at)) * rowBytes(type, info->columns());
    GRAPHC_RETURN_IF_ERROR(file->read(*entry.tensor, start, bytes));
    const auto count = static_cast<size_t>(step) * columns;
    GRAPHC_RETURN_IF_ERROR(
        convertToF32(*type.plain, bytes.data(), static_cast<int64_t>(count), out.data()));
    out = out.subspan(count);
  }
  return {};
}

Status GgufSource::readQuant(std::string_view name, int64_t rowBegin, int64_t rowEnd,
                             int64_t outRow, QuantMatrix &out) const {
  const TensorInfo *info = find(name);
  const auto numbers = static_cast<size_t>((rowEnd - rowBegin) * out.columns);
  GRAPHC_RETURN_IF_ERROR(checkRowRange(name, info, rowBegin, rowEnd, numbers));
  const Entry &entry = *findEntry(name);
  const GgufType &type = *entry.tensor->type;
  if (info->quant != out.format || outRow < 0 || rowEnd - rowBegin > out.rows - outRow)
    return internalError("tensor '" + std::string(name) + "' does not fit the rows asked for");
  std::vector<std::byte> bytes(rowBytes(type, out.columns));
  for (int64_t row = rowBegin; row < rowEnd; ++row) {
    GRAPHC_RETURN_IF_ERROR(readBytes(entry, row, bytes));
    decodeBlocks(type, bytes.data(), outRow + row - rowBegin, out);
  }
  return {};
}

void GgufSource::release(std::string_view name) const {
  if (const Entry *entry = findEntry(name))
    file->release(*entry->tensor);
}

StoredInfo GgufSource::stored(std::string_view name) const {
  const Entry *entry = findEntry(name);
  if (!entry)
    return {};
  return {&entry->info.shape, entry->tensor->type->name, entry->tensor->type->isReadable()};
}

std::string GgufSource::nameInFile(std::string_view name) const {
  const Entry *entry = findEntry(name);
  return entry ? entry->nameInFile : ggufName(family, name).value_or(std::string(name));
}

bool GgufSource::sameBytes(std::string_view a, std::string_view b) const {
  const Entry *first = findEntry(a), *second = findEntry(b);
  if (!first || !second || first->firstRow != 0 || second->firstRow != 0 ||
      first->tensor->type != second->tensor->type || first->info.shape != second->info.shape)
    return false;
  constexpr uint64_t kPiece = 1 << 16;
  std::vector<std::byte> x(kPiece), y(kPiece);
  const uint64_t size = first->tensor->end - first->tensor->begin;
  for (uint64_t at = 0; at < size; at += kPiece) {
    const auto count = static_cast<size_t>(std::min(kPiece, size - at));
    if (!file->read(*first->tensor, at, std::span(x).first(count)).ok() ||
        !file->read(*second->tensor, at, std::span(y).first(count)).ok() ||
        !std::equal(x.begin(), x.begin() + std::ptrdiff_t(count), y.begin()))
      return false;
  }
  return true;
}

} // namespace graphc
