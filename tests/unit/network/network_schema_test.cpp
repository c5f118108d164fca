// docs/network.schema.json says what the reader accepts, and the table has every operator.
#include "frontend/network/NetworkFile.h"
#include "frontend/network/OperatorTable.h"
#include "ir/GraphDialect.h"

#include "mlir/IR/MLIRContext.h"

#include <gtest/gtest.h>
#include <set>

using namespace graphc;

namespace {

using Names = std::set<std::string>;

Json schema() {
  auto document = readJsonFile(std::string(GRAPHC_SOURCE_DIR) + "/docs/network.schema.json");
  EXPECT_TRUE(document.ok()) << document.status().message();
  return document.ok() ? *document : Json::object();
}

Names keysOf(const Json &object) {
  Names names;
  for (const auto &[key, ignored] : object.items())
    names.insert(key);
  return names;
}

Names setOf(const std::vector<std::string_view> &names) { return {names.begin(), names.end()}; }

} // namespace

TEST(NetworkSchema, HasTheKeysThatTheReaderAccepts) {
  const Json document = schema();
  EXPECT_EQ(keysOf(document["properties"]), setOf(networkKeys("network")));
  for (const char *object : {"module", "input", "weight", "application"}) {
    EXPECT_EQ(keysOf(document["$defs"][object]["properties"]), setOf(networkKeys(object)))
        << object;
    EXPECT_EQ(document["$defs"][object]["additionalProperties"], false) << object;
  }
}

TEST(NetworkSchema, HasTheOperatorsOfTheTable) {
  const Json document = schema();
  const Json &operators = document["$defs"]["operators"];
  Names names;
  for (const Operator &op : allOperators()) {
    const std::string name(op.name);
    names.insert(name);
    ASSERT_TRUE(operators.contains(name)) << name;
    Names keys = setOf(networkKeys("operator")), required = {"name", "op"};
    for (const OperatorAttribute &attribute : op.attributes) {
      keys.insert(std::string(attribute.name));
      if (!attribute.isOptional)
        required.insert(std::string(attribute.name));
    }
    if (op.minOperands > 0)
      required.insert("inputs");
    if (op.results > 1)
      required.insert("results");
    const Json &described = operators[name];
    EXPECT_EQ(keysOf(described["properties"]), keys) << name;
    EXPECT_EQ(described["required"].get<Names>(), required) << name;
    EXPECT_EQ(described["properties"]["inputs"]["minItems"], op.minOperands) << name;
    EXPECT_EQ(described["properties"]["inputs"]["maxItems"], op.maxOperands) << name;
  }
  EXPECT_EQ(keysOf(operators), names);
  EXPECT_EQ(document["$defs"]["node"]["oneOf"].size(), names.size() + 1);
}

TEST(OperatorTable, HasEveryOperatorThatIsNotFused) {
  // Fused ops, those of weights and plans, and what the reader writes itself.
  const Names others = {
      "fused_linear", "fused_qkv", "append_qkv", "norm_add", "prepare_rows", "flash_attention",
      "weight",       "yield",     "param",      "quantize", "pack",         "checkpoint",
      "rope_table",   "kv_layer",  "dispatch",   "kernel",   "plan"};
  mlir::MLIRContext context;
  context.loadDialect<GraphcDialect>();
  for (mlir::RegisteredOperationName name : context.getRegisteredOperations()) {
    std::string op = name.stripDialect().str();
    if (name.getDialectNamespace() == "graphc")
      EXPECT_NE(findOperator(op) != nullptr, others.contains(op)) << op;
  }
}
