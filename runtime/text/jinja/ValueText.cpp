#include "runtime/text/jinja/ValueText.h"

#include "runtime/base/Escape.h"
#include "runtime/text/Unicode.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace graphc::jinja {

namespace {

void appendHex(std::string &out, const char *prefix, uint32_t value, int digits) {
  out += prefix + hexText(value, digits);
}

/// Text that grows against a budget, which is asked before the text takes memory.
class Writer {
public:
  explicit Writer(Budget &budget) : budget(budget) {}

  std::string take() { return std::move(text); }

protected:
  Status append(std::string_view piece) {
    GRAPHC_RETURN_IF_ERROR(budget.use(piece.size()));
    text += piece;
    return {};
  }
  /// Counts a value that may write little.
  Status countValue() { return budget.use(sizeof(Value)); }

private:
  Budget &budget;
  std::string text;
};

//===- Python --------------------------------------------------------------===//

class PythonWriter : public Writer {
public:
  using Writer::Writer;

  /// As repr() gives it.
  Status write(const Value &value);

private:
  Status writeString(const std::string &value);
  Status writeItems(const Sequence &sequence);
  Status writeEntries(const std::vector<Entry> &entries);
};

void appendQuoted(std::string &out, DecodedChar c, std::string_view bytes, char quote) {
  static constexpr std::pair<char32_t, const char *> kEscapes[] = {
      {'\n', "\\n"}, {'\t', "\\t"}, {'\r', "\\r"}, {'\\', "\\\\"}};
  for (auto [character, escape] : kEscapes)
    if (c.value == character) {
      out += escape;
      return;
    }
  if (c.value == static_cast<unsigned char>(quote))
    (out += '\\') += quote;
  else if (c.value == ' ' || (!isOther(c.value) && !isWhitespace(c.value)))
    out += bytes;
  else if (c.value < 0x100)
    appendHex(out, "\\x", c.value, 2);
  else if (c.value < 0x10000)
    appendHex(out, "\\u", c.value, 4);
  else
    appendHex(out, "\\U", c.value, 8);
}

Status PythonWriter::writeString(const std::string &value) {
  bool single = value.find('\'') != std::string::npos && value.find('"') == std::string::npos;
  std::string quote(1, single ? '"' : '\'');
  GRAPHC_RETURN_IF_ERROR(append(quote));
  for (size_t i = 0; i < value.size();) {
    DecodedChar c = decodeChar(value, i);
    std::string quoted;
    appendQuoted(quoted, c, std::string_view(value).substr(i, c.length), quote[0]);
    GRAPHC_RETURN_IF_ERROR(append(quoted));
    i += c.length;
  }
  return append(quote);
}

Status PythonWriter::writeItems(const Sequence &sequence) {
  GRAPHC_RETURN_IF_ERROR(append(sequence.isTuple ? "(" : "["));
  for (size_t i = 0; i < sequence.items.size(); ++i) {
    GRAPHC_RETURN_IF_ERROR(append(i ? ", " : ""));
    GRAPHC_RETURN_IF_ERROR(write(sequence.items[i]));
  }
  bool isSingle = sequence.isTuple && sequence.items.size() == 1;
  GRAPHC_RETURN_IF_ERROR(append(isSingle ? "," : ""));
  return append(sequence.isTuple ? ")" : "]");
}

Status PythonWriter::writeEntries(const std::vector<Entry> &entries) {
  GRAPHC_RETURN_IF_ERROR(append("{"));
  for (size_t i = 0; i < entries.size(); ++i) {
    GRAPHC_RETURN_IF_ERROR(append(i ? ", " : ""));
    GRAPHC_RETURN_IF_ERROR(writeString(entries[i].first));
    GRAPHC_RETURN_IF_ERROR(append(": "));
    GRAPHC_RETURN_IF_ERROR(write(entries[i].second));
  }
  return append("}");
}

Status PythonWriter::write(const Value &value) {
  GRAPHC_RETURN_IF_ERROR(countValue());
  switch (value.kind()) {
  case Kind::Undefined:
    return append("Undefined");
  case Kind::None:
    return append("None");
  case Kind::Boolean:
    return append(value.asBoolean() ? "True" : "False");
  case Kind::Integer:
    return append(std::to_string(value.asInteger()));
  case Kind::Float:
    return append(floatText(value.asNumber()));
  case Kind::String:
    return writeString(value.text());
  case Kind::Sequence:
    return writeItems(value.asSequence());
  case Kind::Mapping:
    return writeEntries(value.asMapping().entries);
  default:
    return unsupported("expected a value that has a text, but got " + value.describe());
  }
}

//===- JSON ----------------------------------------------------------------===//

class JsonWriter : public Writer {
public:
  JsonWriter(Budget &budget, const JsonStyle &style) : Writer(budget), style(style) {}

  Status write(const Value &value, int level);

private:
  Status writeString(const std::string &value);
  Status writeItems(const std::vector<Value> &items, int level);
  Status writeEntries(const Mapping &mapping, int level);
  Status writeBreak(int level);

