#include "tools/compiler/NetworkInput.h"

#include "frontend/network/NetworkGraph.h"
#include "runtime/base/Escape.h"
#include "runtime/base/TextList.h"

#include <cstdio>
#include <filesystem>
#include <limits>

using namespace mlir;
namespace fs = std::filesystem;

namespace graphc {

/// A description is written by hand; the limit is what a generator may make of it.
static constexpr JsonLimits kNetworkLimits = {.maxBytes = size_t(16) << 20, .maxDepth = 64};
static constexpr JsonLimits kParameterLimits = {.maxBytes = size_t(1) << 20, .maxDepth = 64};

Expected<std::optional<Json>> readNetworkDocument(const std::string &path) {
  std::error_code ignored;
  if (fs::path(path).extension() != ".json" || !fs::is_regular_file(path, ignored))
    return std::optional<Json>();
  GRAPHC_ASSIGN_OR_RETURN(Json document, readJsonFile(path, kNetworkLimits));
  return isNetwork(document) ? std::optional(std::move(document)) : std::nullopt;
}

/// --param name=value
static Status takeParameter(const std::string &text, std::map<std::string, Quantity> &into) {
  size_t sign = text.find('=');
  if (sign == std::string::npos || sign == 0)
    return usageError("--param: expected name=value but got '" + escapeForMessage(text) + "'");
  auto unknown = [](std::string_view name) -> Expected<Quantity> {
    return badInput("expected a number, true or false but got '" + escapeForMessage(name) + "'");
  };
  auto value = evaluateExpression(std::string_view(text).substr(sign + 1), unknown);
  if (!value.ok())
    return usageError("--param " + escapeForMessage(text) + ": " + value.status().message());
  into.insert_or_assign(text.substr(0, sign), *value);
  return {};
}

/// --params FILE: of a file that says more, what are parameters of the network or of its entry.
static Status takeFile(const CompileSettings &settings, const Network &network,
                       std::map<std::string, Quantity> &into) {
  const std::string &path = settings.network.parameterFile;
  GRAPHC_ASSIGN_OR_RETURN(Json document, readJsonFile(path, kParameterLimits));
  if (!document.is_object())
    return badInput(path + ": expected an object of parameters");
  auto entry =
      network.modules.find(settings.network.entry.empty() ? network.entry : settings.network.entry);
  std::string others;
  for (const auto &[name, value] : document.items()) {
    bool isKnown = network.parameters.contains(name) ||
                   (entry != network.modules.end() && entry->second.parameters.contains(name));
    if (!isKnown) {
      appendToList(others, escapeForMessage(name));
      continue;
    }
    auto number = quantityOf(value);
    if (!number.ok())
      return number.status().withContext(path + ": " + name);
    into.insert_or_assign(name, *number);
  }
  if (settings.verbose && !others.empty())
    std::fprintf(stderr, "%s: keys that are no parameters were ignored: %s\n", path.c_str(),
                 others.c_str());
  return {};
}

static Expected<std::optional<uint64_t>> seedOf(const Network &network) {
  if (network.seed.is_null())
    return std::optional<uint64_t>();
  auto seed =
      Scope(network.parameters).integer(network.seed, 0, std::numeric_limits<int64_t>::max());
  if (!seed.ok())
    return seed.status().withContext(network.file + ": seed");
  return std::optional(static_cast<uint64_t>(*seed));
}

Expected<LoadedNetwork>
loadNetwork(MLIRContext &context, const CompileSettings &settings, const Json &document,
            const std::function<ElementType(const std::string &tensor)> &storedType) {
  GRAPHC_ASSIGN_OR_RETURN(Network network, readNetwork(document, settings.model));
  if (network.name.empty())
    network.name = fs::path(settings.model).stem().string();
  NetworkOptions options;
  if (!settings.network.parameterFile.empty())
    GRAPHC_RETURN_IF_ERROR(takeFile(settings, network, options.parameters));
  for (const std::string &text : settings.network.parameters)
    GRAPHC_RETURN_IF_ERROR(takeParameter(text, options.parameters));
  options.entry = settings.network.entry;
  options.context = settings.context;
  options.defaultContext = kDefaultContext;
  options.maxTokens = settings.maxChunk;
  options.storedType = storedType;
  LoadedNetwork input;
  GRAPHC_ASSIGN_OR_RETURN(input.seed, seedOf(network));
  GRAPHC_ASSIGN_OR_RETURN(input.module, buildNetworkGraph(context, network, options));
  return input;
}

} // namespace graphc
