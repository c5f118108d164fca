#include "codegen/target/Target.h"

#include "runtime/base/CpuFeatures.h"
#include "runtime/base/TextList.h"

#include <algorithm>

namespace graphc {

static std::string knownLevels() { return "native, " + listText(cpuLevels(), &CpuLevel::name); }

static constexpr std::string_view kWidenBf16 = "+widen-bf16";

Expected<Target> Target::parse(std::string_view name) {
  const std::string_view asked = name;
  const bool widens = name.ends_with(kWidenBf16);
  if (widens)
    name.remove_suffix(kWidenBf16.size());
  const CpuLevel *level = nullptr;
  if (name == "native") {
    level = CpuFeatures::host().bestLevel();
    if (!level)
      return unsupported("--target native: this CPU lacks features that every kernel needs (" +
                         std::string(cpuLevels().front().name) +
                         "); name a --target to compile for another machine");
  } else {
    level = findCpuLevel(name);
    if (!level)
      return usageError("--target '" + std::string(asked) +
                        "' is unknown; known targets: " + knownLevels());
  }
  Target target;
  target.levelName = level->name;
  target.featureNames.assign(level->features.begin(), level->features.end());
  target.widensBf16 =
      target.hasBf16Dot() && (widens || (name == "native" && hostVendor() == "GenuineIntel"));
  return target;
}

std::string Target::name() const { return levelName + std::string(widensBf16 ? kWidenBf16 : ""); }

bool Target::has(std::string_view feature) const {
  return std::find(featureNames.begin(), featureNames.end(), feature) != featureNames.end();
}

std::string Target::triple() const { return "x86_64-unknown-linux-gnu"; }

std::string Target::featureString() const {
  std::string text;
  for (const std::string &feature : featureNames)
    text += (text.empty() ? "+" : ",+") + feature;
  return text;
}

} // namespace graphc
