// network.json as C++ structs: modules that are put together from operators and from each other.
// docs/networks.md describes the file, docs/network.schema.json its form.
//
// Reading checks the form: keys, kinds of values, names, and that no name is defined twice. What
// the values are (parameters, shapes) is known only when an entry is built: NetworkGraph.h.
#ifndef GRAPHC_FRONTEND_NETWORK_NETWORKFILE_H
#define GRAPHC_FRONTEND_NETWORK_NETWORKFILE_H

#include "frontend/network/Scope.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace graphc {

/// A weight of a module. Scalars are numbers or expressions, as everywhere.
struct NetworkWeight {
  Json shape;               ///< List of extents.
  Json condition = true;    ///< "if": whether there is one.
  std::string init;         ///< "ones", "zeros", "normal(0.02)"; empty: as the name says.
  std::string tensor;       ///< Name in the checkpoint; empty: path and name.
  Json ropeTheta = nullptr; ///< "rope_theta": the weight is a table of rotary positions.
};

struct NetworkInput {
  std::string name;
  Json shape; ///< List of extents; "T", "R" and "S" stand for the dynamic ones.
};

/// An application of an operator or of a module.
struct NetworkNode {
  std::string name;
  std::string place;      ///< For messages: "modules.Attention.nodes[3] 'scores'".
  std::string op, module; ///< One of them.
  std::vector<std::string> inputs;
  std::vector<std::string> results; ///< Names of the values; by default that of the node.
  Json condition = true;            ///< "if": where it is false, the node yields its first input.
  std::map<std::string, Json, std::less<>> attributes; ///< Of an operator.
  std::map<std::string, Json, std::less<>> with;       ///< Parameters for a module.
  Json repeat = nullptr; ///< How often a module is applied, each time with weights of its own.
};

struct NetworkModule {
  Parameters parameters;
  std::vector<NetworkInput> inputs;
  std::map<std::string, NetworkWeight, std::less<>> weights;
  std::vector<NetworkNode> nodes;
  std::vector<std::string> outputs;
};

struct Network {
  std::string file; ///< For messages.
  std::string name;
  std::string entry; ///< Module that is compiled unless another one is asked for.
  Parameters parameters;
  Json context = nullptr; ///< Longest sequence; null: not said.
  Json batch = 1;         ///< Sequences that made-up inputs have.
  Json seed = nullptr;    ///< Of random weights, where no weights are given.
  std::map<std::string, NetworkModule, std::less<>> modules;
};

/// Whether a JSON document is a network and not a config.json: it has modules.
bool isNetwork(const Json &document);

/// Reads a document; `file` is for messages. BadInput names the place, as in
/// "net.json: modules.Attention.nodes[3] 'scores': ...", Unsupported an unknown operator.
Expected<Network> readNetwork(const Json &document, const std::string &file);

/// Keys that an object of the file may have: a "network", "module", "input", "weight" or
/// "application". The keys of a node that applies an operator are those of "operator" and its
/// attributes.
std::vector<std::string_view> networkKeys(std::string_view object);

/// Most nodes of a file, and of what they are expanded to.
inline constexpr size_t kMaxNodes = 1 << 16;

} // namespace graphc

#endif // GRAPHC_FRONTEND_NETWORK_NETWORKFILE_H
