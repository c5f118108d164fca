#include "frontend/models/ModelGraph.h"

#include "frontend/models/Decoder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/MLIRContext.h"

using namespace mlir;

namespace graphc {

std::string WeightSpec::tensorName(int64_t layer) const {
  static constexpr llvm::StringLiteral kPlace = "{layer}";
  std::string name = tensor;
  if (size_t at = name.find(kPlace); at != std::string::npos)
    name.replace(at, kPlace.size(), std::to_string(layer));
  return name;
}

std::vector<int64_t> WeightSpec::tensorShape() const {
  std::vector<int64_t> result = shape;
  if (tensorRows != 0)
    result.front() = tensorRows;
  return result;
}

std::vector<WeightSpec> modelWeights(const ModelConfig &config) { return decoderWeights(config); }

namespace {

/// Declares weights in every form that their layers have them in.
class FormDeclarer {
public:
  FormDeclarer(GraphBuilder &builder, const GraphOptions &options, int64_t layers)
      : builder(builder), options(options), formsOfLayer(size_t(layers)) {}

  void declare(const WeightSpec &spec);
  /// Tells the builder which layers are alike.
  void declareKinds();

private:
  GraphBuilder &builder;
  const GraphOptions &options;
  /// Of each layer, the weights of which it uses another form than the first.
  std::vector<SymbolsOfKind> formsOfLayer;
};

} // namespace

void FormDeclarer::declare(const WeightSpec &spec) {
  std::vector<WeightForm> forms;
  for (int64_t layer = 0; layer < spec.layers; ++layer) {
    const WeightForm form = options.formOf(spec.tensorName(layer));
    const auto number = static_cast<size_t>(llvm::find(forms, form) - forms.begin());
    WeightSpec own = spec;
    if (number > 0)
      own.symbol += "." + std::to_string(number + 1);
    if (number == forms.size()) {
      forms.push_back(form);
      builder.declareWeight(own, form);
    }
    if (number > 0)
      formsOfLayer[static_cast<size_t>(layer)][spec.symbol] = own.symbol;
  }
}

void FormDeclarer::declareKinds() {
  std::vector<SymbolsOfKind> kinds;
  std::vector<size_t> kindOfLayer;
  for (const SymbolsOfKind &symbols : formsOfLayer) {
    kindOfLayer.push_back(static_cast<size_t>(llvm::find(kinds, symbols) - kinds.begin()));
    if (kindOfLayer.back() == kinds.size())
      kinds.push_back(symbols);
  }
  builder.setKinds(std::move(kinds), std::move(kindOfLayer));
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
  FormDeclarer forms(builder, options, config.layers);
  for (const WeightSpec &spec : modelWeights(config))
    forms.declare(spec);
  forms.declareKinds();
  buildDecoder(builder, config, options.context);
  return module;
}

} // namespace graphc
