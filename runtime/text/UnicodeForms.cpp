#include "runtime/text/UnicodeForms.h"

#include "runtime/text/Unicode.h"

#include <algorithm>
#include <span>
#include <utf8proc.h>
#include <vector>

namespace graphc {

namespace {

/// Can nothing before this character combine with it? True of every starter that is neither a mark
/// nor a Hangul vowel or final consonant: no other character is ever the second of a composition.
bool isBarrier(const DecodedChar &c) {
  if (c.value < 0x80 || !c.valid)
    return true;
  bool jamo = c.value >= 0x1160 && c.value <= 0x11FF;
  return !jamo && !isMark(c.value);
}

/// Normalizes one text piece by piece; a unit reaches from one barrier to the next.
class Form {
public:
  Form(std::string_view text, UnicodeForm form, std::string &out)
      : text(text), out(out),
        options(static_cast<utf8proc_option_t>(
            isComposed(form) ? UTF8PROC_STABLE | UTF8PROC_COMPOSE | compatibility(form)
                             : UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | compatibility(form))) {}

  void run() {
    size_t position = 0;
    while (position < text.size())
      position = unit(position);
  }

private:
  static bool isComposed(UnicodeForm form) {
    return form == UnicodeForm::Nfc || form == UnicodeForm::Nfkc;
  }
  static int compatibility(UnicodeForm form) {
    return form == UnicodeForm::Nfkc || form == UnicodeForm::Nfkd ? UTF8PROC_COMPAT : 0;
  }

  size_t unit(size_t start) {
    DecodedChar first = decodeChar(text, start);
    size_t end = start + first.length;
    while (end < text.size()) {
      DecodedChar next = decodeChar(text, end);
      if (isBarrier(next))
        break;
      end += next.length;
    }
    bool single = end == start + first.length;
    if (!first.valid || (single && !decomposes(first.value)))
      out += text.substr(start, first.length);
    else
      rewrite(text.substr(start, end - start));
    // Marks after a byte that is not UTF-8 are a unit of their own.
    return first.valid ? end : start + first.length;
  }

  bool decomposes(char32_t value) const {
    if (value < 0x80)
      return false;
    utf8proc_int32_t buffer[32];
    int boundary = 0;
    auto length = utf8proc_decompose_char(static_cast<utf8proc_int32_t>(value), buffer, 32, options,
                                          &boundary);
    return length != 1 || static_cast<char32_t>(buffer[0]) != value;
  }

  void rewrite(std::string_view part) {
    points.clear();
    for (size_t position = 0; position < part.size();) {
      DecodedChar c = decodeChar(part, position);
      decompose(c.value);
      position += c.length;
    }
    sortMarks();
    auto length = static_cast<utf8proc_ssize_t>(points.size());
    if (options & UTF8PROC_COMPOSE)
      length = utf8proc_normalize_utf32(points.data(), length, options);
    for (utf8proc_ssize_t i = 0; i < length; ++i)
      appendChar(out, static_cast<char32_t>(points[static_cast<size_t>(i)]));
  }

  void decompose(char32_t value) {
    utf8proc_int32_t buffer[32];
    int boundary = 0;
    auto length = utf8proc_decompose_char(static_cast<utf8proc_int32_t>(value), buffer, 32, options,
                                          &boundary);
    points.insert(points.end(), buffer, buffer + std::clamp<utf8proc_ssize_t>(length, 0, 32));
  }

  static int combiningClass(utf8proc_int32_t point) {
    return utf8proc_get_property(point)->combining_class;
  }

  /// The canonical order: marks between two starters sorted by combining class, ties as they were.
  void sortMarks() {
    auto isStarter = [](utf8proc_int32_t point) { return combiningClass(point) == 0; };
    for (auto begin = points.begin(); begin != points.end();) {
      begin = std::find_if_not(begin, points.end(), isStarter);
      auto end = std::find_if(begin, points.end(), isStarter);
      if (end - begin > 1)
        sortRun({begin, end});
      begin = end;
    }
  }

  void sortRun(std::span<utf8proc_int32_t> run) {
    keys.clear();
    for (uint64_t i = 0; i < run.size(); ++i) // Class, place, code point.
      keys.push_back(uint64_t(combiningClass(run[i])) << 56 | i << 21 | uint32_t(run[i]));
    std::sort(keys.begin(), keys.end());
    for (size_t i = 0; i < run.size(); ++i)
      run[i] = static_cast<utf8proc_int32_t>(keys[i] & 0x1FFFFF);
  }

  std::string_view text;
  std::string &out;
  utf8proc_option_t options;
  std::vector<utf8proc_int32_t> points; ///< The unit being rewritten.
  std::vector<uint64_t> keys;           ///< For sorting marks.
};

} // namespace

void appendNormalized(std::string &out, std::string_view text, UnicodeForm form) {
  out.reserve(out.size() + text.size());
  Form(text, form, out).run();
}

} // namespace graphc
