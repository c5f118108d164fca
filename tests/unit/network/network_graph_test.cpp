// What networks become in the graph stage, and what is said of those that are none.
#include "frontend/network/NetworkGraph.h"
#include "ir/GraphDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/MLIRContext.h"

#include <gtest/gtest.h>

using namespace graphc;

namespace {

class NetworkGraph : public testing::Test {
protected:
  NetworkGraph() {
    options.defaultContext = 32;
    options.maxTokens = 8;
    options.storedType = [](const std::string &) { return ElementType::F32; };
  }

  Status build(const Json &document) {
    auto network = readNetwork(document, "net.json");
    if (!network.ok())
      return network.status();
    auto built = buildNetworkGraph(context, *network, options);
    if (built.ok())
      module = *std::move(built);
    return built.status();
  }

  Json example() const {
    auto document =
        readJsonFile(std::string(GRAPHC_SOURCE_DIR) + "/examples/mindspore-llm/network.json");
    EXPECT_TRUE(document.ok()) << document.status().message();
    return document.ok() ? *document : Json::object();
  }

  template <typename Op>
  int64_t count() {
    int64_t number = 0;
    module->walk([&](Op) { ++number; });
    return number;
  }

  mlir::MLIRContext context;
  NetworkOptions options;
  mlir::OwningOpRef<mlir::ModuleOp> module;
};

/// A network of one module @M with an input of width 6 and these nodes; its output is the node "y".
Json oneModule(Json nodes, Json weights = Json::object()) {
  return {{"entry", "M"},
          {"parameters", {{"six", 6}, {"off", false}}},
          {"modules",
           {{"M",
             {{"inputs", {{{"name", "x"}, {"shape", {"T", "six"}}}}},
              {"weights", weights},
              {"nodes", nodes},
              {"outputs", {"y"}}}}}}};
}

Json node(const char *name, const char *op, Json inputs, Json more = Json::object()) {
  Json result = {{"name", name}, {"op", op}, {"inputs", inputs}};
  result.update(more);
  return result;
}

} // namespace

TEST_F(NetworkGraph, RepeatedModulesAreOneFunctionWithWeightsForEachLayer) {
  ASSERT_TRUE(build(example()).ok());
  EXPECT_EQ(count<mlir::func::FuncOp>(), 2);
  EXPECT_EQ(count<mlir::func::CallOp>(), 4);
  EXPECT_EQ(count<KvLayerOp>(), 4);
  EXPECT_EQ(count<SoftmaxOp>(), 1);
  EXPECT_EQ(count<AddOp>(), 2) << "the residuals: without biases, their additions are left out";
  auto weight = module->lookupSymbol<WeightOp>("layers.attention.q.weight");
  ASSERT_TRUE(weight);
  EXPECT_EQ(weight.getLayers(), 4u);
  auto tensor = *weight.getBody().getOps<CheckpointOp>().begin();
  EXPECT_EQ(tensor.nameForLayer(2), "layers.2.attention.q.weight");
  EXPECT_EQ(tensor->getAttrOfType<mlir::StringAttr>(kInitAttrName).getValue(), "normal(0.02)");
  EXPECT_TRUE(module->lookupSymbol<WeightOp>("embedding.embedding_weight"));
  EXPECT_EQ((*module)->getAttrOfType<mlir::IntegerAttr>("graphc.context").getInt(), 2048);
  EXPECT_EQ((*module)->getAttrOfType<mlir::IntegerAttr>("graphc.batch").getInt(), 64);
}

TEST_F(NetworkGraph, EveryModuleCanBeTheEntry) {
  for (const char *entry : {"Attention", "MLP", "TransformerLayer", "RmsNorm"}) {
    options.entry = entry;
    Status status = build(example());
    ASSERT_TRUE(status.ok()) << status.message();
    EXPECT_EQ(count<InputRowsOp>(), 1) << entry;
    EXPECT_EQ(count<SelectRowsOp>(), 1) << entry;
  }
  options.entry = "SplitHeads";
  EXPECT_EQ(build(example()).code(), StatusCode::Unsupported);
  options.entry = "Atention";
  Status status = build(example());
  EXPECT_EQ(status.code(), StatusCode::Usage);
  EXPECT_NE(status.message().find("there is no module 'Atention'; there are 'Attention'"),
            std::string::npos)
      << status.message();
}

