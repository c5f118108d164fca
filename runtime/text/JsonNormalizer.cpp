#include "runtime/text/Base64.h"
#include "runtime/text/Charsmap.h"
#include "runtime/text/JsonStepReader.h"
#include "runtime/text/JsonSteps.h"
#include "runtime/text/UnicodeForms.h"

namespace graphc {

namespace {

template <UnicodeForm Form>
Status readForm(const JsonFields &, StepContext &context) {
  context.spec.normalizer.push_back(makeStep(NormalizerKind::Form, static_cast<uint32_t>(Form)));
  return {};
}

template <NormalizerKind Kind>
Status readPlainNormalizer(const JsonFields &, StepContext &context) {
  context.spec.normalizer.push_back(makeStep(Kind));
  return {};
}

Status readReplaceNormalizer(const JsonFields &fields, StepContext &context) {
  GRAPHC_ASSIGN_OR_RETURN(StepSpec step,
                          readReplace(fields, static_cast<uint32_t>(NormalizerKind::Replace),
                                      static_cast<uint32_t>(NormalizerKind::ReplacePattern)));
  context.spec.normalizer.push_back(step);
  return {};
}

Status readPrepend(const JsonFields &fields, StepContext &context) {
  StepSpec step = makeStep(NormalizerKind::Prepend);
  GRAPHC_ASSIGN_OR_RETURN(step.first, fields.string("prepend"));
  context.spec.normalizer.push_back(step);
  return {};
}

Status readStripNormalizer(const JsonFields &fields, StepContext &context) {
  GRAPHC_ASSIGN_OR_RETURN(bool left, fields.booleanOr("strip_left", true));
  GRAPHC_ASSIGN_OR_RETURN(bool right, fields.booleanOr("strip_right", true));
  context.spec.normalizer.push_back(makeStep(NormalizerKind::Strip, left, right));
  return {};
}

/// A SentencePiece map in base 64; an empty one maps nothing.
Status readPrecompiled(const JsonFields &fields, StepContext &context) {
  GRAPHC_ASSIGN_OR_RETURN(std::string encoded, fields.stringOr("precompiled_charsmap", ""));
  if (encoded.empty())
    return {};
  StepSpec step = makeStep(NormalizerKind::Charsmap, static_cast<uint32_t>(CharsmapUnit::Grapheme));
  std::optional<std::string> bytes = decodeBase64(encoded);
  if (!bytes)
    return fields.wrong("precompiled_charsmap", "base 64");
  step.first = *std::move(bytes);
  GRAPHC_RETURN_IF_ERROR(
      Charsmap::open(step.first).status().withContext(fields.place() + ".precompiled_charsmap"));
  context.spec.normalizer.push_back(step);
  return {};
}

Status readNmt(const JsonFields &, StepContext &context) {
  context.spec.normalizer.push_back(
      makeStep(NormalizerKind::Clean, static_cast<uint32_t>(CleanRules::Nmt)));
  return {};
}

/// BertNormalizer is up to five steps.
Status readBert(const JsonFields &fields, StepContext &context) {
  std::vector<StepSpec> &steps = context.spec.normalizer;
  GRAPHC_ASSIGN_OR_RETURN(bool clean, fields.booleanOr("clean_text", true));
  GRAPHC_ASSIGN_OR_RETURN(bool ideographs, fields.booleanOr("handle_chinese_chars", true));
  GRAPHC_ASSIGN_OR_RETURN(bool lowercase, fields.booleanOr("lowercase", true));
  GRAPHC_ASSIGN_OR_RETURN(bool accents, fields.booleanOr("strip_accents", lowercase));
  if (clean)
    steps.push_back(makeStep(NormalizerKind::Clean, static_cast<uint32_t>(CleanRules::Bert)));
  if (ideographs)
    steps.push_back(makeStep(NormalizerKind::SpaceIdeographs));
  if (accents) {
    steps.push_back(makeStep(NormalizerKind::Form, static_cast<uint32_t>(UnicodeForm::Nfd)));
    steps.push_back(makeStep(NormalizerKind::StripAccents, /*a=*/1));
  }
  if (lowercase)
    steps.push_back(makeStep(NormalizerKind::Lowercase));
  return {};
}

constexpr StepReader kNormalizers[] = {
    {"NFC", readForm<UnicodeForm::Nfc>},
    {"NFD", readForm<UnicodeForm::Nfd>},
    {"NFKC", readForm<UnicodeForm::Nfkc>},
    {"NFKD", readForm<UnicodeForm::Nfkd>},
    {"Replace", readReplaceNormalizer},
    {"Prepend", readPrepend},
    {"Lowercase", readPlainNormalizer<NormalizerKind::Lowercase>},
    {"StripAccents", readPlainNormalizer<NormalizerKind::StripAccents>},
    {"Strip", readStripNormalizer},
    {"Precompiled", readPrecompiled},
    {"Nmt", readNmt},
    {"BertNormalizer", readBert},
};

} // namespace

Status readNormalizer(const Json *value, const std::string &place, TokenizerSpec &spec) {
  StepContext context{spec};
  return value ? readSteps(*value, place, "normalizers", kNormalizers, context) : Status();
}

} // namespace graphc
