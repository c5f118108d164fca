// Reading network.json: the form of the file. See NetworkFile.h.
#include "frontend/config/NearestName.h"
#include "frontend/network/NetworkFile.h"
#include "frontend/network/OperatorTable.h"
#include "runtime/base/Escape.h"

#include <algorithm>
#include <set>

namespace graphc {

namespace {

using Keys = std::vector<std::string_view>;

const std::map<std::string_view, Keys> kKeys = {
    {"network",
     {"$schema", "description", "name", "entry", "parameters", "context", "batch", "seed",
      "modules"}},
    {"module", {"description", "parameters", "inputs", "weights", "nodes", "outputs"}},
    {"input", {"name", "shape"}},
    {"weight", {"shape", "if", "init", "tensor", "rope_theta"}},
    {"operator", {"description", "name", "op", "inputs", "results", "if"}},
    {"application", {"description", "name", "module", "inputs", "results", "if", "with", "repeat"}},
};

/// A value of the document and where it stands. The first failure is kept and returned.
class Reader {
public:
  Reader(const Json &document, const std::string &file) : document(document), file(file) {}

  Expected<Network> read();

private:
  Status failure(const std::string &place, const std::string &message) const {
    return badInput(file + ": " + (place.empty() ? "" : place + ": ") + message);
  }
  Status expected(const std::string &place, const char *what, const Json &value) const {
    return failure(place,
                   std::string("expected ") + what + " but got " + escapeForMessage(value.dump()));
  }

  Status checkObject(const std::string &place, const Json &value, const Keys &keys) const;
  Status readText(const std::string &place, const Json &object, const char *key,
                  std::string &into) const;
  Status readName(const std::string &place, const Json &object, std::string &into) const;
  Status readNames(const std::string &place, const Json &object, const char *key,
                   std::vector<std::string> &into) const;
  Status readScalar(const std::string &place, const Json &object, const char *key,
                    Json &into) const;
  Status readParameters(const std::string &place, const Json &object, Parameters &into) const;
  Status readShape(const std::string &place, const Json &object, Json &into) const;
  Status readWeight(const std::string &place, const Json &value, NetworkWeight &weight) const;
  Status readWeights(const std::string &place, const Json &object, NetworkModule &module);
  Status readInputs(const std::string &place, const Json &object, NetworkModule &module);
  Status readOperator(NetworkNode &node, const Json &value) const;
  Status readApplication(NetworkNode &node, const Json &value) const;
  Status readNode(const std::string &place, const Json &value, NetworkModule &module);
  Status readNodes(const std::string &place, const Json &object, NetworkModule &module);
  Status readModule(const std::string &place, const Json &value, NetworkModule &module);
  /// Notes a name of the module that is being read.
  Status define(const std::string &place, const std::string &name);

