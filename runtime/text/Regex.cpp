#include "runtime/text/Regex.h"

#include "runtime/base/Escape.h"
#include "runtime/text/Unicode.h"

#include <optional>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

namespace graphc {

namespace {

/// Steps of one match. A run of 10 MB that is given back character by character takes as many.
constexpr uint32_t kMatchLimit = 50'000'000;
constexpr uint32_t kDepthLimit = 100'000;
constexpr uint32_t kHeapLimitKib = 64 << 10;
constexpr size_t kStackBytes = size_t(32) << 20; ///< Of compiled code; reserved, not touched.

/// What a thread needs to match with any expression.
struct Scratch {
  pcre2_match_data *data = pcre2_match_data_create(1, nullptr);
  pcre2_match_context *context = pcre2_match_context_create(nullptr);
  pcre2_jit_stack *stack = pcre2_jit_stack_create(size_t(32) << 10, kStackBytes, nullptr);

  Scratch() {
    if (!context)
      return;
    pcre2_set_match_limit(context, kMatchLimit);
    pcre2_set_depth_limit(context, kDepthLimit);
    pcre2_set_heap_limit(context, kHeapLimitKib);
    pcre2_jit_stack_assign(context, nullptr, stack);
  }
  ~Scratch() {
    pcre2_jit_stack_free(stack);
    pcre2_match_context_free(context);
    pcre2_match_data_free(data);
  }
};

std::string messageOf(int error) {
  PCRE2_UCHAR text[128];
  pcre2_get_error_message(error, text, sizeof(text));
  return reinterpret_cast<const char *>(text);
}

PCRE2_SPTR bytesOf(std::string_view text) { return reinterpret_cast<PCRE2_SPTR>(text.data()); }

/// The text with a control character for each byte that is not UTF-8: places stay what they are.
std::string repaired(std::string_view text) {
  constexpr char kSubstitute = 0x1A;
  std::string result(text);
  for (size_t position = 0; position < text.size();) {
    DecodedChar c = decodeChar(text, position);
    if (!c.valid)
      result[position] = kSubstitute;
    position += c.length;
  }
  return result;
}

} // namespace

struct Regex::Code {
  std::string pattern;
  pcre2_code *compiled = nullptr;

  Code() = default;
  Code(const Code &) = delete;
  Code &operator=(const Code &) = delete;
  ~Code() { pcre2_code_free(compiled); }
};

Expected<Regex> Regex::compile(std::string_view pattern) {
  if (pattern.size() > kMaxPattern)
    return unsupported("a regular expression of " + std::to_string(pattern.size()) +
                       " bytes; at most " + std::to_string(kMaxPattern) + " are supported");
  GRAPHC_ASSIGN_OR_RETURN(std::string translated, translatePattern(pattern));
  auto code = std::make_shared<Code>();
  code->pattern = pattern;
  int error = 0;
  PCRE2_SIZE offset = 0;
  // Anchors are those of lines, as in Oniguruma.
  uint32_t options = PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C;
  code->compiled =
      pcre2_compile(bytesOf(translated), translated.size(), options, &error, &offset, nullptr);
  if (!code->compiled)
    return unsupported("the regular expression '" + escapeForMessage(pattern, 2000) +
                       "': " + messageOf(error) + " at '" +
                       escapeForMessage(std::string_view(translated).substr(offset)) + "'");
  // Without machine code it matches too, more slowly.
  (void)pcre2_jit_compile(code->compiled, PCRE2_JIT_COMPLETE);
  return Regex(std::move(code));
}

Status Regex::forEachMatch(std::string_view text,
                           const std::function<void(size_t begin, size_t end)> &onMatch) const {
  static thread_local Scratch scratch;
  if (!scratch.data || !scratch.context)
    return resourceError("no memory to match a regular expression");
  std::string copy;
  if (!isUtf8(text))
    text = copy = repaired(text);
  std::optional<size_t> lastEnd;
  for (size_t position = 0; position <= text.size();) {
    int found = pcre2_match(code->compiled, bytesOf(text), text.size(), position,
                            PCRE2_NO_UTF_CHECK, scratch.data, scratch.context);
    if (found == PCRE2_ERROR_NOMATCH)
      return {};
    if (found < 0)
      return unsupported("the regular expression '" + escapeForMessage(code->pattern, 400) +
                         "' takes too much to match this text: " + messageOf(found));
    const PCRE2_SIZE *ends = pcre2_get_ovector_pointer(scratch.data);
    size_t begin = ends[0], end = ends[1];
    if (begin == end && lastEnd == end) {
      position += position < text.size() ? decodeChar(text, position).length : 1;
      continue;
    }
    onMatch(begin, end);
    position = end;
    lastEnd = end;
  }
  return {};
}

} // namespace graphc
