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
                          readReplace(fields, static_cast<uint32_t>(NormalizerKind::Replace)));
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
};

} // namespace

Status readNormalizer(const Json *value, const std::string &place, TokenizerSpec &spec) {
  StepContext context{spec};
  return value ? readSteps(*value, place, "normalizers", kNormalizers, context) : Status();
}

} // namespace graphc