  const Json &document;
  const std::string &file;
  std::set<std::string> defined; ///< Inputs, weights and results of the module being read.
  size_t nodes = 0;
};

/// The member of an object, or null.
const Json *memberOf(const Json &object, const char *key) {
  auto found = object.find(key);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

bool isScalar(const Json &value) {
  return value.is_number() || value.is_boolean() || value.is_string();
}

} // namespace

Status Reader::checkObject(const std::string &place, const Json &value, const Keys &keys) const {
  if (!value.is_object())
    return expected(place, "an object", value);
  for (const auto &[key, ignored] : value.items())
    if (std::find(keys.begin(), keys.end(), key) == keys.end())
      return failure(place, "unknown key '" + escapeForMessage(key) +
                                "'; the nearest: " + nearestNames(key, keys));
  return {};
}

Status Reader::readText(const std::string &place, const Json &object, const char *key,
                        std::string &into) const {
  const Json *value = memberOf(object, key);
  if (value && !value->is_string())
    return expected(place.empty() ? key : place + "." + key, "a text", *value);
  if (value)
    into = value->get<std::string>();
  return {};
}

/// The member "name", by which a value, a node or a tensor is known.
Status Reader::readName(const std::string &place, const Json &object, std::string &into) const {
  if (!memberOf(object, "name"))
    return failure(place, "expected a 'name'");
  GRAPHC_RETURN_IF_ERROR(readText(place, object, "name", into));
  if (!isParameterName(into))
    return expected(place + ".name", "a letter, then letters, digits and '_'", object["name"]);
  return {};
}

Status Reader::readNames(const std::string &place, const Json &object, const char *key,
                         std::vector<std::string> &into) const {
  const Json *value = memberOf(object, key);
  if (!value)
    return {};
  if (!value->is_array())
    return expected(place + "." + key, "a list of names", *value);
  for (const Json &name : *value) {
    if (!name.is_string())
      return expected(place + "." + key, "a list of names", *value);
    into.push_back(name.get<std::string>());
  }
  return {};
}

Status Reader::readScalar(const std::string &place, const Json &object, const char *key,
                          Json &into) const {
  const Json *value = memberOf(object, key);
  if (value && !isScalar(*value))
    return expected(place.empty() ? key : place + "." + key, "a number or an expression", *value);
  if (value)
    into = *value;
  return {};
}

Status Reader::readParameters(const std::string &place, const Json &object,
                              Parameters &into) const {
  const Json *list = memberOf(object, "parameters");
  if (!list)
    return {};
  const std::string where = place.empty() ? "parameters" : place + ".parameters";
  if (!list->is_object())
    return expected(where, "an object", *list);
  for (const auto &[name, value] : list->items()) {
    if (!isParameterName(name))
      return failure(where, "'" + escapeForMessage(name) + "' cannot be the name of a parameter");
    if (!isScalar(value) && !value.is_null())
      return expected(where + "." + name, "a number, true, false, an expression or null", value);
    into.emplace(name, value);
  }
  return {};
}

Status Reader::readShape(const std::string &place, const Json &object, Json &into) const {
  const Json *shape = memberOf(object, "shape");
  if (!shape)
    return failure(place, "expected a 'shape'");
  if (!shape->is_array() || !std::all_of(shape->begin(), shape->end(), isScalar))
    return expected(place + ".shape", "a list of numbers and expressions", *shape);
  into = *shape;
  return {};
}

Status Reader::define(const std::string &place, const std::string &name) {
  if (!isParameterName(name))
    return failure(place, "'" + escapeForMessage(name) + "' cannot be the name of a value");
  if (!defined.insert(name).second)
    return failure(place, "'" + name + "' is defined twice in this module");
  return {};
}

//===----------------------------------------------------------------------===//
// Parts of a module
//===----------------------------------------------------------------------===//

Status Reader::readWeight(const std::string &place, const Json &value,
                          NetworkWeight &weight) const {
  GRAPHC_RETURN_IF_ERROR(checkObject(place, value, kKeys.at("weight")));
  GRAPHC_RETURN_IF_ERROR(readShape(place, value, weight.shape));
  GRAPHC_RETURN_IF_ERROR(readScalar(place, value, "if", weight.condition));
  GRAPHC_RETURN_IF_ERROR(readText(place, value, "init", weight.init));
  GRAPHC_RETURN_IF_ERROR(readText(place, value, "tensor", weight.tensor));
  return readScalar(place, value, "rope_theta", weight.ropeTheta);
}

Status Reader::readWeights(const std::string &place, const Json &object, NetworkModule &module) {
  const Json *list = memberOf(object, "weights");
  if (!list)
    return {};
  if (!list->is_object())
    return expected(place + ".weights", "an object", *list);
  for (const auto &[name, value] : list->items()) {
    GRAPHC_RETURN_IF_ERROR(define(place + ".weights", name));
    GRAPHC_RETURN_IF_ERROR(readWeight(place + ".weights." + name, value, module.weights[name]));
  }
  return {};
}

Status Reader::readInputs(const std::string &place, const Json &object, NetworkModule &module) {
  const Json *list = memberOf(object, "inputs");
  if (!list)
    return {};
  if (!list->is_array())
    return expected(place + ".inputs", "a list", *list);
  for (size_t i = 0; i < list->size(); ++i) {
    const std::string where = place + ".inputs[" + std::to_string(i) + "]";
    const Json &value = (*list)[i];
    NetworkInput &input = module.inputs.emplace_back();
    GRAPHC_RETURN_IF_ERROR(checkObject(where, value, kKeys.at("input")));
    GRAPHC_RETURN_IF_ERROR(readName(where, value, input.name));
    GRAPHC_RETURN_IF_ERROR(readShape(where, value, input.shape));
    GRAPHC_RETURN_IF_ERROR(define(where, input.name));
  }
  return {};
}

/// A node that applies an operator: what is left of its keys are the operator's attributes.
Status Reader::readOperator(NetworkNode &node, const Json &value) const {
  GRAPHC_RETURN_IF_ERROR(readText(node.place, value, "op", node.op));
  const Operator *op = findOperator(node.op);
  if (!op)
    return unknownOperator(node.op).withContext(file + ": " + node.place);
  Keys keys = kKeys.at("operator");
  for (const OperatorAttribute &attribute : op->attributes)
    keys.push_back(attribute.name);
  GRAPHC_RETURN_IF_ERROR(checkObject(node.place, value, keys));
  for (const OperatorAttribute &attribute : op->attributes) {
    const Json *given = memberOf(value, attribute.name.data());
    if (given)
      node.attributes[std::string(attribute.name)] = *given;
    else if (!attribute.isOptional)
      return failure(node.place, "the operator '" + node.op + "' needs the key '" +
                                     std::string(attribute.name) + "'");
  }
  const size_t given = node.inputs.size();
  if (given < op->minOperands || given > op->maxOperands)
    return failure(
        node.place,
        "expected " + std::to_string(op->minOperands) +
            (op->maxOperands > op->minOperands ? " to " + std::to_string(op->maxOperands) : "") +
            " inputs of '" + node.op + "' but got " + std::to_string(given));
  if (node.results.empty() && op->results == 1)
    node.results = {node.name};
  if (node.results.size() != op->results)
    return failure(node.place, "expected " + std::to_string(op->results) +
                                   " names in 'results' but got " +
                                   std::to_string(node.results.size()));
  return {};
}

/// A node that applies a module.
Status Reader::readApplication(NetworkNode &node, const Json &value) const {
  GRAPHC_RETURN_IF_ERROR(checkObject(node.place, value, kKeys.at("application")));
  GRAPHC_RETURN_IF_ERROR(readText(node.place, value, "module", node.module));
  GRAPHC_RETURN_IF_ERROR(readScalar(node.place, value, "repeat", node.repeat));
  if (const Json *with = memberOf(value, "with")) {
    if (!with->is_object() || !std::all_of(with->begin(), with->end(), isScalar))
      return expected(node.place + ".with", "an object of numbers and expressions", *with);
    for (const auto &[name, parameter] : with->items())
      node.with[name] = parameter;
  }
  if (!document["modules"].contains(node.module))
    return failure(node.place, "there is no module '" + escapeForMessage(node.module) + "'");
  if (node.results.empty())
    node.results = {node.name};
  return {};
}

Status Reader::readNode(const std::string &place, const Json &value, NetworkModule &module) {
  if (++nodes > kMaxNodes)
    return failure(place, "more than " + std::to_string(kMaxNodes) + " nodes");
  NetworkNode node;
  node.place = place;
  if (!value.is_object())
    return expected(place, "an object", value);
  GRAPHC_RETURN_IF_ERROR(readName(place, value, node.name));
  node.place += " '" + node.name + "'";
  GRAPHC_RETURN_IF_ERROR(readNames(node.place, value, "inputs", node.inputs));
  GRAPHC_RETURN_IF_ERROR(readNames(node.place, value, "results", node.results));
  GRAPHC_RETURN_IF_ERROR(readScalar(node.place, value, "if", node.condition));
  const bool isOperator = memberOf(value, "op"), isModule = memberOf(value, "module");
  if (isOperator == isModule)
    return failure(node.place, "expected either 'op' or 'module'");
  GRAPHC_RETURN_IF_ERROR(isOperator ? readOperator(node, value) : readApplication(node, value));
  for (const std::string &result : node.results)
    GRAPHC_RETURN_IF_ERROR(define(node.place, result));
  module.nodes.push_back(std::move(node));
  return {};
}

Status Reader::readNodes(const std::string &place, const Json &object, NetworkModule &module) {
  const Json *list = memberOf(object, "nodes");
  if (!list)
    return failure(place, "expected 'nodes'");
  if (!list->is_array())
    return expected(place + ".nodes", "a list", *list);
  std::set<std::string> names; // of nodes: they are the parts of a tensor's name
  for (size_t i = 0; i < list->size(); ++i) {
    const std::string where = place + ".nodes[" + std::to_string(i) + "]";
    GRAPHC_RETURN_IF_ERROR(readNode(where, (*list)[i], module));
    if (!names.insert(module.nodes.back().name).second)
      return failure(module.nodes.back().place, "a node of this name is there already");
  }
  return {};
}

Status Reader::readModule(const std::string &place, const Json &value, NetworkModule &module) {
  GRAPHC_RETURN_IF_ERROR(checkObject(place, value, kKeys.at("module")));
  defined.clear();
  GRAPHC_RETURN_IF_ERROR(readParameters(place, value, module.parameters));
  GRAPHC_RETURN_IF_ERROR(readInputs(place, value, module));
  GRAPHC_RETURN_IF_ERROR(readWeights(place, value, module));
  GRAPHC_RETURN_IF_ERROR(readNodes(place, value, module));
  GRAPHC_RETURN_IF_ERROR(readNames(place, value, "outputs", module.outputs));
  if (module.outputs.empty())
    return failure(place, "expected at least one name in 'outputs'");
  return {};
}

Expected<Network> Reader::read() {
  Network network;
  network.file = file;
  GRAPHC_RETURN_IF_ERROR(checkObject("", document, kKeys.at("network")));
  GRAPHC_RETURN_IF_ERROR(readText("", document, "name", network.name));
  GRAPHC_RETURN_IF_ERROR(readText("", document, "entry", network.entry));
  GRAPHC_RETURN_IF_ERROR(readParameters("", document, network.parameters));
  GRAPHC_RETURN_IF_ERROR(readScalar("", document, "context", network.context));
  GRAPHC_RETURN_IF_ERROR(readScalar("", document, "batch", network.batch));
  GRAPHC_RETURN_IF_ERROR(readScalar("", document, "seed", network.seed));
  for (const auto &[name, value] : document["modules"].items()) {
    if (!isParameterName(name))
      return failure("modules", "'" + escapeForMessage(name) + "' cannot be the name of a module");
    GRAPHC_RETURN_IF_ERROR(readModule("modules." + name, value, network.modules[name]));
  }
  return network;
}

std::vector<std::string_view> networkKeys(std::string_view object) {
  auto found = kKeys.find(object);
  return found == kKeys.end() ? Keys() : found->second;
}

bool isNetwork(const Json &document) {
  auto modules = document.find("modules");
  return document.is_object() && modules != document.end() && modules->is_object();
}

Expected<Network> readNetwork(const Json &document, const std::string &file) {
  if (!isNetwork(document))
    return badInput(file + ": expected an object with 'modules'");
  return Reader(document, file).read();
}

} // namespace graphc
