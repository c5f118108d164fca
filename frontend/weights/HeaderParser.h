// The JSON of a safetensors header, read event by event: what does not belong there ends the parse
// at once, so that a hostile header cannot make the reader build a large document first.
#ifndef GRAPHC_FRONTEND_WEIGHTS_HEADERPARSER_H
#define GRAPHC_FRONTEND_WEIGHTS_HEADERPARSER_H

#include "frontend/weights/SafetensorsHeader.h"

namespace graphc {

/// A tensor as the header words it: nothing is checked against anything.
struct RawTensor {
  std::string name;
  std::string type;
  std::vector<uint64_t> shape;
  std::vector<uint64_t> offsets;
};

/// Parses the header's text. Each tensor has a type, a shape of at most kMaxRank extents and two
/// offsets; no key occurs twice in its object. BadInput otherwise.
Expected<std::vector<RawTensor>> parseHeaderText(std::string_view text, const std::string &what);

inline constexpr size_t kMaxRank = 16;

} // namespace graphc

#endif // GRAPHC_FRONTEND_WEIGHTS_HEADERPARSER_H
