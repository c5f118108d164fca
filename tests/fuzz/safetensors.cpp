// Headers of safetensors files.
#include "FuzzTarget.h"

#include "weights/SafetensorsFile.h"

namespace graphc::fuzz {

std::vector<std::string> seeds() {
  const std::string header =
      R"({"__metadata__":{"k":"v"},"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},)"
      R"("b":{"dtype":"BF16","shape":[4],"data_offsets":[24,32]}} )";
  return {test::safetensors(header, std::string(32, 'x')), test::safetensors("{}", "")};
}

MemoryBound memoryBound() { return {}; }

Status read(std::string_view input) {
  return readSafetensorsHeader(std::as_bytes(std::span(input)), "m.safetensors").status();
}

} // namespace graphc::fuzz
