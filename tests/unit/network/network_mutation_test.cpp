// Damaged networks: whatever is changed in one, it is refused or built, and nothing else happens.
#include "frontend/network/NetworkGraph.h"

#include "mlir/IR/MLIRContext.h"

#include <gtest/gtest.h>
#include <random>

using namespace graphc;

namespace {

constexpr int kInputs = 2000;

const Json kExtremes[] = {0,
                          -1,
                          1e300,
                          INT64_MAX,
                          UINT64_MAX,
                          int64_t(1) << 31,
                          "1/0",
                          "num_heads*1e9",
                          "",
                          "T",
                          nullptr,
                          true,
                          Json::array(),
                          Json::object(),
                          std::string(300, '(')};

/// All values of a document, the document first.
void collect(Json &value, std::vector<Json *> &into) {
  into.push_back(&value);
  if (value.is_structured())
    for (Json &child : value)
      collect(child, into);
}

/// Replaces, removes or doubles one value.
void damage(Json &document, std::mt19937 &random) {
  std::vector<Json *> values;
  collect(document, values);
  Json &victim = *values[random() % values.size()];
  switch (random() % 3) {
  case 0:
    victim = kExtremes[random() % std::size(kExtremes)];
    break;
  case 1: {
    Json other = *values[random() % values.size()];
    victim = std::move(other);
    break;
  }
  default:
    if (victim.is_structured() && !victim.empty())
      victim.erase(std::next(victim.begin(), static_cast<int64_t>(random() % victim.size())));
  }
}

/// A small network: its whole form, sizes that keep a build short.
Json smallNetwork() {
  auto document =
      readJsonFile(std::string(GRAPHC_SOURCE_DIR) + "/examples/mindspore-llm/network.json");
  EXPECT_TRUE(document.ok()) << document.status().message();
  return *document;
}

} // namespace

TEST(NetworkMutation, DamagedNetworksAreRefusedOrBuilt) {
  const Json whole = smallNetwork();
  mlir::MLIRContext context;
  NetworkOptions options;
  options.defaultContext = 32;
  options.maxTokens = 8;
  options.storedType = [](const std::string &) { return ElementType::F32; };
  std::mt19937 random(1);
  int built = 0;
  for (int i = 0; i < kInputs; ++i) {
    Json document = whole;
    for (unsigned changes = 1 + random() % 3; changes > 0; --changes)
      damage(document, random);
    auto network = readNetwork(document, "net.json");
    Status status = network.status();
    if (network.ok()) {
      auto module = buildNetworkGraph(context, *network, options);
      status = module.status();
      built += module.ok();
    }
    bool isExpected = status.ok() || status.code() == StatusCode::BadInput ||
                      status.code() == StatusCode::Unsupported;
    ASSERT_TRUE(isExpected) << "input " << i << ": " << status.message();
    ASSERT_TRUE(status.ok() || status.message().starts_with("net.json: ")) << status.message();
  }
  EXPECT_GT(built, 0) << "some changes change nothing that matters";
  EXPECT_LT(built, kInputs / 2);
}

TEST(NetworkMutation, CutTextIsRefused) {
  const std::string text = smallNetwork().dump();
  for (size_t length = 0; length < text.size(); length += 7) {
    auto document = parseJson(std::string_view(text).substr(0, length), "net.json");
    EXPECT_FALSE(document.ok()) << length;
  }
}