TEST_F(NetworkGraph, AnEntryByItsPathKeepsTheNamesOfTensors) {
  options.entry = "layers.2.attention";
  Status status = build(example());
  ASSERT_TRUE(status.ok()) << status.message();
  auto weight = module->lookupSymbol<WeightOp>("q.weight");
  ASSERT_TRUE(weight);
  EXPECT_EQ((*weight.getBody().getOps<CheckpointOp>().begin()).nameForLayer(0),
            "layers.2.attention.q.weight");
  EXPECT_TRUE((*module)->hasAttr("graphc.part"));
  options.entry = "layers.4.attention";
  EXPECT_EQ(build(example()).message(), "net.json: --entry: expected one of the 4 modules of "
                                        "'layers', from 0, behind its name");
  options.entry = "layers";
  EXPECT_EQ(build(example()).message(), "net.json: --entry: expected one of the 4 modules of "
                                        "'layers', from 0, behind its name");
  options.entry = "layers.2.atention";
  status = build(example());
  EXPECT_EQ(status.code(), StatusCode::Usage);
  EXPECT_EQ(status.message(), "net.json: --entry: modules.TransformerLayer has no node 'atention' "
                              "that applies a module");
}

TEST_F(NetworkGraph, ParametersOfNetworkAndEntry) {
  options.entry = "Linear";
  options.parameters = {{"in_size", int64_t(12)}, {"out_size", int64_t(20)}, {"has_bias", true}};
  ASSERT_TRUE(build(example()).ok());
  EXPECT_TRUE(module->lookupSymbol<WeightOp>("bias"));
  EXPECT_EQ(count<AddOp>(), 1);
  options.parameters.erase("out_size");
  Status status = build(example());
  EXPECT_EQ(status.message(), "net.json: modules.Linear.nodes[0] 'product': weight 'weight': "
                              "'out_size': parameter 'out_size' has no value and no default");
}

/// The message for a module with these nodes, behind the file's name.
class NetworkRefusal : public NetworkGraph {
protected:
  std::string refusal(const Json &document, StatusCode code = StatusCode::BadInput) {
    Status status = build(document);
    EXPECT_EQ(status.code(), code) << status.message();
    std::string prefix = "net.json: ";
    return status.message().starts_with(prefix) ? status.message().substr(prefix.size())
                                                : status.message();
  }
};

TEST_F(NetworkRefusal, E3Row11_NamesTheNode) {
  EXPECT_EQ(refusal(oneModule({node("y", "softmax", {"x"}, {{"axis", 4}})})),
            "modules.M.nodes[0] 'y': expected an axis in [0, 2) but got 4");
  EXPECT_EQ(refusal(oneModule({node("y", "add", {"x", "z"})})),
            "modules.M.nodes[0] 'y': 'z' is no input, weight or node before it");
  EXPECT_EQ(refusal(oneModule({node("y", "add", {"x"})})),
            "modules.M.nodes[0] 'y': expected 2 inputs of 'add' but got 1");
  EXPECT_EQ(refusal(oneModule({node("y", "scale", {"x"})})),
            "modules.M.nodes[0] 'y': the operator 'scale' needs the key 'factor'");
  EXPECT_EQ(refusal(oneModule({node("y", "silu", {"x"}), node("y", "silu", {"x"})})),
            "modules.M.nodes[1] 'y': 'y' is defined twice in this module");
  EXPECT_EQ(refusal(oneModule({{{"name", "y"}, {"op", "kv_read"}, {"results", {"k", "y"}}}})),
            "modules.M.nodes[0] 'y': expected a kv_append before it in this module");
  EXPECT_EQ(refusal(oneModule({node("y", "linear", {"x", "w"})}, {{"w", {{"shape", {4, 5}}}}})),
            "modules.M.nodes[0] 'y': expected an input of 5 columns, as the weight has, but "
            "got [?, 6]");
}

TEST_F(NetworkRefusal, E3Row8_UnknownOperatorsAreUnsupported) {
  EXPECT_EQ(refusal(oneModule({node("y", "sofmax", {"x"})}), StatusCode::Unsupported),
            "modules.M.nodes[0] 'y': there is no operator 'sofmax'; the nearest: 'softmax', "
            "'concat', 'soft_cap'");
}

