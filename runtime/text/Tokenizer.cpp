#include "runtime/text/Tokenizer.h"

#include "runtime/text/AddedTokens.h"
#include "runtime/text/ByteAlphabet.h"
#include "runtime/text/ModelEncoder.h"
#include "runtime/text/Unicode.h"

#include <limits>

namespace graphc {

namespace {

void appendIds(std::vector<int32_t> &out, std::span<const uint32_t> ids) {
  out.insert(out.end(), ids.begin(), ids.end());
}

} // namespace

Expected<Tokenizer> Tokenizer::open(std::span<const std::byte> blob) {
  GRAPHC_ASSIGN_OR_RETURN(TokenizerTables tables, TokenizerTables::open(blob));
  std::string_view texts = tables.stepText();
  GRAPHC_ASSIGN_OR_RETURN(Normalizer normalizer,
                          Normalizer::create(tables.normalizerSteps(), texts));
  GRAPHC_ASSIGN_OR_RETURN(PreTokenizer preTokenizer,
                          PreTokenizer::create(tables.preTokenizerSteps(), texts));
  GRAPHC_ASSIGN_OR_RETURN(Decoder decoder, Decoder::create(tables.decoderSteps(), texts));
  return Tokenizer(tables, normalizer, preTokenizer, decoder);
}

Expected<std::vector<int32_t>> Tokenizer::encode(std::string_view text,
                                                 const EncodeOptions &options) const {
  // Positions and ids are 32 bits wide.
  constexpr size_t kLimit = std::numeric_limits<int32_t>::max();
  if (text.size() > kLimit)
    return usageError("a text of " + std::to_string(text.size()) + " bytes; at most " +
                      std::to_string(kLimit) + " are accepted");
  std::vector<int32_t> ids;
  std::unique_ptr<WordSink> encoder = makeEncoder(tables, ids);
  AddedTokenSplitter raw(tables.rawTrie(), tables.addedTokens(), options.parseSpecial);
  AddedTokenSplitter normalized(tables.normalizedTrie(), tables.addedTokens(),
                                options.parseSpecial);
  // Added tokens are sought twice: some in the text as it is given, which cuts it into parts that
  // are normalized one by one, others in these.
  std::string buffer;
  Status status;
  auto note = [&](Status now) {
    if (status.ok())
      status = std::move(now);
  };
  auto addToken = [&](uint32_t id) { ids.push_back(static_cast<int32_t>(id)); };
  auto addText = [&](std::string_view part) {
    bool atStart = part.data() == text.data();
    Expected<std::string_view> form = normalizer.apply(part, atStart, buffer);
    if (!form)
      return note(form.status());
    auto addWords = [&](std::string_view words) {
      note(preTokenizer.split(words, atStart && words.data() == form->data(), *encoder));
    };
    normalized.split(*form, addWords, addToken);
  };
  if (options.addSpecial)
    appendIds(ids, tables.prefixIds());
  raw.split(text, addText, addToken);
  GRAPHC_RETURN_IF_ERROR(status);
  if (options.addSpecial)
    appendIds(ids, tables.suffixIds());
  return ids;
}

bool Tokenizer::isUsed(int32_t id) const {
  return id >= 0 && id < vocabularySize() &&
         (tables.pieceFlags(static_cast<uint32_t>(id)) & kPieceUsed);
}

bool Tokenizer::isSpecial(int32_t id) const {
  return isUsed(id) && (tables.pieceFlags(static_cast<uint32_t>(id)) & kPieceSpecial);
}

std::string_view Tokenizer::pieceText(int32_t id) const {
  return isUsed(id) ? tables.pieceText(static_cast<uint32_t>(id)) : std::string_view();
}

std::string Tokenizer::pieceSpelling(int32_t id) const {
  std::string_view text = pieceText(id);
  // Added tokens are spelled as they are: their blanks are blanks.
  bool inBytes = tables.has(kByteLevel) && isUsed(id) &&
                 !(tables.pieceFlags(static_cast<uint32_t>(id)) & kPieceAdded);
  std::string spelling;
  if (!inBytes)
    appendLossy(spelling, text, /*whole=*/true);
  else
    for (char byte : text)
      appendChar(spelling, byteAlphabetChar(static_cast<uint8_t>(byte)));
  return spelling;
}

std::optional<std::string_view> Tokenizer::decodedPiece(int32_t id, bool skipSpecial) const {
  if (!isUsed(id) || (skipSpecial && isSpecial(id)))
    return std::nullopt;
  return tables.pieceText(static_cast<uint32_t>(id));
}

std::string Tokenizer::decode(std::span<const int32_t> ids, bool skipSpecial) const {
  std::string text;
  DecoderRun run(decoder, /*eager=*/false);
  for (int32_t id : ids)
    if (std::optional<std::string_view> piece = decodedPiece(id, skipSpecial))
      run.push(*piece, text);
  run.finish(text);
  return text;
}

StreamDecoder::StreamDecoder(const Tokenizer &tokenizer, bool skipSpecial)
    : tokenizer(tokenizer), run(tokenizer.decoder, /*eager=*/true), skipSpecial(skipSpecial) {}

std::string StreamDecoder::push(int32_t id) {
  std::string text;
  if (std::optional<std::string_view> piece = tokenizer.decodedPiece(id, skipSpecial))
    run.push(*piece, text);
  return text;
}

std::string StreamDecoder::flush() {
  std::string text;
  run.finish(text);
  return text;
}

} // namespace graphc
