// What each family's config.json may say: the tables behind readModelConfig.
//
// A new family is a new FamilySpec in families/, plus, where its blocks differ from all others, a
// builder of its graph in frontend/models. Its field table holds its own defaults, which are those
// of the reference implementation (transformers); its lists of neutral and inert keys (KeyPolicy.h)
// say what else may stand in the file.
#ifndef GRAPHC_FRONTEND_CONFIG_FAMILIES_H
#define GRAPHC_FRONTEND_CONFIG_FAMILIES_H

#include "frontend/config/FieldReader.h"
#include "frontend/config/KeyPolicy.h"

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
  /// The value of `model_type`.
  std::string_view modelType;
  /// The accepted values of `architectures`.
  std::span<const std::string_view> architectures;
  std::span<const Field<ModelConfig>> fields;
  /// `rope_theta`, with this family's default.
  std::span<const Field<RopeConfig>> thetaField;
  std::span<const RopeKindSpec> ropeKinds;
  /// Neutral keys beyond those of all families.
  std::span<const std::string_view> neutralKeys = {};
  /// At the top level and among the rope's keys.
  std::span<const InertKey> inertKeys = {};
  /// The base of sliding layers, where they have one of their own.
  std::span<const Field<RopeConfig>> slidingThetaField = {};
  /// What follows from the family, or from other fields.
  void (*derive)(ModelConfig &config) = nullptr;
  /// Which layers slide where the file has a window but no layer_types; null: such a window is not
  /// used.
  bool (*isSliding)(const ModelConfig &config, int64_t layer) = nullptr;
};

/// All of them.
std::span<const FamilySpec *const> families();

extern const FamilySpec kLlamaSpec, kMistralSpec, kQwen2Spec, kQwen3Spec, kGemmaSpec, kGemma2Spec,
    kGemma3Spec, kPhi3Spec;

} // namespace graphc

#endif // GRAPHC_FRONTEND_CONFIG_FAMILIES_H
