#include "runtime/text/WordPiece.h"

#include "runtime/text/Unicode.h"

namespace graphc {

namespace {

/// Appends an id, or the unknown one, if the model has one.
void appendOr(uint32_t id, uint32_t unknown, std::vector<int32_t> &out) {
  id = id == kNone ? unknown : id;
  if (id != kNone)
    out.push_back(static_cast<int32_t>(id));
}

/// Counts characters up to `limit` + 1.
size_t countChars(std::string_view text, size_t limit) {
  size_t count = 0;
  for (size_t position = 0; position < text.size() && count <= limit; ++count)
    position += decodeChar(text, position).length;
  return count;
}

} // namespace

void WordPieceEncoder::word(std::string_view text) {
  size_t before = out.size();
  if (countChars(text, tables.wordLimit()) <= tables.wordLimit() && appendPieces(text))
    return;
  out.resize(before);
  appendOr(kNone, tables.unknownId(), out);
}

/// False where a part has no piece; what came before it is appended by then.
bool WordPieceEncoder::appendPieces(std::string_view text) {
  for (size_t position = 0; position < text.size();) {
    size_t length = 0;
    uint32_t id = longestPiece(text.substr(position), position > 0, length);
    if (id == kNone)
      return false;
    out.push_back(static_cast<int32_t>(id));
    position += length;
  }
  return true;
}

/// The longest piece that a text begins with, and the bytes of the text that it takes.
uint32_t WordPieceEncoder::longestPiece(std::string_view text, bool continues, size_t &length) {
  std::string_view prefix = continues ? tables.wordPrefix() : "";
  candidate.assign(prefix).append(text);
  for (length = text.size(); length > 0; length = previousChar(text, length)) {
    uint32_t id = tables.findPiece(std::string_view(candidate).substr(0, prefix.size() + length));
    if (id != kNone)
      return id;
  }
  return kNone;
}

void WordLevelEncoder::word(std::string_view text) {
  appendOr(tables.findPiece(text), tables.unknownId(), out);
}

} // namespace graphc
