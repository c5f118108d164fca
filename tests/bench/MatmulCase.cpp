#include "MatmulCase.h"

#include "../unit/codegen/KernelText.h"
#include "ir/PanelLayout.h"

#include <array>

namespace graphc::bench {

using namespace test;

namespace {

constexpr int64_t kGroup = 32;
constexpr std::string_view kInt8 = "!graphc.quant<i8:f16, 32>", kInt4 = "!graphc.quant<i4:f16, 32>";
constexpr NumberType kTypes[] = {
    {"f32", "f32", "f32", 32, 1, ElementType::F32},
    {"f16", "f32", "f16", 16, 1, ElementType::F32},
    {"bf16", "bf16", "bf16", 16, 2, ElementType::BF16},
    {"w8", "bf16", kInt8, 8, kGroup, ElementType::BF16},
    {"w4", "bf16", kInt4, 4, kGroup, ElementType::BF16},
    {"w8a8", kIntegerRows, kInt8, 8, kGroup, ElementType::I8},
    {"w4a8", kIntegerRows, kInt4, 4, kGroup, ElementType::I8},
};

constexpr std::array<std::string_view, 5> kRoleNames = {"qkv", "attn_out", "gate_up", "down",
                                                        "head"};

/// The largest hidden size that is run in f32.
constexpr int64_t kMostF32Hidden = 2048;

std::string weightText(const MatmulCase &test) {
  PanelLayout layout{test.channels(), test.depth()};
  if (test.role == Role::Qkv)
    layout.groups = test.model->heads + 2 * test.model->cacheHeads;
  else if (test.role == Role::GateUp)
    layout.groups = 1;
  int64_t together = test.type->weightInterleave;
  return tensorText({layout.panels(), test.depth() / together, kPanelRows, together},
                    test.type->weight);
}

/// Rows and weight, and what says that f16 is converted to the rows' type.
KernelText productText(const MatmulCase &test) {
  KernelText text;
  text.add("x", tensorText({-1, rowWidth(test.depth(), test.type->rows)}, test.type->rows));
  text.add("w", weightText(test));
  if (test.type->weight == "f16")
    text.addWord("rows(f32)");
  return text;
}

std::string qkvText(const MatmulCase &test) {
  const ModelShape &model = *test.model;
  std::string_view cacheType = test.type->rows == "f32" ? "f32" : "bf16";
  KernelText text = productText(test);
  text.addClause("row_factor", "tensor<?xf32>");
  text.addClause("rope", tensorText({test.tokens, model.headDim}, "f32"));
  text.addWord("append(%cache, %step)");
  text.add("cache", cacheText(model.cacheHeads, model.headDim, cacheType));
  text.add("step", "!graphc.step");
  return text.kernel("graphc.fused_qkv %x, %w",
                     {tensorText({model.heads, -1, model.headDim}, cacheType)});
}

std::string linearText(const MatmulCase &test) {
  int64_t outputs = test.role == Role::GateUp ? test.channels() / 2 : test.channels();
  std::string result = tensorText({-1, outputs}, "f32");
  KernelText text = productText(test);
  if (test.role == Role::GateUp || test.role == Role::Head)
    text.addClause("row_factor", "tensor<?xf32>");
  else
    text.addClause("residual", result);
  if (test.role == Role::GateUp)
    text.addWord("gate(silu)");
  return text.kernel("graphc.fused_linear %x, %w", {result});
}

} // namespace

std::string MatmulCase::name() const {
  return std::string(model->name) + "/" + std::string(kRoleNames[static_cast<size_t>(role)]) + "/" +
         std::string(type->name) + "/T" + std::to_string(tokens) + "/t" + std::to_string(threads);
}

int64_t MatmulCase::depth() const {
  return role == Role::AttentionOut ? model->heads * model->headDim
         : role == Role::Down       ? model->feedForward
                                    : model->hidden;
}

int64_t MatmulCase::channels() const {
  switch (role) {
  case Role::Qkv:
    return (model->heads + 2 * model->cacheHeads) * model->headDim;
  case Role::AttentionOut:
  case Role::Down:
    return model->hidden;
  case Role::GateUp:
    return 2 * model->feedForward;
  case Role::Head:
    return model->vocabulary;
  }
  return 0;
}

double MatmulCase::operations() const {
  return 2.0 * static_cast<double>(tokens) * static_cast<double>(depth()) *
         static_cast<double>(channels());
}

KernelCase MatmulCase::kernel() const {
  KernelCase result;
  result.name = name();
  result.text = role == Role::Qkv ? qkvText(*this) : linearText(*this);
  result.tokens = tokens;
  result.threads = threads;
  result.streamedBytes = static_cast<uint64_t>(depth() * channels() * type->weightBits / 8);
  return result;
}

/// Whether the case tells more than others do.
static bool isWanted(const MatmulCase &test) {
  bool isSmallModel = test.model->hidden <= kMostF32Hidden;
  if (test.type->weight == "f32" && !isSmallModel)
    return false;
  if (test.type->weight == "f16" && test.model != &modelShapes().front())
    return false;
  bool isBatch = test.tokens == 2 || test.tokens == 8;
  return !isBatch || test.role == Role::GateUp || test.role == Role::Down;
}

std::vector<MatmulCase> allMatmulCases() {
  std::vector<MatmulCase> all;
  for (const ModelShape &model : modelShapes())
    for (size_t role = 0; role < kRoleNames.size(); ++role)
      for (const NumberType &type : kTypes)
        for (int64_t tokens : {1, 2, 4, 8, 512})
          for (int threads : {1, 2})
            if (MatmulCase test{&model, static_cast<Role>(role), &type, tokens, threads};
                isWanted(test))
              all.push_back(test);
  return all;
}

} // namespace graphc::bench