  const JsonStyle &style;
};

void appendJsonChar(std::string &out, DecodedChar c, std::string_view bytes, bool ascii) {
  static constexpr std::pair<char32_t, const char *> kEscapes[] = {
      {'"', "\\\""}, {'\\', "\\\\"}, {'\n', "\\n"}, {'\r', "\\r"},
      {'\t', "\\t"}, {'\b', "\\b"},  {'\f', "\\f"}};
  for (auto [character, escape] : kEscapes)
    if (c.value == character) {
      out += escape;
      return;
    }
  if (c.value >= 0x20 && (!ascii || c.value < 0x7F)) {
    out += bytes;
  } else if (c.value < 0x10000) {
    appendHex(out, "\\u", c.value, 4);
  } else {
    appendHex(out, "\\u", 0xD800 + ((c.value - 0x10000) >> 10), 4);
    appendHex(out, "\\u", 0xDC00 + ((c.value - 0x10000) & 0x3FF), 4);
  }
}

Status JsonWriter::writeString(const std::string &value) {
  GRAPHC_RETURN_IF_ERROR(append("\""));
  for (size_t i = 0; i < value.size();) {
    DecodedChar c = decodeChar(value, i);
    std::string escaped;
    appendJsonChar(escaped, c, std::string_view(value).substr(i, c.length), style.ascii);
    GRAPHC_RETURN_IF_ERROR(append(escaped));
    i += c.length;
  }
  return append("\"");
}

Status JsonWriter::writeBreak(int level) {
  if (!style.indent)
    return {};
  GRAPHC_RETURN_IF_ERROR(append("\n"));
  for (int i = 0; i < level; ++i)
    GRAPHC_RETURN_IF_ERROR(append(*style.indent));
  return {};
}

Status JsonWriter::writeItems(const std::vector<Value> &items, int level) {
  GRAPHC_RETURN_IF_ERROR(append("["));
  for (size_t i = 0; i < items.size(); ++i) {
    GRAPHC_RETURN_IF_ERROR(append(i ? style.itemSeparator : ""));
    GRAPHC_RETURN_IF_ERROR(writeBreak(level + 1));
    GRAPHC_RETURN_IF_ERROR(write(items[i], level + 1));
  }
  if (!items.empty())
    GRAPHC_RETURN_IF_ERROR(writeBreak(level));
  return append("]");
}

Status JsonWriter::writeEntries(const Mapping &mapping, int level) {
  std::vector<const Entry *> entries;
  for (const Entry &entry : mapping.entries)
    entries.push_back(&entry);
  if (style.sortKeys)
    std::sort(entries.begin(), entries.end(),
              [](const Entry *a, const Entry *b) { return a->first < b->first; });
  GRAPHC_RETURN_IF_ERROR(append("{"));
  for (size_t i = 0; i < entries.size(); ++i) {
    GRAPHC_RETURN_IF_ERROR(append(i ? style.itemSeparator : ""));
    GRAPHC_RETURN_IF_ERROR(writeBreak(level + 1));
    GRAPHC_RETURN_IF_ERROR(writeString(entries[i]->first));
    GRAPHC_RETURN_IF_ERROR(append(style.keySeparator));
    GRAPHC_RETURN_IF_ERROR(write(entries[i]->second, level + 1));
  }
  if (!entries.empty())
    GRAPHC_RETURN_IF_ERROR(writeBreak(level));
  return append("}");
}

std::string jsonFloat(double value) {
  if (std::isnan(value))
    return "NaN";
  if (std::isinf(value))
    return value > 0 ? "Infinity" : "-Infinity";
  return floatText(value);
}

Status JsonWriter::write(const Value &value, int level) {
  GRAPHC_RETURN_IF_ERROR(countValue());
  switch (value.kind()) {
  case Kind::None:
    return append("null");
  case Kind::Boolean:
    return append(value.asBoolean() ? "true" : "false");
  case Kind::Integer:
    return append(std::to_string(value.asInteger()));
  case Kind::Float:
    return append(jsonFloat(value.asNumber()));
  case Kind::String:
    return writeString(value.text());
  case Kind::Sequence:
    return writeItems(value.items(), level);
  case Kind::Mapping:
    return writeEntries(value.asMapping(), level);
  default:
    return badInput("expected a value that JSON has, but got " + value.describe());
  }
}

} // namespace

/// Digits and exponent of the shortest form, laid out as Python does: with an exponent from 1e16
/// on and below 1e-4.
std::string floatText(double value) {
  if (std::isnan(value))
    return "nan";
  if (std::isinf(value))
    return value > 0 ? "inf" : "-inf";
  char buffer[40];
  bool small = value != 0 && (std::fabs(value) < 1e-4 || std::fabs(value) >= 1e16);
  auto format = small ? std::chars_format::scientific : std::chars_format::fixed;
  std::string text(buffer, std::to_chars(buffer, buffer + sizeof(buffer), value, format).ptr);
  return small || text.find('.') != std::string::npos ? text : text + ".0";
}

Expected<std::string> toText(Budget &budget, const Value &value) {
  if (value.is(Kind::String)) {
    GRAPHC_RETURN_IF_ERROR(budget.scan(value.text().size()));
    return value.text();
  }
  if (value.is(Kind::Undefined))
    return std::string();
  PythonWriter writer(budget);
  GRAPHC_RETURN_IF_ERROR(writer.write(value));
  return writer.take();
}

Expected<std::string> toJson(Budget &budget, const Value &value, const JsonStyle &style) {
  JsonWriter writer(budget, style);
  GRAPHC_RETURN_IF_ERROR(writer.write(value, 0));
  return writer.take();
}

} // namespace graphc::jinja
