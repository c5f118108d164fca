// What each kind of rope scaling says of itself.
#ifndef GRAPHC_FRONTEND_CONFIG_FAMILIES_ROPEKINDS_H
#define GRAPHC_FRONTEND_CONFIG_FAMILIES_ROPEKINDS_H

#include "frontend/config/families/Fields.h"

namespace graphc::fields {

using RopeRow = Field<RopeConfig>;

inline constexpr RopeRow kRopeFactor = {
    "factor", &RopeConfig::factor, {1, kMaxRopeFactor}, kRequired};
inline constexpr RopeRow kRopeOriginal = {"original_max_position_embeddings",
                                          &RopeConfig::originalMaxPositions,
                                          {2, kMaxPositions},
                                          kDerived};
inline constexpr RopeRow kRopeAttentionFactor = {
    "attention_factor", &RopeConfig::attentionFactor, {1e-6, 1e6}, kDerived};

inline constexpr RopeRow kRopeFactorAlone[] = {kRopeFactor};

inline constexpr RopeRow kRopeDynamic[] = {kRopeFactor, kRopeOriginal};

inline constexpr RopeRow kRopeYarn[] = {
    kRopeFactor,
    kRopeOriginal,
    kRopeAttentionFactor,
    {"beta_fast", &RopeConfig::betaFast, {1e-6, 1e6}, "32"},
    {"beta_slow", &RopeConfig::betaSlow, {1e-6, 1e6}, "1"},
    {"truncate", &RopeConfig::truncatesBounds, {}, "true"},
    {"mscale", &RopeConfig::mscale, {0, 1e6}, kDerived},
    {"mscale_all_dim", &RopeConfig::mscaleAllDim, {0, 1e6}, kDerived},
};

inline constexpr RopeRow kRopeLlama3[] = {
    kRopeFactor,
    {"low_freq_factor", &RopeConfig::lowFreqFactor, {1e-6, 1e6}, kRequired},
    {"high_freq_factor", &RopeConfig::highFreqFactor, {1e-6, 1e6}, kRequired},
    {kRopeOriginal.key, kRopeOriginal.member, kRopeOriginal.range, kRequired},
};

inline constexpr RopeRow kRopeLong[] = {
    {kRopeFactor.key, kRopeFactor.member, kRopeFactor.range, kDerived},
    kRopeOriginal,
    kRopeAttentionFactor,
    {"short_factor", &RopeConfig::shortFactor, {1e-6, 1e6}, kRequired},
    {"long_factor", &RopeConfig::longFactor, {1e-6, 1e6}, kRequired},
};

/// The kinds that any checkpoint may be stretched with.
inline constexpr RopeKindSpec kRopeKinds[] = {
    {"default", RopeKind::Default, {}},           {"linear", RopeKind::Linear, kRopeFactorAlone},
    {"dynamic", RopeKind::Dynamic, kRopeDynamic}, {"yarn", RopeKind::Yarn, kRopeYarn},
    {"llama3", RopeKind::Llama3, kRopeLlama3},    {"longrope", RopeKind::LongRope, kRopeLong},
};

} // namespace graphc::fields

#endif // GRAPHC_FRONTEND_CONFIG_FAMILIES_ROPEKINDS_H
