// Reading the rope of a config.json, which has two spellings:
//
//   "rope_theta": 500000.0, "rope_scaling": {"rope_type": "llama3", "factor": 32.0, ...}
//   "rope_parameters": {"rope_theta": 500000.0, "rope_type": "llama3", "factor": 32.0, ...}
//
// `rope_type` may also be called `type`. Keys that stand in several places must agree. A family
// whose sliding layers have a rope of their own says so by another key, or by an object for each
// kind of layer:
//
//   "rope_theta": 1000000.0, "rope_local_base_freq": 10000.0
//   "rope_parameters": {"full_attention": {"rope_theta": ...}, "sliding_attention": {...}}
#ifndef GRAPHC_FRONTEND_CONFIG_READROPE_H
#define GRAPHC_FRONTEND_CONFIG_READROPE_H

#include "frontend/config/Families.h"

namespace graphc {

/// Fills `config.rope`, and `config.slidingRope` where sliding layers have their own, from a whole
/// config.json; heads are known. Unsupported for a kind that the family does not have and for keys
/// that the kind does not know.
Status readRope(const Json &document, const std::string &file, const FamilySpec &family,
                ModelConfig &config);

} // namespace graphc

#endif // GRAPHC_FRONTEND_CONFIG_READROPE_H
