#include "runtime/text/ModelEncoder.h"

#include "runtime/text/Bpe.h"
#include "runtime/text/Unigram.h"
#include "runtime/text/WordPiece.h"

namespace graphc {

namespace {

using Make = std::unique_ptr<WordSink> (*)(const TokenizerTables &tables,
                                           std::vector<int32_t> &out);

template <typename Encoder>
std::unique_ptr<WordSink> make(const TokenizerTables &tables, std::vector<int32_t> &out) {
  return std::make_unique<Encoder>(tables, out);
}

/// In the order of ModelKind.
constexpr Make kEncoders[kModelKinds] = {make<BpeEncoder>, make<UnigramEncoder>,
                                         make<WordPieceEncoder>, make<WordLevelEncoder>};

} // namespace

std::unique_ptr<WordSink> makeEncoder(const TokenizerTables &tables, std::vector<int32_t> &out) {
  return kEncoders[static_cast<uint32_t>(tables.model())](tables, out);
}

} // namespace graphc
