#include "AttentionCase.h"

#include "../unit/codegen/KernelText.h"
#include "runtime/plan/KvLayout.h"

#include <cmath>

namespace graphc::bench {

using namespace test;

/// Of a prompt in a step: what plans take unless told otherwise.
static constexpr int64_t kPromptTokens = 512;

static std::string_view typeName(ElementType type) {
  return type == ElementType::F32 ? "f32" : type == ElementType::BF16 ? "bf16" : "int8";
}

std::string AttentionCase::name() const {
  return std::string(model->name) + "/" + (isDecode() ? "decode" : "prefill") + "/" +
         std::string(typeName(cache)) + "/D" + std::to_string(depth) + "/t" +
         std::to_string(threads);
}

KernelCase AttentionCase::kernel() const {
  std::string query =
      tensorText({model->heads, -1, model->headDim}, cache == ElementType::F32 ? "f32" : "bf16");
  std::string pages = cacheText(model->cacheHeads, model->headDim,
                                cache == ElementType::I8 ? "i8" : typeName(cache));
  std::string result = tensorText({-1, model->heads * model->headDim}, "f32");
  std::string scale = std::to_string(1 / std::sqrt(static_cast<double>(model->headDim)));
  KernelCase kernel;
  kernel.name = name();
  kernel.text = kernelText("%q: " + query + ", %cache: " + pages + ", %step: !graphc.step",
                           "graphc.flash_attention %q, %cache, %step causal scale " + scale +
                               " : " + query + ", " + pages + " -> " + result,
                           result);
  kernel.tokens = tokens;
  kernel.cached = depth;
  kernel.threads = threads;
  KvLayout layout{model->cacheHeads, model->headDim, cache};
  kernel.streamedBytes =
      static_cast<uint64_t>(ceilDiv(depth + tokens, kPageTokens) * layout.pageBytes());
  return kernel;
}

std::vector<AttentionCase> allAttentionCases() {
  std::vector<AttentionCase> all;
  for (std::string_view model : {"tinyllama-1.1b", "llama-2-7b"})
    for (int64_t tokens : {int64_t(1), kPromptTokens})
      for (ElementType cache : {ElementType::F32, ElementType::BF16, ElementType::I8})
        for (int64_t depth : {0, 512, 4096})
          for (int threads : {1, 2})
            if (AttentionCase test{&modelShape(model), cache, tokens, depth, threads};
                depth > 0 || !test.isDecode())
              all.push_back(test);
  return all;
}

} // namespace graphc::bench
