#include "ModelShape.h"

#include "passes/PreparedRows.h"

#include <algorithm>

namespace graphc::bench {

static constexpr ModelShape kModels[] = {
    {"tinyllama-1.1b", 2048, 32, 4, 64, 5632, 32000},
    {"llama-3.2-1b", 2048, 32, 8, 64, 8192, 128256},
    {"llama-2-7b", 4096, 32, 32, 128, 11008, 32000},
};

std::span<const ModelShape> modelShapes() { return kModels; }

const ModelShape &modelShape(std::string_view name) {
  return *std::find_if(std::begin(kModels), std::end(kModels),
                       [&](const ModelShape &model) { return model.name == name; });
}

int64_t rowWidth(int64_t depth, std::string_view element) {
  if (element != "f32" && element != "bf16")
    return preparedWidth(depth, QuantRowFormat{kSpanColumns, kMostRowGroup});
  return preparedWidth(depth, element == "f32" ? 4 : 2);
}

} // namespace graphc::bench
