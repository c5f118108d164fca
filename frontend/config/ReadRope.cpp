#include "frontend/config/ReadRope.h"

#include "frontend/config/NearestName.h"
#include "frontend/config/families/RopeKinds.h"
#include "runtime/base/Escape.h"

namespace graphc {

/// Of an object that has to say it itself.
static constexpr Field<RopeConfig> kOwnTheta[] = {fields::theta(kRequired)};

static Expected<const RopeKindSpec *> findKind(const Json &scaling, const std::string &place,
                                               const FamilySpec &family) {
  GRAPHC_ASSIGN_OR_RETURN(const Json *type, findKey(scaling, place, "rope_type", "type"));
  if (!type || type->is_null())
    return &family.ropeKinds.front();
  if (!type->is_string())
    return badInput(place + ": rope_type: expected a string, but found " + describeValue(*type));
  const std::string &name = type->get_ref<const std::string &>();
  std::vector<std::string_view> known;
  for (const RopeKindSpec &kind : family.ropeKinds) {
    if (kind.name == name)
      return &kind;
    known.push_back(kind.name);
  }
  return unsupported(place + ": rope_type: kind '" + escapeForMessage(name) +
                     "' is not supported; nearest supported: " + nearestNames(name, known));
}

/// The object with the rope's keys, and its place in `place`.
static Expected<const Json *> findScaling(const Json &document, const std::string &file,
                                          std::string &place) {
  static const Json noScaling = Json::object();
  GRAPHC_ASSIGN_OR_RETURN(const Json *scaling,
                          findKey(document, file, "rope_parameters", "rope_scaling"));
  place = file + (document.contains("rope_parameters") ? ": rope_parameters" : ": rope_scaling");
  if (!scaling || scaling->is_null())
    return &noScaling;
  if (!scaling->is_object())
    return badInput(place + ": expected an object, but found " + describeValue(*scaling));
  return scaling;
}

/// A field that stands beside the scaling, in it, or in both places.
template <typename Struct>
static Status readEither(const Json &document, const std::string &file, const Json &scaling,
                         const std::string &place, std::span<const Field<Struct>> field,
                         Struct &result) {
  if (field.empty() || !scaling.contains(field.front().key))
    return readFields(document, file, field, result);
  std::string key(field.front().key);
  if (document.contains(key) && document[key] != scaling[key])
    return badInput(file + ": " + key + " is " + describeValue(document[key]) + " but " +
                    describeValue(scaling[key]) + " in the scaling");
  return readFields(scaling, place, field, result);
}

static Status checkRotaryDim(const std::string &file, const ModelConfig &config) {
  const int64_t width = config.rotaryDim();
  if (width >= 2 && width % 2 == 0)
    return {};
  return badInput(file +
                  ": head_dim * partial_rotary_factor: expected a positive even number, as "
                  "rotary embedding turns pairs, but found " +
                  std::to_string(width));
}

/// LongRope has a divisor for each pair.
static Status checkFactors(const std::string &place, const ModelConfig &config,
                           const RopeConfig &rope) {
  const int64_t pairs = config.rotaryDim() / 2;
  auto check = [&](const char *key, const std::vector<double> &factors) -> Status {
    if (std::ssize(factors) == pairs)
      return {};
    return badInput(place + ": " + key + ": expected " + std::to_string(pairs) +
                    " numbers, one for each pair of a head, but found " +
                    std::to_string(factors.size()));
  };
  if (rope.kind != RopeKind::LongRope)
    return {};
  GRAPHC_RETURN_IF_ERROR(check("short_factor", rope.shortFactor));
  return check("long_factor", rope.longFactor);
}

/// What a kind's own keys say, and whether they fit each other.
static Status readKind(const Json &scaling, const std::string &place, const FamilySpec &family,
                       ModelConfig &config, RopeConfig &rope) {
  GRAPHC_ASSIGN_OR_RETURN(const RopeKindSpec *kind, findKind(scaling, place, family));
  KeyPolicy policy{"rope kind " + std::string(kind->name),
                   {"rope_type", "type", "rope_theta"},
                   {},
                   family.inertKeys};
  appendKeys(kind->fields, policy.understood);
  appendKeys(family.rotaryField, policy.understood);
  GRAPHC_RETURN_IF_ERROR(checkKeys(scaling, place, policy, config.ignoredKeys));
  rope.kind = kind->kind;
  GRAPHC_RETURN_IF_ERROR(readFields(scaling, place, kind->fields, rope));
  if (rope.kind == RopeKind::Llama3 && rope.highFreqFactor <= rope.lowFreqFactor)
    return badInput(place + ": high_freq_factor: expected more than low_freq_factor (" +
                    describeValue(scaling["low_freq_factor"]) + "), but found " +
                    describeValue(scaling["high_freq_factor"]));
  if (rope.kind == RopeKind::Yarn && rope.theta <= 1)
    return badInput(place + ": rope_theta: expected more than 1 with yarn, but found " +
                    std::to_string(rope.theta));
  return checkFactors(place, config, rope);
}

/// An object for each kind of layer, as newer files have it for families with two ropes.
static Status readKindsOfLayers(const Json &scaling, const std::string &place,
                                const FamilySpec &family, ModelConfig &config) {
  auto readOne = [&](const char *layers, RopeConfig &rope) -> Status {
    const std::string ownPlace = place + ": " + layers;
    auto own = scaling.find(layers);
    if (own == scaling.end() || !own->is_object())
      return badInput(ownPlace + ": expected an object, but found " +
                      (own == scaling.end() ? "none" : describeValue(*own)));
    GRAPHC_RETURN_IF_ERROR(
        readFields(*own, ownPlace, std::span<const Field<RopeConfig>>(kOwnTheta), rope));
    return readKind(*own, ownPlace, family, config, rope);
  };
  KeyPolicy policy{"the rope", {"full_attention", "sliding_attention"}, {}, {}};
  GRAPHC_RETURN_IF_ERROR(checkKeys(scaling, place, policy, config.ignoredKeys));
  GRAPHC_RETURN_IF_ERROR(readOne("full_attention", config.rope));
  return readOne("sliding_attention", config.slidingRope.emplace());
}

Status readRope(const Json &document, const std::string &file, const FamilySpec &family,
                ModelConfig &config) {
  std::string place;
  GRAPHC_ASSIGN_OR_RETURN(const Json *scaling, findScaling(document, file, place));
  GRAPHC_RETURN_IF_ERROR(readEither(document, file, *scaling, place, family.rotaryField, config));
  GRAPHC_RETURN_IF_ERROR(checkRotaryDim(file, config));
  const bool hasTwo = !family.slidingThetaField.empty();
  if (hasTwo && (scaling->contains("full_attention") || scaling->contains("sliding_attention")))
    return readKindsOfLayers(*scaling, place, family, config);
  GRAPHC_RETURN_IF_ERROR(
      readEither(document, file, *scaling, place, family.thetaField, config.rope));
  GRAPHC_RETURN_IF_ERROR(readKind(*scaling, place, family, config, config.rope));
  if (!hasTwo)
    return {};
  return readFields(document, file, family.slidingThetaField, config.slidingRope.emplace());
}

} // namespace graphc
