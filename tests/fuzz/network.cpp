// network.json, and the graph that is built of it.
#include "FuzzTarget.h"

#include "frontend/network/NetworkGraph.h"

#include "mlir/IR/MLIRContext.h"

namespace graphc::fuzz {

std::vector<std::string> seeds() {
  const std::string path = std::string(GRAPHC_SOURCE_DIR) + "/examples/mindspore-llm/network.json";
  return {readJsonFile(path)->dump()};
}

/// MLIR keeps what it has uniqued; what is measured is the growth of one input.
MemoryBound memoryBound() { return {.base = size_t(64) << 20, .perByte = 1000}; }

Status read(std::string_view input) {
  GRAPHC_ASSIGN_OR_RETURN(Json document, parseJson(input, "network.json"));
  GRAPHC_ASSIGN_OR_RETURN(Network network, readNetwork(document, "network.json"));
  mlir::MLIRContext context;
  NetworkOptions options;
  options.defaultContext = 32;
  options.maxTokens = 8;
  options.storedType = [](const std::string &) { return ElementType::F32; };
  return buildNetworkGraph(context, network, options).status();
}

} // namespace graphc::fuzz
