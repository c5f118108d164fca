#include "frontend/models/ModelGraph.h"

#include "frontend/config/Rope.h"
#include "frontend/models/Families.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/MLIRContext.h"

using namespace mlir;

namespace graphc {

static const FamilyGraph &familyGraph(Family family) {
  switch (family) {
  case Family::Llama:
  case Family::Mistral:
  case Family::Qwen2:
  case Family::Qwen3:
  case Family::Gemma:
  case Family::Gemma2:
  case Family::Gemma3:
  case Family::Phi3:
    return kDecoderGraph;
  }
  llvm_unreachable("every family has a graph");
}

std::string WeightSpec::tensorName(int64_t layer) const {
  static constexpr llvm::StringLiteral kPlace = "{layer}";
  std::string name = tensor;
  if (size_t at = name.find(kPlace); at != std::string::npos)
    name.replace(at, kPlace.size(), std::to_string(layer));
  return name;
}

std::vector<WeightSpec> modelWeights(const ModelConfig &config) {
  return familyGraph(config.family).weights(config);
}

OwningOpRef<ModuleOp> buildModelGraph(MLIRContext &context, const ModelConfig &config,
                                      const GraphOptions &options) {
  context.loadDialect<GraphcDialect, func::FuncDialect, arith::ArithDialect>();
  OpBuilder attributes(&context);
  OwningOpRef<ModuleOp> module = ModuleOp::create(attributes.getUnknownLoc());
  (*module)->setAttr("graphc.stage", attributes.getStringAttr("graph"));
  (*module)->setAttr("graphc.model", attributes.getStringAttr(options.name));
  (*module)->setAttr("graphc.max_tokens", attributes.getI64IntegerAttr(options.maxTokens));
  (*module)->setAttr("graphc.context", attributes.getI64IntegerAttr(options.context));

  GraphBuilder builder(*module);
  for (const WeightSpec &spec : modelWeights(config))
    builder.declareWeight(spec, options.storedType(spec.tensorName(0)));
  auto declareRope = [&](StringRef symbol, const RopeConfig &rope) {
    builder.declareRopeTable(symbol, ropeFrequencies(config, rope, options.context),
                             options.context);
  };
  declareRope(kRopeTable, config.rope);
  if (config.slidingRope)
    declareRope(kSlidingRopeTable, *config.slidingRope);
  familyGraph(config.family).build(builder, config);
  return module;
}

} // namespace graphc
