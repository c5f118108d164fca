// --graphc-fuse-attention (see Passes.td).
#include "passes/Matchers.h"
#include "passes/PassCounters.h"
#include "passes/Passes.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/PatternMatch.h"

#include <numeric>

using namespace mlir;

namespace graphc {

#define GEN_PASS_DEF_FUSEATTENTIONPASS
#include "passes/Passes.h.inc"

namespace {

/// A cache as it reaches a product: which, and what was done to it on the way.
struct CacheOperand {
  KvReadOp read;
  int64_t groups = 1; ///< Query heads per key head, as far as the way repeats heads.
  double scale = 1;
};

/// The parts of one attention, from the softmax outwards. Every match function looks at one part
/// and says why it does not fit.
class AttentionMatch {
public:
  explicit AttentionMatch(SoftmaxOp softmax) : softmax(softmax) {}

  Refusal match();
  void rewrite(RewriterBase &rewriter);

private:
  Refusal matchScores();
  Refusal matchScoreOp(Value &value);
  Refusal matchQuery();
  Refusal matchKeys();
  Refusal matchValues();
  Refusal matchMerge();
  Refusal matchCacheUnchanged();
  Value buildQuery(RewriterBase &rewriter);

  SoftmaxOp softmax;
  BatchMatmulOp scores;  ///< q kᵀ
  BatchMatmulOp context; ///< p v
  MaskOp mask;
  std::optional<double> cap;
  double scale = 1;
  Value query; ///< Before its scale; rank 3 or more.
  KvReadOp keys;
  KvReadOp values;
  ReshapeOp merged; ///< The result, [T, H*D].
};

class FuseAttentionPass : public impl::FuseAttentionPassBase<FuseAttentionPass>,
                          public CountedPass {
public:
  void runOnOperation() override;
};

} // namespace

//===----------------------------------------------------------------------===//
// Heads: all dimensions of a tensor before its last two
//===----------------------------------------------------------------------===//

static ArrayRef<int64_t> headDims(Value value) { return shapeOf(value).drop_back(2); }

static int64_t product(ArrayRef<int64_t> extents) {
  return std::accumulate(extents.begin(), extents.end(), int64_t(1), std::multiplies<int64_t>());
}

static int64_t headCount(Value value) { return product(headDims(value)); }

/// A reshape that only groups heads in another way: the last two dimensions stay.
static bool regroupsHeads(ReshapeOp reshape) {
  return shapeOf(reshape.getInput()).size() >= 2 && shapeOf(reshape.getResult()).size() >= 2 &&
         shapeOf(reshape.getInput()).take_back(2) == shapeOf(reshape.getResult()).take_back(2);
}

/// A transpose that swaps the last two dimensions and nothing else.
static bool swapsLastTwo(TransposeOp transpose) {
  ArrayRef<int64_t> permutation = transpose.getPermutation();
  const int64_t rank = int64_t(permutation.size());
  for (int64_t i = 0; i < rank - 2; ++i)
    if (permutation[i] != i)
      return false;
  return rank >= 2 && permutation[rank - 2] == rank - 1;
}

/// How often each head of `from` stands side by side when it is broadcast to the heads of `to`
/// (aligned at the last dimension); nothing when the copies are not neighbours.
static std::optional<int64_t> broadcastGroups(ArrayRef<int64_t> from, ArrayRef<int64_t> to) {
  if (from.size() > to.size())
    return std::nullopt;
  SmallVector<int64_t> padded(to.size() - from.size(), 1);
  llvm::append_range(padded, from);
  size_t equal = 0;
  while (equal < to.size() && padded[equal] == to[equal])
    ++equal;
  if (product(ArrayRef(padded).drop_front(equal)) != 1)
    return std::nullopt;
  return product(to.drop_front(equal));
}

/// Repeats along the last head dimension (those behind it have extent 1) put copies side by side.
static bool repeatsNeighbours(RepeatOp repeat) {
  ArrayRef<int64_t> heads = headDims(repeat.getInput());
  const size_t axis = size_t(repeat.getAxis());
  return axis < heads.size() && product(heads.drop_front(axis + 1)) == 1;
}

/// Follows a key or value operand back to its kv_read.
static Refusal matchCacheOperand(Value value, StringRef name, CacheOperand &found) {
  while (true) {
    Operation *op = value.getDefiningOp();
    if (auto cast = dyn_cast_if_present<CastOp>(op)) {
      value = cast.getInput();
    } else if (auto scaled = matchUniformScale(value)) {
      found.scale *= scaled->factor;
      value = scaled->input;
    } else if (auto reshape = dyn_cast_if_present<ReshapeOp>(op);
               reshape && regroupsHeads(reshape)) {
      value = reshape.getInput();
    } else if (auto repeat = dyn_cast_if_present<RepeatOp>(op)) {
      if (!repeatsNeighbours(repeat))
        return name.str() + " are repeated along another dimension than the heads";
      found.groups *= repeat.getTimes();
      value = repeat.getInput();
    } else {
      found.read = dyn_cast_if_present<KvReadOp>(op);
      if (!found.read)
        return name.str() + " do not come from kv_read";
      const bool isKey = value == found.read.getKey();
      if (isKey != (name == "keys"))
        return name.str() + " are the cache's " + (isKey ? "keys" : "values");
      return {};
    }
  }
}

//===----------------------------------------------------------------------===//
// Matching
//===----------------------------------------------------------------------===//

/// Takes one of scale, soft cap and mask off the scores. Order of meaning: scale, cap, mask; a
/// positive scale commutes with the mask (hidden scores are minus infinity), nothing else does.
Refusal AttentionMatch::matchScoreOp(Value &value) {
  Operation *op = value.getDefiningOp();
  if (auto maskOp = dyn_cast_if_present<MaskOp>(op)) {
    if (mask)
      return "the scores are masked twice";
    if (cap)
      return "the scores are capped after the mask";
    mask = maskOp;
    value = maskOp.getInput();
  } else if (auto capOp = dyn_cast_if_present<SoftCapOp>(op)) {
    if (cap)
      return "the scores are capped twice";
    if (scale != 1)
      return "the scores are scaled after the soft cap";
    cap = capOp.getCap().convertToDouble();
    value = capOp.getInput();
  } else if (auto scaled = matchUniformScale(value)) {
    if (scaled->factor <= 0)
      return "the scores are scaled by a number that is not positive";
    scale *= scaled->factor;
    value = scaled->input;
  } else if (auto cast = dyn_cast_if_present<CastOp>(op)) {
    value = cast.getInput();
  } else if (isa_and_present<AddOp>(op)) {
    return "a tensor is added to the scores; of masks only graphc.mask is understood";
  } else {
    return "the scores come from " +
           (op ? op->getName().getStringRef().str() : std::string("a function argument"));
  }
  return {};
}

Refusal AttentionMatch::matchScores() {
  const int64_t rank = int64_t(shapeOf(softmax.getInput()).size());
  const int64_t axis = int64_t(softmax.getAxis());
  if (axis != rank - 1 && axis != -1)
    return "softmax runs along axis " + std::to_string(axis) + " and not along the last";
  Value value = softmax.getInput();
  while (true) {
    if (!value.hasOneUse())
      return "the scores have a second user";
    if ((scores = value.getDefiningOp<BatchMatmulOp>()))
      break;
    if (Refusal refusal = matchScoreOp(value); !refusal.empty())
      return refusal;
  }
  if (!mask)
    return "the scores have no mask; flash_attention is always causal";
  return {};
}

Refusal AttentionMatch::matchQuery() {
  query = scores.getLhs();
  if (shapeOf(query).size() < 3)
    return "the queries have no heads";
  Value value = query;
  while (true) {
    if (auto scaled = matchUniformScale(value)) {
      if (scaled->factor <= 0)
        return "the queries are scaled by a number that is not positive";
      scale *= scaled->factor;
      query = value = scaled->input;
    } else if (auto cast = value.getDefiningOp<CastOp>()) {
      value = cast.getInput();
    } else if (auto reshape = value.getDefiningOp<ReshapeOp>(); reshape && regroupsHeads(reshape)) {
      value = reshape.getInput();
    } else {
      break;
    }
  }
  return {};
}

/// Checks that head h of the queries meets head h / (H / Hkv) of the cache.
static Refusal checkHeads(CacheOperand &operand, Value cacheSide, Value querySide, StringRef name) {
  auto groups = broadcastGroups(headDims(cacheSide), headDims(querySide));
  if (!groups)
    return "the heads of the " + name.str() + " are broadcast in another order than in groups";
  operand.groups *= *groups;
  const int64_t cacheHeads = operand.read.getCache().getType().getHeads();
  if (operand.groups * cacheHeads != headCount(querySide))
    return "expected " + std::to_string(headCount(querySide)) + " heads of " + name.str() +
           " but got " + std::to_string(operand.groups * cacheHeads);
  return {};
}

Refusal AttentionMatch::matchKeys() {
  Value side = scores.getRhs();
  if (elementTypeOf(side) != elementTypeOf(scores.getLhs()))
    return "mixed types: queries and keys differ";
  Value value = side;
  if (!scores.getTransposeB()) {
    auto transpose = value.getDefiningOp<TransposeOp>();
    if (!transpose || !swapsLastTwo(transpose))
      return "the keys are not transposed";
    value = transpose.getInput();
  }
  CacheOperand operand;
  if (Refusal refusal = matchCacheOperand(value, "keys", operand); !refusal.empty())
    return refusal;
  if (Refusal refusal = checkHeads(operand, value, scores.getLhs(), "keys"); !refusal.empty())
    return refusal;
  if (operand.scale <= 0)
    return "the keys are scaled by a number that is not positive";
  scale *= operand.scale;
  keys = operand.read;
  return {};
}

Refusal AttentionMatch::matchValues() {
  Value probabilities = softmax.getResult();
  if (auto cast = soleUser<CastOp>(probabilities))
    probabilities = cast.getResult();
  if (!probabilities.hasOneUse())
    return "the probabilities have a second user";
  context = soleUser<BatchMatmulOp>(probabilities);
  if (!context || context.getLhs() != probabilities || context.getTransposeB())
    return "the probabilities are not multiplied with values";
  Value side = context.getRhs();
  if (elementTypeOf(side) != elementTypeOf(probabilities) ||
      elementTypeOf(side) != elementTypeOf(scores.getLhs()))
    return "mixed types: probabilities, values and queries differ";
  CacheOperand operand;
  if (Refusal refusal = matchCacheOperand(side, "values", operand); !refusal.empty())
    return refusal;
  if (Refusal refusal = checkHeads(operand, side, probabilities, "values"); !refusal.empty())
    return refusal;
  if (operand.scale != 1)
    return "the values are scaled";
  values = operand.read;
  if (values.getCache() != keys.getCache())
    return "keys and values come from different caches";
  if (values.getStep() != mask.getStep() || keys.getStep() != mask.getStep())
    return "cache and mask are of different steps";
  return {};
}

/// Whether a permutation of [heads..., T, D] is [T, heads..., D].
static bool movesTokensFirst(ArrayRef<int64_t> permutation) {
  const int64_t rank = int64_t(permutation.size());
  if (rank < 3 || permutation[0] != rank - 2 || permutation[rank - 1] != rank - 1)
    return false;
  for (int64_t i = 1; i < rank - 1; ++i)
    if (permutation[i] != i - 1)
      return false;
  return true;
}

Refusal AttentionMatch::matchMerge() {
  static constexpr char kNoMerge[] =
      "the heads are not merged to rows: expected a transpose and a reshape to [T, H*D]";
  Value value = context.getResult();
  if (auto reshape = soleUser<ReshapeOp>(value); reshape && regroupsHeads(reshape))
    value = reshape.getResult();
  if (!value.hasOneUse())
    return "the heads' result has a second user";
  auto transpose = soleUser<TransposeOp>(value);
  if (!transpose || !movesTokensFirst(transpose.getPermutation()))
    return kNoMerge;
  if (!transpose.getResult().hasOneUse())
    return "the heads' result has a second user";
  merged = soleUser<ReshapeOp>(transpose.getResult());
  if (!merged || shapeOf(merged.getResult()).size() != 2 ||
      shapeOf(merged.getResult())[0] != shapeOf(transpose.getResult())[0] ||
      shapeOf(merged.getResult())[1] != headCount(scores.getLhs()) * shapeOf(query).back())
    return kNoMerge;
  return {};
}

/// The fused op reads the cache where the merge stands; nothing may write it between.
Refusal AttentionMatch::matchCacheUnchanged() {
  Block *block = merged->getBlock();
  if (keys->getBlock() != block || values->getBlock() != block)
    return "the cache is read in another block";
  Operation *first = keys->isBeforeInBlock(values) ? keys : values;
  for (Operation *op = first; op != merged; op = op->getNextNode()) {
    auto append = dyn_cast<KvAppendOp>(op);
    if (append && append.getCache() == keys.getCache())
      return "the cache is written between its read and the attention";
  }
  return {};
}

Refusal AttentionMatch::match() {
  for (auto part : {&AttentionMatch::matchScores, &AttentionMatch::matchQuery,
                    &AttentionMatch::matchKeys, &AttentionMatch::matchValues,
                    &AttentionMatch::matchMerge, &AttentionMatch::matchCacheUnchanged})
    if (Refusal refusal = (this->*part)(); !refusal.empty())
      return refusal;
  return {};
}

//===----------------------------------------------------------------------===//
// Rewriting
//===----------------------------------------------------------------------===//

/// The queries without their scale as [H, T, D] in the cache's element type: reshape and cast are
/// built again, but for those that change nothing.
Value AttentionMatch::buildQuery(RewriterBase &rewriter) {
  Value value = query;
  Type elementType = elementTypeOf(scores.getLhs());
  SmallVector<int64_t> shape = {headCount(query), shapeOf(query).take_back(2)[0],
                                shapeOf(query).back()};
  Value base = value;
  while (Operation *op = base.getDefiningOp()) {
    auto reshape = dyn_cast<ReshapeOp>(op);
    if (!isa<CastOp>(op) && !(reshape && regroupsHeads(reshape)))
      break;
    if (elementTypeOf(base) == elementType && shapeOf(base) == ArrayRef(shape))
      break;
    base = op->getOperand(0);
  }
  if (shapeOf(base) != ArrayRef(shape))
    base = ReshapeOp::create(rewriter, value.getLoc(),
                             RankedTensorType::get(shape, elementTypeOf(base)), base);
  if (elementTypeOf(base) != elementType)
    base = CastOp::create(rewriter, value.getLoc(), withElementType(base.getType(), elementType),
                          base);
  return base;
}

void AttentionMatch::rewrite(RewriterBase &rewriter) {
  rewriter.setInsertionPoint(merged);
  Location location = fuseLocations({scores, softmax, context, merged});
  auto fused = FlashAttentionOp::create(
      rewriter, location, merged.getType(), buildQuery(rewriter), keys.getCache(), keys.getStep(),
      rewriter.getF32FloatAttr(float(scale)),
      cap ? rewriter.getF32FloatAttr(float(*cap)) : FloatAttr(), mask.getWindowAttr());
  rewriter.replaceOp(merged, fused);
}

void FuseAttentionPass::runOnOperation() {
  resetCounters();
  SmallVector<SoftmaxOp> anchors;
  getOperation().walk([&](SoftmaxOp op) { anchors.push_back(op); });
  IRRewriter rewriter(&getContext());
  for (SoftmaxOp anchor : anchors) {
    AttentionMatch attention(anchor);
    if (Refusal refusal = attention.match(); !refusal.empty()) {
      recordMiss(anchor, refusal);
      continue;
    }
    attention.rewrite(rewriter);
    recordHit();
  }
  eraseDeadOps(getOperation());
}

} // namespace graphc
