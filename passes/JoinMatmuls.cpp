// --graphc-join-matmuls (see Passes.td).
#include "passes/LinearParts.h"
#include "passes/Matchers.h"
#include "passes/PassCounters.h"
#include "passes/Passes.h"
#include "passes/WeightRewrite.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/PatternMatch.h"
#include "llvm/ADT/MapVector.h"

using namespace mlir;

namespace graphc {

#define GEN_PASS_DEF_JOINMATMULSPASS
#include "passes/Passes.h.inc"

namespace {

/// What a matmul's result is for. Joined weights stand in this order.
enum class Role { Query, Key, Value, Gate, Other };

/// A linear or fused_linear that may be joined.
struct Member {
  Operation *op;
  LinearParts parts;
  WeightOp weight; ///< Null when the weight is no param.
  Role role;
};

using Group = SmallVector<Member>;

class JoinMatmulsPass : public impl::JoinMatmulsPassBase<JoinMatmulsPass>, public CountedPass {
public:
  void runOnOperation() override;

private:
  void joinCompatible(MutableArrayRef<Member> group, WeightRewriter &weights, IRRewriter &rewriter);
  void join(MutableArrayRef<Member> members, WeightRewriter &weights, IRRewriter &rewriter);
};

} // namespace

/// The role of a value that a use has.
static Role roleOfUse(OpOperand &use) {
  Operation *user = use.getOwner();
  const unsigned operand = use.getOperandNumber();
  if (isa<KvAppendOp>(user))
    return operand == 2 ? Role::Key : Role::Value;
  if (isa<FlashAttentionOp, BatchMatmulOp>(user))
    return operand == 0 ? Role::Query : Role::Key;
  if (isa<SiluOp, GeluOp, ReluOp>(user))
    return Role::Gate;
  return Role::Other;
}

/// What a matmul's result becomes on its way through biases, head splits, rope and the like.
static Role roleOf(Value value) {
  Role role = Role::Other;
  for (OpOperand &use : value.getUses()) {
    Operation *user = use.getOwner();
    role = std::min(role, roleOfUse(use));
    if (isa<ReshapeOp, TransposeOp, SliceOp, ConcatOp, RopeOp, CastOp, ScaleOp, AddOp, RmsNormOp,
            RepeatOp>(user))
      role = std::min(role, roleOf(user->getResult(0)));
  }
  return role;
}

/// Projections for attention are joined with each other, and not with a feed-forward network that
/// reads the same rows.
static bool isForAttention(Role role) { return role <= Role::Value; }

/// Why a linear cannot be joined with another one of the same rows, or nothing.
static Refusal checkPair(Member &first, Member &other) {
  if (!first.weight || !other.weight)
    return "a weight is no param";
  if (first.parts.hasEpilogue() || other.parts.hasEpilogue())
    return "a matmul has an epilogue already";
  if (!first.parts.hasSamePrologue(other.parts))
    return "prologues differ";
  if (elementTypeOf(first.parts.weight) != elementTypeOf(other.parts.weight) ||
      first.parts.rows != other.parts.rows)
    return "mixed types: weights differ";
  if (keptType(first.weight) != keptType(other.weight))
    return "checkpoint tensors are quantized differently";
  if (first.parts.resultType.getElementType() != other.parts.resultType.getElementType())
    return "mixed types: results differ";
  if (first.weight.getLayers() != other.weight.getLayers() ||
      !haveSameLayer(first.parts.weight, other.parts.weight))
    return "weights are of different layers";
  return {};
}

/// Builds the joined matmul before the first of the members and gives every member its slice.
void JoinMatmulsPass::join(MutableArrayRef<Member> members, WeightRewriter &weights,
                           IRRewriter &rewriter) {
  Member first = members.front();
  llvm::sort(members, [](const Member &a, const Member &b) {
    return a.role != b.role ? a.role < b.role : a.op->isBeforeInBlock(b.op);
  });
  SmallVector<WeightOp> sources;
  SmallVector<StringRef> names;
  SmallVector<Operation *> ops;
  int64_t channels = 0;
  for (Member &member : members) {
    sources.push_back(member.weight);
    names.push_back(member.weight.getSymName());
    ops.push_back(member.op);
    channels += member.parts.channels();
  }
  WeightOp joined = weights.derive(
      sources, joinNames(names), [&](OpBuilder &builder, Location location, ValueRange values) {
        auto type = RankedTensorType::get({channels, shapeOf(first.parts.weight)[1]},
                                          elementTypeOf(first.parts.weight));
        return ConcatOp::create(builder, location, type, values, /*axis=*/0);
      });

  rewriter.setInsertionPoint(first.op);
  Location location = fuseLocations(ops);
  LinearParts parts = first.parts;
  parts.weight = weights.use(rewriter, location, joined, first.parts.weight);
  SmallVector<int64_t> shape(parts.resultType.getShape());
  shape.back() = channels;
  parts.resultType = RankedTensorType::get(shape, parts.resultType.getElementType());
  Value result = isa<LinearOp>(first.op)
                     ? Value(LinearOp::create(rewriter, location, parts.resultType,
                                              first.op->getOperand(0), parts.weight))
                     : Value(parts.build(rewriter, location));
  int64_t begin = 0;
  for (Member &member : members) {
    const int64_t end = begin + member.parts.channels();
    rewriter.setInsertionPoint(member.op);
    rewriter.replaceOpWithNewOp<SliceOp>(member.op, member.parts.resultType, result,
                                         /*axis=*/int64_t(shape.size()) - 1, begin, end);
    begin = end;
  }
  recordHit();
}

/// Joins those of a group that fit its first member; the others are misses.
void JoinMatmulsPass::joinCompatible(MutableArrayRef<Member> group, WeightRewriter &weights,
                                     IRRewriter &rewriter) {
  Group members;
  for (Member &member : group) {
    Refusal refusal = members.empty() ? Refusal() : checkPair(members.front(), member);
    if (refusal.empty())
      members.push_back(member);
    else
      recordMiss(member.op, refusal);
  }
  if (members.size() > 1)
    join(members, weights, rewriter);
}

void JoinMatmulsPass::runOnOperation() {
  resetCounters();
  WeightRewriter weights(getOperation());
  llvm::MapVector<std::tuple<Block *, Value, unsigned>, Group> groups;
  getOperation().walk([&](Operation *op) {
    if (!LinearParts::isLinear(op))
      return;
    LinearParts parts = LinearParts::of(op);
    const Role role = roleOf(op->getResult(0));
    groups[{op->getBlock(), parts.input, unsigned(isForAttention(role))}].push_back(
        {op, parts, weights.lookup(parts.weight), role});
  });
  IRRewriter rewriter(&getContext());
  for (auto &[key, group] : groups)
    joinCompatible(group, weights, rewriter);
  eraseDeadOps(getOperation());
  weights.eraseUnused();
}

} // namespace graphc
