// What each family's config.json may say: the tables behind readModelConfig.
//
// A family is a FamilySpec in families/: the keys that it knows with its own defaults, which are
// those of the reference implementation (transformers); what else may stand in the file
// (KeyPolicy.h); how its blocks are put together; what its tensors are called.
#ifndef GRAPHC_FRONTEND_CONFIG_FAMILIES_H
#define GRAPHC_FRONTEND_CONFIG_FAMILIES_H

#include "frontend/config/FieldReader.h"
#include "frontend/config/KeyPolicy.h"
#include "frontend/config/TensorNames.h"

#include <span>
#include <string_view>

namespace graphc {

/// One kind of rope scaling, by the name it has in `rope_type`, and the keys that it needs.
struct RopeKindSpec {
  std::string_view name;
  RopeKind kind;
  std::span<const Field<RopeConfig>> fields;
};

struct FamilySpec {
  Family family;
  BlockForm form = {};
  TensorNames names = {};
  /// The value of `model_type`.
  std::string_view modelType;
  /// The accepted values of `architectures`.
  std::span<const std::string_view> architectures;
  std::span<const Field<ModelConfig>> fields;
  /// `rope_theta`, with this family's default.
  std::span<const Field<RopeConfig>> thetaField;
  /// `partial_rotary_factor`, where heads may be rotated in part.
  std::span<const Field<ModelConfig>> rotaryField = {};
  std::span<const RopeKindSpec> ropeKinds;
  /// Neutral keys beyond those of all families.
  std::span<const std::string_view> neutralKeys = {};
  /// At the top level and among the rope's keys.
  std::span<const InertKey> inertKeys = {};
  /// The base of sliding layers, where they have one of their own.
  std::span<const Field<RopeConfig>> slidingThetaField = {};
  /// Which layers slide where the file has a window but no layer_types; null: such a window is not
  /// used.
  bool (*isSliding)(const ModelConfig &config, int64_t layer) = nullptr;
};

/// All of them.
std::span<const FamilySpec *const> families();

const FamilySpec &familySpec(Family family);

extern const FamilySpec kLlamaSpec, kMistralSpec, kQwen2Spec, kQwen3Spec, kGemmaSpec, kGemma2Spec,
    kGemma3Spec, kPhiSpec, kPhi3Spec;

} // namespace graphc

#endif // GRAPHC_FRONTEND_CONFIG_FAMILIES_H
