#include "tools/graphc/TextInput.h"

#include "runtime/base/TextFile.h"
#include "runtime/threads/Topology.h"
#include "tools/cli/Output.h"

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <iterator>

namespace graphc {

Expected<std::optional<Tokenizer>> openTokenizer(const Plan &plan) {
  std::span<const std::byte> tables = plan.section(section::kTokenizer);
  if (tables.empty())
    return std::optional<Tokenizer>();
  GRAPHC_ASSIGN_OR_RETURN(Tokenizer tokenizer, Tokenizer::open(tables));
  return std::optional(tokenizer);
}

Expected<std::string> readText(const std::string &path) {
  if (path == "-")
    return std::string(std::istreambuf_iterator<char>(std::cin), {});
  // A text may be empty, which a mapped file may not.
  std::error_code ignored;
  if (std::filesystem::is_regular_file(path, ignored) && std::filesystem::is_empty(path, ignored))
    return std::string();
  return readTextFile(path);
}

int chooseThreads(std::optional<int> wanted, bool quiet) {
  int cpus = availableCpus();
  int threads = wanted.value_or(cpus);
  if (threads > cpus && !quiet)
    writeNote("-t " + std::to_string(threads) + ": " + std::to_string(cpus) +
              " CPUs are available, so " + std::to_string(cpus) + " threads run");
  return std::min(threads, cpus);
}

} // namespace graphc
