// Lists of numbers on the command line.
#ifndef GRAPHC_TOOLS_CLI_LISTS_H
#define GRAPHC_TOOLS_CLI_LISTS_H

#include "runtime/base/Status.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace graphc {

/// Numbers of a text like "1,2,8", each in [min, max], in their order, without those that occurred
/// before. Usage, with the flag's name, for anything else.
Expected<std::vector<int64_t>> parseNumberList(const std::string &flag, std::string_view text,
                                               int64_t min, int64_t max);

} // namespace graphc

#endif // GRAPHC_TOOLS_CLI_LISTS_H