TEST_F(NetworkRefusal, E3Row11_WhatIsLeftOut) {
  Json weights = {{"w", {{"shape", {6}}, {"if", "off"}}}};
  EXPECT_EQ(refusal(oneModule({node("y", "add", {"x", "w"})}, weights)),
            "modules.M.nodes[0] 'y': the weight 'w' is left out: its 'if' is false");
  EXPECT_TRUE(build(oneModule({node("y", "add", {"x", "w"}, {{"if", "off"}})}, weights)).ok());
}

TEST_F(NetworkRefusal, E3Row11_Nesting) {
  Json itself = {{"name", "y"}, {"module", "M"}, {"inputs", {"x"}}};
  EXPECT_EQ(refusal(oneModule({itself})), "modules.M.nodes[0] 'y': a module is applied inside "
                                          "itself");
  Json twice = oneModule({{{"name", "y"}, {"module", "A"}, {"inputs", {"x"}}, {"repeat", 2}}});
  twice["modules"]["A"] = twice["modules"]["M"];
  twice["modules"]["A"]["nodes"][0]["module"] = "B";
  twice["modules"]["B"] = twice["modules"]["M"];
  twice["modules"]["B"]["nodes"] = {node("y", "silu", {"x"})};
  EXPECT_EQ(refusal(twice, StatusCode::Unsupported),
            "modules.A.nodes[0] 'y': a repeated module inside a repeated one");
}

/// Modules that apply each other twice, forty deep: 2^40 nodes.
TEST_F(NetworkRefusal, E3Row11_ExpansionHasALimit) {
  Json document = oneModule({node("y", "silu", {"x"})});
  const Json leaf = document["modules"]["M"];
  for (int i = 0; i < 40; ++i) {
    Json module = leaf;
    std::string next = i == 39 ? "M" : "A" + std::to_string(i + 1);
    module["nodes"] = {{{"name", "z"}, {"module", next}, {"inputs", {"x"}}},
                       {{"name", "y"}, {"module", next}, {"inputs", {"z"}}}};
    document["modules"]["A" + std::to_string(i)] = module;
  }
  options.entry = "A0";
  EXPECT_NE(refusal(document).find("more than 65536 nodes"), std::string::npos);
}

TEST_F(NetworkRefusal, E3Row11_RepetitionHasALimit) {
  Json document = oneModule(Json::array());
  document["modules"]["A"] = oneModule({node("y", "silu", {"x"})})["modules"]["M"];
  Json &nodes = document["modules"]["M"]["nodes"];
  for (int i = 0; i < 40; ++i)
    nodes.push_back({{"name", i == 39 ? "y" : "n" + std::to_string(i)},
                     {"module", "A"},
                     {"inputs", {"x"}},
                     {"repeat", 4096}});
  EXPECT_NE(refusal(document).find("more than 65536 nodes"), std::string::npos);
}

TEST_F(NetworkRefusal, E3Row11_Form) {
  EXPECT_EQ(refusal({{"modules", {{"M", 5}}}}), "modules.M: expected an object but got 5");
  EXPECT_EQ(refusal({{"modules", {{"M", {{"nodes", 1}, {"outputs", {"y"}}}}}}}),
            "modules.M.nodes: expected a list but got 1");
  EXPECT_EQ(refusal({{"modules", Json::object()}, {"entri", "M"}}),
            "unknown key 'entri'; the nearest: 'entry', 'batch', 'name'");
}

TEST_F(NetworkRefusal, E3Row11_AMillionNodes) {
  Json document = oneModule(Json::array());
  document["modules"]["M"]["nodes"] = Json::array_t(1000000);
  for (size_t i = 0; i <= kMaxNodes; ++i)
    document["modules"]["M"]["nodes"][i] = node(("n" + std::to_string(i)).c_str(), "silu", {"x"});
  EXPECT_EQ(refusal(document), "modules.M.nodes[65536]: more than 65536 nodes");
}

TEST_F(NetworkRefusal, E3Row11_DeepNesting) {
  std::string text = "{\"modules\": ";
  for (int i = 0; i < 10000; ++i)
    text += "{\"a\": ";
  EXPECT_EQ(parseJson(text, "net.json").status().message(),
            "net.json: nested deeper than 64 levels");
}
