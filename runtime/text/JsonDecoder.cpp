#include "runtime/text/JsonStepReader.h"
#include "runtime/text/JsonSteps.h"

namespace graphc {

namespace {

Status readReplaceDecoder(const JsonFields &fields, StepContext &context) {
  GRAPHC_ASSIGN_OR_RETURN(StepSpec step,
                          readReplace(fields, static_cast<uint32_t>(DecoderKind::Replace), {}));
  context.spec.decoder.push_back(step);
  return {};
}

Status readByteFallback(const JsonFields &, StepContext &context) {
  context.spec.decoder.push_back(makeStep(DecoderKind::ByteFallback));
  return {};
}

Status readMetaspaceDecoder(const JsonFields &fields, StepContext &context) {
  GRAPHC_ASSIGN_OR_RETURN(PrependScheme scheme, readPrependScheme(fields));
  StepSpec step = makeStep(DecoderKind::Metaspace, scheme != PrependScheme::Never);
  GRAPHC_ASSIGN_OR_RETURN(step.first, readMetaspaceCharacter(fields));
  context.spec.decoder.push_back(step);
  return {};
}

/// Pieces are joined in any case; what changes is what a Strip after it works on.
Status readFuse(const JsonFields &, StepContext &context) {
  context.fused = true;
  return {};
}

Status readStrip(const JsonFields &fields, StepContext &context) {
  constexpr uint32_t kLimit = 1u << 16;
  GRAPHC_ASSIGN_OR_RETURN(uint32_t start, fields.integer("start", kLimit));
  GRAPHC_ASSIGN_OR_RETURN(uint32_t stop, fields.integer("stop", kLimit));
  StepSpec step = makeStep(DecoderKind::Strip, start, stop);
  GRAPHC_ASSIGN_OR_RETURN(step.first, fields.string("content"));
  if (step.first.empty())
    return fields.wrong("content", "a character");
  step.reserved = context.fused ? kStripWhole : 0;
  context.spec.decoder.push_back(step);
  return {};
}

Status readWordPiece(const JsonFields &fields, StepContext &context) {
  GRAPHC_ASSIGN_OR_RETURN(bool cleanup, fields.booleanOr("cleanup", true));
  StepSpec step = makeStep(DecoderKind::WordPiece, cleanup);
  GRAPHC_ASSIGN_OR_RETURN(step.first, fields.stringOr("prefix", "##"));
  if (step.first.empty())
    return fields.wrong("prefix", "a prefix that is not empty");
  context.spec.decoder.push_back(step);
  return {};
}

/// The tables of byte-level models hold bytes, which steps before this one would not expect.
Status readByteLevel(const JsonFields &fields, StepContext &context) {
  if (!context.spec.decoder.empty())
    return unsupported(fields.place() + ": a ByteLevel decoder after others is not supported");
  context.spec.decoder.push_back(makeStep(DecoderKind::ByteLevel));
  context.fused = true;
  return {};
}

/// For steps that work on pieces, which are no more once they are fused.
template <ReadStep Read>
Status onPieces(const JsonFields &fields, StepContext &context) {
  if (context.fused)
    return unsupported(fields.place() + ": this step after Fuse or ByteLevel is not supported");
  return Read(fields, context);
}

constexpr StepReader kDecoders[] = {
    {"ByteLevel", onPieces<readByteLevel>},
    {"Replace", onPieces<readReplaceDecoder>},
    {"ByteFallback", onPieces<readByteFallback>},
    {"Fuse", readFuse},
    {"Strip", readStrip},
    {"Metaspace", onPieces<readMetaspaceDecoder>},
    {"WordPiece", onPieces<readWordPiece>},
};

} // namespace

Status readDecoder(const Json *value, const std::string &place, TokenizerSpec &spec) {
  StepContext context{spec};
  if (value)
    GRAPHC_RETURN_IF_ERROR(readSteps(*value, place, "decoders", kDecoders, context));
  else
    spec.decoder.push_back(makeStep(DecoderKind::Join));
  bool byteLevel = !spec.decoder.empty() &&
                   spec.decoder.front().kind == static_cast<uint32_t>(DecoderKind::ByteLevel);
  if (byteLevel != spec.byteLevel)
    return unsupported(place + ": a ByteLevel " + (byteLevel ? "decoder" : "pre-tokenizer") +
                       " without a ByteLevel " + (byteLevel ? "pre-tokenizer" : "decoder") +
                       " is not supported");
  return {};
}

} // namespace graphc
