// What commands that feed text to a plan share.
#ifndef GRAPHC_TOOLS_GRAPHC_TEXTINPUT_H
#define GRAPHC_TOOLS_GRAPHC_TEXTINPUT_H

#include "runtime/base/Status.h"
#include "runtime/plan/Plan.h"
#include "runtime/text/Tokenizer.h"

#include <optional>
#include <string>

namespace graphc {

/// The plan's tokenizer; absent when it has none. The plan must outlive it.
Expected<std::optional<Tokenizer>> openTokenizer(const Plan &plan);

/// The contents of a file; "-" is stdin.
Expected<std::string> readText(const std::string &path);

/// One thread per CPU, or as many as asked for; more than there are CPUs would only get in each
/// other's way. Says on stderr, unless `quiet`, when it gives fewer.
int chooseThreads(std::optional<int> wanted, bool quiet);

} // namespace graphc

#endif // GRAPHC_TOOLS_GRAPHC_TEXTINPUT_H
