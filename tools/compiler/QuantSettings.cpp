#include "tools/compiler/QuantSettings.h"

#include "passes/Pipelines.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/GlobPattern.h"

namespace graphc {

namespace {

/// A word that a flag takes, and what it stands for.
template <typename Meaning>
struct Word {
  llvm::StringRef text;
  Meaning meaning;
};

struct Scheme {
  int64_t bits;
  bool quantizeRows;
};

constexpr int64_t kWholeRows = 0;
constexpr const char *kDefaultGroup = "32";
constexpr const char *kDefaultEmbeddings = "w8";
constexpr const char *kDefaultScale = "search";

const Word<Scheme> kSchemes[] = {
    {"none", {0, false}}, {"w8", {8, false}},  {"w4", {4, false}},
    {"w8a8", {8, true}},  {"w4a8", {4, true}},
};
const Word<int64_t> kGroups[] = {{"32", 32}, {"64", 64}, {"128", 128}, {"channel", kWholeRows}};
const Word<int64_t> kEmbeddings[] = {{"none", 0}, {"w8", 8}, {"w4", 4}};
const Word<bool> kScales[] = {{"search", true}, {"absmax", false}};

/// The meaning of a flag's word; of `byDefault` when none was given.
template <typename Meaning, size_t N>
Expected<Meaning> lookUp(const char *flag, const std::string &given, const char *byDefault,
                         const Word<Meaning> (&words)[N]) {
  const std::string text = given.empty() ? byDefault : given;
  for (const Word<Meaning> &word : words)
    if (word.text == text)
      return word.meaning;
  std::string known =
      llvm::join(llvm::map_range(words, [](const Word<Meaning> &word) { return word.text; }), ", ");
  return usageError(std::string(flag) + " '" + text + "' is unknown; known: " + known);
}

} // namespace

Expected<std::optional<QuantOptions>> QuantSettings::parse() const {
  QuantOptions options;
  GRAPHC_ASSIGN_OR_RETURN(Scheme chosen, lookUp("--quant", scheme, "none", kSchemes));
  options.bits = chosen.bits;
  options.quantizeRows = chosen.quantizeRows;
  GRAPHC_ASSIGN_OR_RETURN(options.group, lookUp("--group-size", group, kDefaultGroup, kGroups));
  GRAPHC_ASSIGN_OR_RETURN(
      options.headBits, lookUp("--quant-embeddings", embeddings, kDefaultEmbeddings, kEmbeddings));
  GRAPHC_ASSIGN_OR_RETURN(options.search, lookUp("--quant-scale", scale, kDefaultScale, kScales));
  for (const std::string &pattern : exclude)
    if (auto glob = llvm::GlobPattern::create(pattern); !glob)
      return usageError("--quant-exclude '" + pattern + "': " + llvm::toString(glob.takeError()));
  options.exclude = exclude;
  if (chosen.bits > 0)
    return std::optional(std::move(options));
  if (!group.empty() || !embeddings.empty() || !scale.empty() || !exclude.empty())
    return usageError("--group-size, --quant-embeddings, --quant-scale and --quant-exclude say how "
                      "weights are quantized; say --quant w8, w4, w8a8 or w4a8 as well");
  return std::optional<QuantOptions>();
}

std::map<std::string, std::string> QuantSettings::texts() const {
  if (scheme.empty() || scheme == "none")
    return {{"quant", "none"}};
  auto orDefault = [](const std::string &text, const char *byDefault) {
    return text.empty() ? std::string(byDefault) : text;
  };
  return {{"quant", scheme},
          {"group_size", orDefault(group, kDefaultGroup)},
          {"quant_embeddings", orDefault(embeddings, kDefaultEmbeddings)},
          {"quant_scale", orDefault(scale, kDefaultScale)},
          {"quant_exclude", llvm::join(exclude, ",")}};
}

QuantSettings QuantSettings::fromTexts(const std::map<std::string, std::string> &texts) {
  auto text = [&](const char *key) {
    auto found = texts.find(key);
    return found == texts.end() ? std::string() : found->second;
  };
  QuantSettings settings;
  settings.scheme = text("quant");
  settings.group = text("group_size");
  settings.embeddings = text("quant_embeddings");
  settings.scale = text("quant_scale");
  llvm::SmallVector<llvm::StringRef> patterns;
  const std::string list = text("quant_exclude");
  llvm::StringRef(list).split(patterns, ',', -1, /*KeepEmpty=*/false);
  for (llvm::StringRef pattern : patterns)
    settings.exclude.push_back(pattern.str());
  return settings;
}

} // namespace graphc
