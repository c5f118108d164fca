// --graphc-fuse-rope-and-append (see Passes.td).
#include "passes/LinearParts.h"
#include "passes/Matchers.h"
#include "passes/PassCounters.h"
#include "passes/Passes.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;

namespace graphc {

#define GEN_PASS_DEF_FUSEROPEANDAPPENDPASS
#include "passes/Passes.h.inc"

namespace {

/// From a slice of the projection to heads: slice, reshape [T,H,D], transpose [H,T,D], rope, cast.
struct HeadPath {
  SliceOp slice;
  ReshapeOp split;
  TransposeOp transpose;
  RopeOp rope; ///< Null without.
  CastOp cast; ///< Null without.
  Value result;

  int64_t heads() { return shapeOf(transpose.getResult())[0]; }
  int64_t headDim() { return shapeOf(transpose.getResult())[2]; }
};

/// What becomes one fused_qkv.
class QkvMatch {
public:
  explicit QkvMatch(KvAppendOp append) : append(append) {}

  Refusal match();
  void rewrite(RewriterBase &rewriter);

private:
  Refusal matchProjection();
  Refusal matchRopes();
  Refusal matchQueryUsers();

  KvAppendOp append;
  Value product; ///< The joined projection.
  LinearParts linear;
  HeadPath query, key, value;
};

class FuseRopeAndAppendPass : public impl::FuseRopeAndAppendPassBase<FuseRopeAndAppendPass>,
                              public CountedPass {
public:
  void runOnOperation() override;
};

} // namespace

//===----------------------------------------------------------------------===//
// Matching
//===----------------------------------------------------------------------===//

static bool isSplitToHeads(ReshapeOp split, TransposeOp transpose) {
  return shapeOf(split.getInput()).size() == 2 && shapeOf(split.getResult()).size() == 3 &&
         shapeOf(split.getInput())[0] == shapeOf(split.getResult())[0] &&
         transpose.getPermutation() == ArrayRef<int64_t>({1, 0, 2});
}

/// Follows the way to heads from the slice to the value that others use.
static Refusal followForward(HeadPath &path, StringRef name) {
  path.split = soleUser<ReshapeOp>(path.slice.getResult());
  path.transpose = path.split ? soleUser<TransposeOp>(path.split.getResult()) : TransposeOp();
  if (!path.transpose || !isSplitToHeads(path.split, path.transpose))
    return name.str() + " are not split into heads, or their rows have a second user";
  path.result = path.transpose.getResult();
  if ((path.rope = soleUser<RopeOp>(path.result)))
    path.result = path.rope.getResult();
  if ((path.cast = soleUser<CastOp>(path.result)))
    path.result = path.cast.getResult();
  return {};
}

/// Follows the way to heads from an operand of kv_append back to the slice.
static Refusal followBackward(HeadPath &path, Value operand, StringRef name) {
  Value value = skipCasts(operand);
  if (auto rope = value.getDefiningOp<RopeOp>())
    value = rope.getInput();
  auto transpose = value.getDefiningOp<TransposeOp>();
  auto split = transpose ? transpose.getInput().getDefiningOp<ReshapeOp>() : ReshapeOp();
  if (!split)
    return name.str() + " come from " +
           (value.getDefiningOp() ? value.getDefiningOp()->getName().getStringRef().str()
                                  : std::string("a function argument")) +
           " and not from rows split into heads";
  path.slice = split.getInput().getDefiningOp<SliceOp>();
  if (!path.slice || !LinearParts::isLinear(path.slice.getInput().getDefiningOp()))
    return name.str() + " are no slice of a joined projection";
  if (Refusal refusal = followForward(path, name); !refusal.empty())
    return refusal;
  if (path.result != operand || !operand.hasOneUse())
    return name.str() + " have a second user";
  return {};
}

Refusal QkvMatch::matchProjection() {
  if (Refusal refusal = followBackward(key, append.getKey(), "keys"); !refusal.empty())
    return refusal;
  if (Refusal refusal = followBackward(value, append.getValue(), "values"); !refusal.empty())
    return refusal;
  product = key.slice.getInput();
  if (value.slice.getInput() != product)
    return "keys and values are slices of different matmuls";
  auto split = matchChannelSplit(product);
  if (!split || split->size() != 3)
    return "the projection is not split into queries, keys and values";
  if ((*split)[1].slice != key.slice || (*split)[2].slice != value.slice)
    return "the projection's slices are not in the order queries, keys, values";
  query.slice = (*split)[0].slice;
  if (Refusal refusal = followForward(query, "queries"); !refusal.empty())
    return refusal;
  linear = *LinearParts::ofValue(product);
  if (linear.gate || linear.residual)
    return "the projection has an epilogue that fused_qkv has not";
  if (!linear.resultType.getElementType().isF32())
    return "the projection is rounded before rope";
  KvCacheType cache = append.getCache().getType();
  for (HeadPath *path : {&query, &key, &value})
    if (path->headDim() != cache.getHeadDim())
      return "expected heads of " + std::to_string(cache.getHeadDim()) + " numbers but got " +
             std::to_string(path->headDim());
  return {};
}

Refusal QkvMatch::matchRopes() {
  if (value.rope)
    return "the values are rotated";
  if (bool(query.rope) != bool(key.rope))
    return "only one of queries and keys is rotated";
  if (query.rope &&
      (query.rope.getTable() != key.rope.getTable() || query.rope.getStep() != append.getStep() ||
       key.rope.getStep() != append.getStep()))
    return "queries and keys are rotated by different tables or steps";
  Type cacheType = append.getCache().getType().getElementType();
  for (HeadPath *path : {&key, &value})
    if (path->cast && elementTypeOf(path->result) != cacheType)
      return "mixed types: what is appended is rounded to another type than the cache's";
  return {};
}

/// fused_qkv stands where kv_append stood: all that use the queries have to come later.
Refusal QkvMatch::matchQueryUsers() {
  for (Operation *user : query.result.getUsers())
    if (user->getBlock() != append->getBlock() || user->isBeforeInBlock(append))
      return "the queries are used before keys and values are appended";
  return {};
}

Refusal QkvMatch::match() {
  for (auto part : {&QkvMatch::matchProjection, &QkvMatch::matchRopes, &QkvMatch::matchQueryUsers})
    if (Refusal refusal = (this->*part)(); !refusal.empty())
      return refusal;
  return {};
}

//===----------------------------------------------------------------------===//
// Rewriting
//===----------------------------------------------------------------------===//

void QkvMatch::rewrite(RewriterBase &rewriter) {
  rewriter.setInsertionPoint(append);
  Location location =
      fuseLocations({product.getDefiningOp(), query.rope, key.rope, append.getOperation()});
  auto fused = FusedQkvOp::create(rewriter, location, query.result.getType(), linear.input,
                                  linear.weight, linear.gamma, linear.rowFactor, linear.bias,
                                  query.rope ? query.rope.getTable() : Value(), append.getCache(),
                                  append.getStep(), linear.eps, linear.rows);
  rewriter.replaceAllUsesWith(query.result, fused.getQuery());
  rewriter.eraseOp(append);
}

void FuseRopeAndAppendPass::runOnOperation() {
  resetCounters();
  SmallVector<KvAppendOp> anchors;
  getOperation().walk([&](KvAppendOp op) { anchors.push_back(op); });
  IRRewriter rewriter(&getContext());
  for (KvAppendOp anchor : anchors) {
    QkvMatch qkv(anchor);
    if (Refusal refusal = qkv.match(); !refusal.empty()) {
      recordMiss(anchor, refusal);
      continue;
    }
    qkv.rewrite(rewriter);
    recordHit();
  }
  eraseDeadOps(getOperation());
}

} // namespace graphc
