#include "runtime/base/Version.h"

namespace graphc {

std::string_view graphcId() { return "graphc " GRAPHC_VERSION; }

} // namespace graphc
