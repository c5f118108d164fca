#include "MatmulCase.h"

#include "ir/PanelLayout.h"

#include <array>

namespace graphc::bench {

namespace {

constexpr ModelShape kModels[] = {
    {"tinyllama-1.1b", 2048, 32, 4, 64, 5632, 32000},
    {"llama-3.2-1b", 2048, 32, 8, 64, 8192, 128256},
    {"llama-2-7b", 4096, 32, 32, 128, 11008, 32000},
};

constexpr std::string_view kFloatRows = "bf16", kIntegerRows = "!graphc.quant<i8:f32, 32>";
constexpr NumberType kTypes[] = {
    {"f32", "f32", 32, ElementType::F32},       {"bf16", "bf16", 16, ElementType::BF16},
    {"w8", kFloatRows, 8, ElementType::BF16},   {"w4", kFloatRows, 4, ElementType::BF16},
    {"w8a8", kIntegerRows, 8, ElementType::I8}, {"w4a8", kIntegerRows, 4, ElementType::I8},
};
constexpr int64_t kGroup = 32;

constexpr std::array<std::string_view, 5> kRoleNames = {"qkv", "attn_out", "gate_up", "down",
                                                        "head"};

/// The largest hidden size that is run in f32.
constexpr int64_t kMostF32Hidden = 2048;

std::string tensor(std::initializer_list<int64_t> shape, std::string_view type) {
  std::string text = "tensor<";
  for (int64_t extent : shape)
    text += (extent < 0 ? "?" : std::to_string(extent)) + "x";
  return text + std::string(type) + ">";
}

std::string weightText(const MatmulCase &test) {
  PanelLayout layout{test.channels(), test.depth()};
  if (test.role == Role::Qkv)
    layout.groups = test.model->heads + 2 * test.model->cacheHeads;
  else if (test.role == Role::GateUp)
    layout.groups = 1;
  std::string element =
      test.type->weightBits == 32 ? "f32"
      : test.type->weightBits == 16
          ? "bf16"
          : "!graphc.quant<i" + std::to_string(test.type->weightBits) + ":f16, 32>";
  int64_t together = test.type->weightBits == 32 ? 1 : test.type->weightBits == 16 ? 2 : kGroup;
  return tensor({layout.panels(), test.depth() / together, kPanelRows, together}, element);
}

/// Arguments of a kernel and the clauses of its op that name them.
struct KernelParts {
  std::string arguments, types, clauses;

  void add(const std::string &name, const std::string &type) {
    arguments += (arguments.empty() ? "%" : ", %") + name + ": " + type;
    types += (types.empty() ? "" : ", ") + type;
  }
  void addClause(const std::string &word, const std::string &type) {
    clauses += " " + word + "(%" + word + ")";
    add(word, type);
  }
};

std::string qkvText(const MatmulCase &test, KernelParts parts) {
  const ModelShape &model = *test.model;
  std::string cacheType = test.type->weightBits == 32 ? "f32" : "bf16";
  parts.addClause("row_factor", "tensor<?xf32>");
  parts.addClause("rope", tensor({test.context(), model.headDim}, "f32"));
  parts.add("cache", "!graphc.kv_cache<" + std::to_string(model.cacheHeads) + "x" +
                         std::to_string(model.headDim) + "x" + cacheType + ">");
  parts.add("step", "!graphc.step");
  std::string result = tensor({model.heads, -1, model.headDim}, cacheType);
  return "graphc.kernel @k(" + parts.arguments + ") -> " + result +
         " {\n  %0 = graphc.fused_qkv %x, %w" + parts.clauses + " append(%cache, %step) : (" +
         parts.types + ") -> " + result + "\n  graphc.yield %0 : " + result + "\n}\n";
}

std::string linearText(const MatmulCase &test, KernelParts parts) {
  int64_t outputs = test.role == Role::GateUp ? test.channels() / 2 : test.channels();
  std::string result = tensor({-1, outputs}, "f32");
  if (test.role == Role::GateUp || test.role == Role::Head)
    parts.addClause("row_factor", "tensor<?xf32>");
  else
    parts.addClause("residual", result);
  if (test.role == Role::GateUp)
    parts.clauses += " gate(silu)";
  return "graphc.kernel @k(" + parts.arguments + ") -> " + result +
         " {\n  %0 = graphc.fused_linear %x, %w" + parts.clauses + " : (" + parts.types + ") -> " +
         result + "\n  graphc.yield %0 : " + result + "\n}\n";
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

std::string MatmulCase::kernelText() const {
  KernelParts parts;
  parts.add("x", tensor({-1, depth()}, type->rows));
  parts.add("w", weightText(*this));
  return role == Role::Qkv ? qkvText(*this, parts) : linearText(*this, parts);
}

std::vector<MatmulCase> allMatmulCases() {
  std::vector<MatmulCase> all;
  for (const ModelShape &model : kModels)
    for (size_t role = 0; role < kRoleNames.size(); ++role)
      for (const NumberType &type : kTypes)
        for (int64_t tokens : {1, 4, 512})
          for (int threads : {1, 2})
            if (type.weightBits != 32 || model.hidden <= kMostF32Hidden)
              all.push_back({&model, static_cast<Role>(role), &type, tokens, threads});
  return all;
}

} // namespace graphc::bench
