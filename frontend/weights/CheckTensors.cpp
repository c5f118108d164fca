#include "frontend/weights/CheckTensors.h"

#include "runtime/base/Escape.h"
#include "runtime/base/TextList.h"

#include <algorithm>
#include <set>

namespace graphc {

static constexpr size_t kMaxListed = 20;

/// Ends of names of tensors that are computed from the configuration.
static constexpr std::string_view kIgnorableEnds[] = {
    "rotary_emb.inv_freq",
    "rotary_emb.cos_cached",
    "rotary_emb.sin_cached",
};

namespace {
/// Collects problems in the order in which they are found.
class Problems {
public:
  void add(const std::string &text, StatusCode code = StatusCode::BadInput) {
    if (++count <= kMaxListed)
      lines += "\n  " + text;
    allUnsupported &= code == StatusCode::Unsupported;
  }

  Status status(const std::string &path) const {
    if (count == 0)
      return {};
    std::string more =
        count > kMaxListed ? "\n  and " + std::to_string(count - kMaxListed) + " more" : "";
    return {allUnsupported ? StatusCode::Unsupported : StatusCode::BadInput,
            path + ": the weights do not fit the configuration (" + std::to_string(count) +
                (count == 1 ? " problem):" : " problems):") + lines + more};
  }

private:
  std::string lines;
  size_t count = 0;
  bool allUnsupported = true;
};
} // namespace

static std::string quoteName(const CheckpointSource &source, std::string_view name) {
  return "'" + escapeForMessage(source.nameInFile(name), 200) + "'";
}

static std::string formatShape(std::span<const int64_t> shape) {
  return "[" + listText(shape, [](int64_t extent) { return std::to_string(extent); }) + "]";
}

static void checkOne(const CheckpointSource &source, const ExpectedTensor &tensor,
                     Problems &problems) {
  const StoredInfo found = source.stored(tensor.name);
  std::string name = quoteName(source, tensor.name);
  if (!found.shape) {
    if (tensor.copyOf.empty())
      problems.add("missing: " + name + " " + formatShape(tensor.shape));
    return;
  }
  if (!tensor.copyOf.empty()) {
    if (!source.sameBytes(tensor.name, tensor.copyOf))
      problems.add("extra: " + name + " differs from " + quoteName(source, tensor.copyOf) +
                   ", which the configuration says it shares (tie_word_embeddings)");
    return;
  }
  if (*found.shape != tensor.shape)
    problems.add("wrong shape: " + name + " is " + formatShape(*found.shape) + ", expected " +
                 formatShape(tensor.shape));
  if (!found.isReadable)
    problems.add("unsupported type: " + name + " is " + std::string(found.type) + "; " +
                     std::string(source.readableTypes()) + " are supported",
                 StatusCode::Unsupported);
}

static bool isIgnorable(std::string_view name, std::span<const std::string> leftOut) {
  return std::any_of(std::begin(kIgnorableEnds), std::end(kIgnorableEnds),
                     [&](std::string_view end) { return name.ends_with(end); }) ||
         std::any_of(leftOut.begin(), leftOut.end(),
                     [&](const std::string &begin) { return name.starts_with(begin); });
}

Status checkTensors(const CheckpointSource &source, std::span<const ExpectedTensor> expected,
                    std::span<const std::string> leftOut) {
  Problems problems;
  std::set<std::string_view> known;
  for (const ExpectedTensor &tensor : expected) {
    known.insert(tensor.name);
    checkOne(source, tensor, problems);
  }
  for (const std::string &name : source.names()) {
    if (!known.contains(name) && !isIgnorable(name, leftOut))
      problems.add("extra: " + quoteName(source, name) + " " +
                   formatShape(*source.stored(name).shape));
  }
  return problems.status(source.path());
}

} // namespace graphc
