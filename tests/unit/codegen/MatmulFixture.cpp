#include "MatmulFixture.h"

#include <map>
#include <sstream>

namespace graphc::test {

namespace {

bool contains(const std::string &text, const char *part) {
  return text.find(part) != std::string::npos;
}

/// The label at the start of a line of assembly, or "".
std::string labelOf(const std::string &line) {
  size_t colon = line.find(':');
  return line.rfind(".L", 0) == 0 && colon != std::string::npos ? line.substr(0, colon) : "";
}

/// The label that a line jumps to, or "".
std::string jumpTargetOf(const std::string &line) {
  size_t at = line.find(".LBB");
  return line.rfind("\tj", 0) == 0 && at != std::string::npos ? line.substr(at) : "";
}

} // namespace

std::vector<std::string> loopsThatSpill(const std::string &assembly, int &found) {
  std::vector<std::string> spilling;
  std::istringstream lines(assembly);
  std::string label, body;
  bool spills = false;
  found = 0;
  for (std::string line; std::getline(lines, line);) {
    if (std::string next = labelOf(line); !next.empty()) {
      label = next;
      body.clear();
      spills = false;
    }
    body += line + "\n";
    spills |= contains(line, "(%rsp") && (contains(line, "%ymm") || contains(line, "%zmm"));
    if (label.empty() || jumpTargetOf(line) != label)
      continue;
    bool multiplies = contains(body, "vfmadd") || contains(body, "vdpbf16ps");
    found += multiplies;
    if (multiplies && spills)
      spilling.push_back(body);
  }
  return spilling;
}

} // namespace graphc::test
