// What the readers of normalizers, pre-tokenizers and decoders share. To read another kind of step,
// write a function and list it in the table of JsonNormalizer, JsonPreTokenizer or JsonDecoder.
#ifndef GRAPHC_RUNTIME_TEXT_JSONSTEPREADER_H
#define GRAPHC_RUNTIME_TEXT_JSONSTEPREADER_H

#include "runtime/base/Status.h"
#include "runtime/text/JsonFields.h"
#include "runtime/text/TokenizerSpec.h"

#include <optional>
#include <span>
#include <string>

namespace graphc {

/// Where a reader puts its steps, and what the steps before it did.
struct StepContext {
  TokenizerSpec &spec;
  bool fused = false; ///< Decoders: all pieces are one by now.
};

/// Reads one kind of step; `fields` is the step's object.
using ReadStep = Status (*)(const JsonFields &fields, StepContext &context);

struct StepReader {
  const char *type;
  ReadStep read;
};

/// Reads a step by its "type", or the steps of a "Sequence", whose list stands under `listKey`.
Status readSteps(const Json &value, const std::string &place, const char *listKey,
                 std::span<const StepReader> readers, StepContext &context);

/// A "pattern" of Replace or Split: {"String": ...} or {"Regex": ...}, not empty.
struct Pattern {
  std::string text;
  bool isRegex;
};
Expected<Pattern> readPattern(const JsonFields &fields);

/// The pattern of a step that is a regular expression, if PCRE2 takes it.
Status checkRegex(const JsonFields &fields, const Pattern &pattern);

/// A Replace with its texts, as a step of one kind for fixed strings and of another for regular
/// expressions, where there is one.
Expected<StepSpec> readReplace(const JsonFields &fields, uint32_t literalKind,
                               std::optional<uint32_t> regexKind);

/// The "replacement" of Metaspace: the character that stands for a blank.
Expected<std::string> readMetaspaceCharacter(const JsonFields &fields);

/// Where Metaspace prepends its character; files older than "prepend_scheme" have
/// "add_prefix_space".
Expected<PrependScheme> readPrependScheme(const JsonFields &fields);

} // namespace graphc

#endif // GRAPHC_RUNTIME_TEXT_JSONSTEPREADER_H
