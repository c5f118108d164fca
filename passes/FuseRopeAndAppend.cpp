// --graphc-fuse-rope-and-append (see Passes.td).
#include "passes/HeadPath.h"
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

/// What becomes one fused_qkv, or an append_qkv behind its projections.
class QkvMatch {
public:
  explicit QkvMatch(KvAppendOp append) : append(append) {}

  Refusal match();
  void rewrite(RewriterBase &rewriter);

private:
  Refusal matchKeysAndValues();
  Refusal matchQueries();
  Refusal matchHeads();
  Refusal matchNorms();
  Refusal matchRopes();
  Refusal matchQueryUsers();

  bool isOneProjection();
  Value fuseProjection(RewriterBase &rewriter, Location location);
  Value fuseHeads(RewriterBase &rewriter, Location location);

  KvAppendOp append;
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

Refusal QkvMatch::matchKeysAndValues() {
  for (auto [path, operand, name] : {std::tuple(&key, append.getKey(), "keys"),
                                     std::tuple(&value, append.getValue(), "values")}) {
    if (Refusal refusal = path->matchTo(operand, name); !refusal.empty())
      return refusal;
    if (!operand.hasOneUse())
      return std::string(name) + " have a second user";
  }
  return {};
}

/// The attention that reads the cache in the append's block, if it is fused.
static FlashAttentionOp attentionOf(KvAppendOp append) {
  for (Operation *user : append.getCache().getUsers())
    if (auto attention = dyn_cast<FlashAttentionOp>(user))
      if (attention->getBlock() == append->getBlock())
        return attention;
  return {};
}

/// Queries are what the attention reads; where it is not fused, what the projection of the keys has
/// beside keys and values.
Refusal QkvMatch::matchQueries() {
  if (FlashAttentionOp attention = attentionOf(append))
    return query.matchTo(attention.getQuery(), "queries");
  auto split = matchChannelSplit(key.rows);
  if (!split || split->size() != 3 || key.rows != value.rows)
    return "the projection is not split into queries, keys and values";
  for (ChannelRange &range : *split)
    if (range.slice != key.slice && range.slice != value.slice)
      return query.matchFrom(range.slice, "queries");
  return "keys and values are the same channels";
}

Refusal QkvMatch::matchHeads() {
  const int64_t headDim = append.getCache().getType().getHeadDim();
  Type cacheType = append.getCache().getType().getElementType();
  for (HeadPath *path : {&query, &key, &value}) {
    if (path->headDim() != headDim)
      return "expected heads of " + std::to_string(headDim) + " numbers but got " +
             std::to_string(path->headDim());
    if (!elementTypeOf(path->rows).isF32())
      return "the projection is rounded before rope";
  }
  for (HeadPath *path : {&key, &value})
    if (path->cast && elementTypeOf(path->result) != cacheType)
      return "mixed types: what is appended is rounded to another type than the cache's";
  return {};
}

Refusal QkvMatch::matchNorms() {
  if (value.norm)
    return "the values are normalised";
  if (bool(query.norm) != bool(key.norm))
    return "only one of queries and keys is normalised";
  if (query.norm && query.norm.getEps() != key.norm.getEps())
    return "queries and keys are normalised with different eps";
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
  return {};
}

/// The fused op stands where kv_append stood: all that use the queries have to come later.
Refusal QkvMatch::matchQueryUsers() {
  for (Operation *user : query.result.getUsers())
    if (user->getBlock() != append->getBlock() || user->isBeforeInBlock(append))
      return "the queries are used before keys and values are appended";
  return {};
}

Refusal QkvMatch::match() {
  for (auto part : {&QkvMatch::matchKeysAndValues, &QkvMatch::matchQueries, &QkvMatch::matchHeads,
                    &QkvMatch::matchNorms, &QkvMatch::matchRopes, &QkvMatch::matchQueryUsers})
    if (Refusal refusal = (this->*part)(); !refusal.empty())
      return refusal;
  return {};
}

//===----------------------------------------------------------------------===//
// Rewriting
//===----------------------------------------------------------------------===//

/// Whether fused_qkv does all of it: one product, of which nobody else needs anything, split into
/// queries, keys and values in this order, and heads that are at most rotated as a whole.
bool QkvMatch::isOneProjection() {
  if (query.norm || query.isPartlyRotated())
    return false;
  auto split = matchChannelSplit(key.rows);
  if (!split || split->size() != 3 || (*split)[0].slice != query.slice ||
      (*split)[1].slice != key.slice || (*split)[2].slice != value.slice)
    return false;
  const LinearParts linear = *LinearParts::ofValue(key.rows);
  return !linear.gate && !linear.act && !linear.cap && !linear.residual;
}

Value QkvMatch::fuseProjection(RewriterBase &rewriter, Location location) {
  const LinearParts linear = *LinearParts::ofValue(key.rows);
  return FusedQkvOp::create(rewriter, location, query.result.getType(), linear.input, linear.weight,
                            linear.gamma, linear.beta, linear.rowFactor, linear.bias,
                            query.rope ? query.rope.getTable() : Value(), append.getCache(),
                            append.getStep(), linear.eps, linear.layerEps, linear.rows);
}

Value QkvMatch::fuseHeads(RewriterBase &rewriter, Location location) {
  auto gammaOf = [](HeadPath &path) { return path.norm ? path.norm.getGamma() : Value(); };
  auto offset = [&](HeadPath &path) { return rewriter.getI64IntegerAttr(path.offset); };
  return AppendQkvOp::create(rewriter, location, query.result.getType(), query.rows, key.rows,
                             value.rows, gammaOf(query), gammaOf(key),
                             query.rope ? query.rope.getTable() : Value(), append.getCache(),
                             append.getStep(), offset(query), offset(key), offset(value),
                             query.norm ? query.norm.getEpsAttr() : FloatAttr());
}

void QkvMatch::rewrite(RewriterBase &rewriter) {
  rewriter.setInsertionPoint(append);
  SmallVector<Operation *> ops = {query.norm, key.norm, query.rope, key.rope, append};
  Value queries;
  if (isOneProjection()) {
    ops.insert(ops.begin(), key.rows.getDefiningOp());
    queries = fuseProjection(rewriter, fuseLocations(ops));
  } else {
    queries = fuseHeads(rewriter, fuseLocations(ops));
  }
  rewriter.replaceAllUsesWith(query.result, queries);
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
