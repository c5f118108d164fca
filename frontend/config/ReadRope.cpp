#include "frontend/config/ReadRope.h"

#include "frontend/config/NearestName.h"

namespace graphc {

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

/// rope_theta stands beside the scaling, in it, or in both places.
static Status readTheta(const Json &document, const std::string &file, const Json &scaling,
                        const std::string &place, const FamilySpec &family, RopeConfig &rope) {
  if (!scaling.contains("rope_theta"))
    return readFields(document, file, family.thetaField, rope);
  GRAPHC_RETURN_IF_ERROR(readFields(scaling, place, family.thetaField, rope));
  RopeConfig outer = rope;
  if (document.contains("rope_theta"))
    GRAPHC_RETURN_IF_ERROR(readFields(document, file, family.thetaField, outer));
  if (outer.theta != rope.theta)
    return badInput(file + ": rope_theta is " + describeValue(document["rope_theta"]) + " but " +
                    describeValue(scaling["rope_theta"]) + " in the scaling");
  return {};
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

/// What one object says; `scaling` may be empty.
static Status readScaling(const Json &document, const std::string &file, const Json &scaling,
                          const std::string &place, const FamilySpec &family, ModelConfig &config,
                          RopeConfig &rope) {
  GRAPHC_RETURN_IF_ERROR(readTheta(document, file, scaling, place, family, rope));
  GRAPHC_ASSIGN_OR_RETURN(const RopeKindSpec *kind, findKind(scaling, place, family));
  KeyPolicy policy{"rope kind " + std::string(kind->name),
                   {"rope_type", "type", "rope_theta"},
                   {},
                   family.inertKeys};
  appendKeys(kind->fields, policy.understood);
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

/// The newer form of families with two of them: an object for each kind of layer.
static Status readScalingsOfKinds(const Json &document, const std::string &file,
                                  const Json &scaling, const std::string &place,
                                  const FamilySpec &family, ModelConfig &config) {
  for (const auto &[kind, own] : scaling.items()) {
    const std::string ownPlace = place + ": " + escapeForMessage(kind);
    if (kind != "full_attention" && kind != "sliding_attention")
      return unsupported(ownPlace + ": expected full_attention and sliding_attention");
    if (!own.is_object())
      return badInput(ownPlace + ": expected an object, but found " + describeValue(own));
    RopeConfig &rope = kind == "full_attention" ? config.rope : config.slidingRope.emplace();
    GRAPHC_RETURN_IF_ERROR(readScaling(document, file, own, ownPlace, family, config, rope));
  }
  return {};
}

Status readRope(const Json &document, const std::string &file, const FamilySpec &family,
                ModelConfig &config) {
  std::string place;
  GRAPHC_ASSIGN_OR_RETURN(const Json *scaling, findScaling(document, file, place));
  if (!family.slidingThetaField.empty() && scaling->contains("full_attention"))
    return readScalingsOfKinds(document, file, *scaling, place, family, config);
  GRAPHC_RETURN_IF_ERROR(readScaling(document, file, *scaling, place, family, config, config.rope));
  if (family.slidingThetaField.empty())
    return {};
  return readFields(document, file, family.slidingThetaField, config.slidingRope.emplace());
}

} // namespace graphc
