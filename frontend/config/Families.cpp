#include "frontend/config/Families.h"

namespace graphc {

static constexpr const FamilySpec *kFamilies[] = {
    &kLlamaSpec, &kMistralSpec, &kQwen2Spec,  &kQwen3Spec,
    &kGemmaSpec, &kGemma2Spec,  &kGemma3Spec, &kPhi3Spec,
};

std::span<const FamilySpec *const> families() { return kFamilies; }

} // namespace graphc
