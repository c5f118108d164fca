#include "frontend/network/OperatorTable.h"

#include "frontend/config/NearestName.h"
#include "frontend/network/ResultTypes.h"

#include <algorithm>
#include <iterator>
#include <vector>

namespace graphc {

namespace {

using enum AttributeKind;
using enum Implied;

constexpr unsigned kAny = 64; ///< Most operands of a concat.

constexpr OperatorAttribute kAxis[] = {{"axis", Integer}};
constexpr OperatorAttribute kEps[] = {{"eps", Number}};
constexpr OperatorAttribute kFactor[] = {{"factor", Number}};
constexpr OperatorAttribute kForm[] = {{"form", GeluForm}};
constexpr OperatorAttribute kCap[] = {{"cap", Number}};
constexpr OperatorAttribute kWindow[] = {{"window", Integer, /*isOptional=*/true}};
constexpr OperatorAttribute kTransposeB[] = {{"transpose_b", Flag, /*isOptional=*/true}};
constexpr OperatorAttribute kShape[] = {{"shape", Extents}};
constexpr OperatorAttribute kPermutation[] = {{"permutation", Integers}};
constexpr OperatorAttribute kRange[] = {{"axis", Integer}, {"begin", Integer}, {"end", Integer}};
constexpr OperatorAttribute kTimes[] = {{"axis", Integer}, {"times", Integer}};
constexpr OperatorAttribute kValue[] = {{"value", Scalar}};
constexpr OperatorAttribute kType[] = {{"type", Element}};
constexpr OperatorAttribute kWidth[] = {{"width", Extent}};

const Operator kOperators[] = {
    // Arithmetic on each number.
    {"add", 2, 2, Nothing, results::broadcast},
    {"sub", 2, 2, Nothing, results::broadcast},
    {"mul", 2, 2, Nothing, results::broadcast},
    {"div", 2, 2, Nothing, results::broadcast},
    {"scale", 1, 1, Nothing, results::likeFirst, kFactor},
    {"rsqrt", 1, 1, Nothing, results::likeFirst},
    {"silu", 1, 1, Nothing, results::likeFirst},
    {"gelu", 1, 1, Nothing, results::likeFirst, kForm},
    {"relu", 1, 1, Nothing, results::likeFirst},
    {"tanh", 1, 1, Nothing, results::likeFirst},
    {"soft_cap", 1, 1, Nothing, results::likeFirst, kCap},
    // Norms, products.
    {"embedding", 1, 1, Step, results::embedding},
    {"input_rows", 0, 0, Step, results::inputRows, kWidth},
    {"mean", 1, 1, Nothing, results::lastBecomesOne},
    {"rms_norm", 2, 2, Nothing, results::likeFirst, kEps},
    {"layer_norm", 2, 3, Nothing, results::likeFirst, kEps},
    {"linear", 2, 2, Nothing, results::linear},
    {"matmul", 2, 2, Nothing, results::matmul, kTransposeB},
    {"batch_matmul", 2, 2, Nothing, results::matmul, kTransposeB},
    // Attention by its parts.
    {"rope", 2, 2, Step, results::likeFirst},
    {"mask", 1, 1, Step, results::likeFirst, kWindow},
    {"softmax", 1, 1, Nothing, results::likeFirst, kAxis},
    {"kv_append", 2, 2, CacheAndStep, results::nothing, {}, /*results=*/0},
    {"kv_read", 0, 0, CacheAndStep, results::cached, {}, /*results=*/2},
    // Constants and shapes.
    {"constant", 0, 0, Nothing, results::constant, kValue},
    {"reshape", 1, 1, Nothing, results::reshape, kShape},
    {"transpose", 1, 1, Nothing, results::transpose, kPermutation},
    {"slice", 1, 1, Nothing, results::slice, kRange},
    {"concat", 1, kAny, Nothing, results::concat, kAxis},
    {"repeat", 1, 1, Nothing, results::repeat, kTimes},
    {"cast", 1, 1, Nothing, results::cast, kType},
    {"select_rows", 1, 1, Step, results::likeFirst},
};

} // namespace

std::span<const Operator> allOperators() { return kOperators; }

const Operator *findOperator(std::string_view name) {
  const auto *found = std::ranges::find(kOperators, name, &Operator::name);
  return found == std::end(kOperators) ? nullptr : found;
}

Status unknownOperator(std::string_view name) {
  std::vector<std::string_view> names;
  std::ranges::transform(kOperators, std::back_inserter(names), &Operator::name);
  return unsupported("there is no operator '" + std::string(name.substr(0, 80)) +
                     "'; the nearest: " + nearestNames(name, names));
}

} // namespace graphc
