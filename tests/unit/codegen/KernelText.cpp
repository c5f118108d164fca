#include "KernelText.h"

namespace graphc::test {

std::string tensorText(const std::vector<int64_t> &shape, std::string_view element) {
  std::string text = "tensor<";
  for (int64_t extent : shape)
    text += (extent < 0 ? "?" : std::to_string(extent)) + "x";
  return text + std::string(element) + ">";
}

std::string cacheText(int64_t heads, int64_t headDim, std::string_view element) {
  return "!graphc.kv_cache<" + std::to_string(heads) + "x" + std::to_string(headDim) + "x" +
         std::string(element) + ">";
}

std::string kernelText(const std::string &arguments, const std::string &op,
                       const std::string &result) {
  return "graphc.kernel @k(" + arguments + ") -> " + result + " {\n  %0 = " + op +
         "\n  graphc.yield %0 : " + result + "\n}\n";
}

void KernelText::add(const std::string &name, const std::string &type,
                     const std::string &attributes) {
  arguments += (arguments.empty() ? "%" : ", %") + name + ": " + type + attributes;
  types += (types.empty() ? "" : ", ") + type;
}

void KernelText::addClause(const std::string &word, const std::string &type,
                           const std::string &attributes) {
  addWord(word + "(%" + word + ")");
  add(word, type, attributes);
}

std::string KernelText::kernel(const std::string &op,
                               const std::vector<std::string> &results) const {
  std::string names, list;
  for (size_t i = 0; i < results.size(); ++i) {
    names += (i > 0 ? ", %" : "%") + std::to_string(i);
    list += (i > 0 ? ", " : "") + results[i];
  }
  return "graphc.kernel @k(" + arguments + ") -> (" + list + ") {\n  " + names + " = " + op +
         clauses + " : (" + types + ") -> (" + list + ")\n  graphc.yield " + names + " : " + list +
         "\n}\n";
}

} // namespace graphc::test
