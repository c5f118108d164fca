// The flags of quantization, as the user wrote them and as a plan's header keeps them.
#ifndef GRAPHC_TOOLS_COMPILER_QUANTSETTINGS_H
#define GRAPHC_TOOLS_COMPILER_QUANTSETTINGS_H

#include "runtime/base/Status.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace graphc {

struct QuantOptions;

/// Empty strings stand for defaults.
struct QuantSettings {
  std::string scheme;               ///< --quant: none, w8, w4, w8a8, w4a8.
  std::string group;                ///< --group-size: 32, 64, 128, channel.
  std::string embeddings;           ///< --quant-embeddings: none, w8, w4.
  std::string scale;                ///< --quant-scale: search, absmax.
  std::vector<std::string> exclude; ///< --quant-exclude: patterns.

  /// What the passes are told; nothing without quantization. Usage errors for unknown words, and
  /// for flags that say how to quantize when nothing is to be quantized.
  Expected<std::optional<QuantOptions>> parse() const;

  /// The settings as options of a plan, and back.
  std::map<std::string, std::string> texts() const;
  static QuantSettings fromTexts(const std::map<std::string, std::string> &texts);
};

} // namespace graphc

#endif // GRAPHC_TOOLS_COMPILER_QUANTSETTINGS_H
