#include "frontend/network/NetworkWeights.h"

#include "frontend/network/NodeBuilder.h"
#include "frontend/weights/WeightInit.h"
#include "runtime/base/Escape.h"

#include "mlir/IR/Verifier.h"

#include <cmath>

using namespace mlir;

namespace graphc {

static constexpr char kLayer[] = "{layer}";
/// Of a weight: 256 GB in f32.
static constexpr int64_t kMaxElements = int64_t(1) << 36;

static std::string joined(const std::string &path, const std::string &name) {
  return path.empty() ? name : path + "." + name;
}

ModulePlace ModulePlace::inside(const std::string &node, int64_t times) const {
  ModulePlace place{joined(path, node), joined(tensors, node), layers};
  if (times > 0) {
    place.tensors += "." + std::string(kLayer);
    place.layers = times;
  }
  return place;
}

static Type typeOf(ElementType type, MLIRContext *context) {
  return type == ElementType::F16    ? Type(Float16Type::get(context))
         : type == ElementType::BF16 ? Type(BFloat16Type::get(context))
                                     : Type(Float32Type::get(context));
}

static Expected<RankedTensorType> weightType(const NetworkWeight &weight, const Scope &scope,
                                             MLIRContext *context) {
  GRAPHC_ASSIGN_OR_RETURN(SmallVector<int64_t> shape, evaluateShape(weight.shape, scope));
  int64_t elements = 1;
  for (int64_t extent : shape)
    if (ShapedType::isDynamic(extent) || __builtin_mul_overflow(elements, extent, &elements) ||
        elements > kMaxElements)
      return badInput("expected fixed extents of at most 2^36 numbers together");
  return RankedTensorType::get(shape, Float32Type::get(context));
}

/// Rotary positions: the inverse frequencies of D columns are theta^(-2i/D).
static Expected<Value> buildRopeTable(OpBuilder &builder, WeightOp weight,
                                      const NetworkWeight &described, const Scope &scope) {
  GRAPHC_ASSIGN_OR_RETURN(double theta, scope.number(described.ropeTheta));
  if (!(theta > 0))
    return badInput("expected a 'rope_theta' above 0 but got " + std::to_string(theta));
  const int64_t width = weight.getTensorType().getDimSize(1);
  SmallVector<double> frequencies;
  for (int64_t i = 0; i < width / 2; ++i)
    frequencies.push_back(std::pow(theta, -2.0 * double(i) / double(width)));
  return RopeTableOp::create(builder, weight.getLoc(), weight.getTensorType(), frequencies)
      .getResult();
}

/// The name of a tensor in the first layer.
static std::string inFirstLayer(std::string tensor) {
  if (size_t at = tensor.find(kLayer); at != std::string::npos)
    tensor.replace(at, sizeof(kLayer) - 1, "0");
  return tensor;
}

static Expected<Value> buildTensor(OpBuilder &builder, WeightOp weight, const std::string &tensor,
                                   const NetworkWeight &described, const NetworkOptions &options) {
  if (!described.init.empty() && !parseWeightInit(described.init))
    return badInput("expected ones, zeros or normal(D) as 'init' but got '" +
                    escapeForMessage(described.init) + "'");
  ElementType stored = options.storedType(inFirstLayer(tensor));
  RankedTensorType type = weight.getTensorType();
  auto checkpoint = CheckpointOp::create(builder, weight.getLoc(),
                                         type.clone(typeOf(stored, builder.getContext())), tensor,
                                         weight.getLayer());
  if (!described.init.empty())
    checkpoint->setAttr(kInitAttrName, builder.getStringAttr(described.init));
  if (stored == ElementType::F32)
    return checkpoint.getResult();
  return CastOp::create(builder, weight.getLoc(), type, checkpoint).getResult();
}

Expected<WeightOp> buildNetworkWeight(MLIRContext *context, const std::string &name,
                                      const NetworkWeight &described, const Scope &scope,
                                      const ModulePlace &place, const NetworkOptions &options,
                                      int64_t contextLength) {
  GRAPHC_ASSIGN_OR_RETURN(RankedTensorType type, weightType(described, scope, context));
  const bool isTable = !described.ropeTheta.is_null();
  if (isTable && (type.getRank() != 1 || type.getDimSize(0) % 2 != 0))
    return badInput("expected a shape of one even extent, that of the numbers to be rotated, "
                    "beside 'rope_theta'");
  if (isTable)
    type = type.clone({contextLength, type.getDimSize(0)});
  const std::string tensor =
      described.tensor.empty() ? joined(place.tensors, name) : described.tensor;
  const bool isOfLayer = !isTable && StringRef(tensor).contains(kLayer);
  const std::string symbol = joined(place.path, name);
  OpBuilder builder(context);
  Location loc = NameLoc::get(builder.getStringAttr(symbol));
  OwningOpRef<WeightOp> weight =
      WeightOp::create(builder, loc, symbol, isOfLayer ? place.layers : 1, Type(type));
  builder.setInsertionPointToEnd(&weight->getBody().front());
  auto value = isTable ? buildRopeTable(builder, *weight, described, scope)
                       : buildTensor(builder, *weight, tensor, described, options);
  if (!value.ok())
    return value.status();
  YieldOp::create(builder, loc, *value);
  GRAPHC_RETURN_IF_ERROR(withDiagnostics(context, [&] { return verify(*weight); }));
  return weight.release();
}

} // namespace graphc
