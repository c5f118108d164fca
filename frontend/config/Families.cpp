#include "frontend/config/Families.h"

#include <algorithm>

namespace graphc {

static constexpr const FamilySpec *kFamilies[] = {
    &kLlamaSpec,  &kMistralSpec, &kQwen2Spec, &kQwen3Spec, &kGemmaSpec,
    &kGemma2Spec, &kGemma3Spec,  &kPhiSpec,   &kPhi3Spec,
};

std::span<const FamilySpec *const> families() { return kFamilies; }

const FamilySpec &familySpec(Family family) {
  return **std::ranges::find(kFamilies, family, &FamilySpec::family);
}

std::string_view familyName(Family family) { return familySpec(family).modelType; }

const TensorNames &tensorNames(Family family) { return familySpec(family).names; }

} // namespace graphc
