#include "runtime/text/jinja/ValueText.h"

#include "runtime/text/Unicode.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace graphc::jinja {

namespace {

void appendHex(std::string &out, const char *prefix, uint32_t value, int digits) {
  static constexpr char kHex[] = "0123456789abcdef";
  out += prefix;
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4)
    out += kHex[(value >> shift) & 15];
}

/// Text that grows against a budget.
class Writer {
public:
  explicit Writer(Budget &budget) : budget(budget) {}

  std::string text;

protected:
  /// Counts what was written since the last call, and the time for a value that writes little.
  Status charge() {
    size_t added = text.size() - charged;
    charged = text.size();
    return budget.use(added + sizeof(Value));
  }

private:
  Budget &budget;
  size_t charged = 0;
};

//===- Python --------------------------------------------------------------===//

class PythonWriter : public Writer {
public:
  using Writer::Writer;

  /// As repr() gives it.
  Status write(const Value &value);

private:
  void writeString(const std::string &value);
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
  else if (c.value < 0x20 || (c.value >= 0x7F && c.value <= 0xA0) || c.value == 0xAD)
    appendHex(out, "\\x", c.value, 2);
  else if (isWhitespace(c.value) && c.value != ' ')
    appendHex(out, "\\u", c.value, 4);
  else
    out += bytes;
}

void PythonWriter::writeString(const std::string &value) {
  bool single = value.find('\'') != std::string::npos && value.find('"') == std::string::npos;
  char quote = single ? '"' : '\'';
  text += quote;
  for (size_t i = 0; i < value.size();) {
    DecodedChar c = decodeChar(value, i);
    appendQuoted(text, c, std::string_view(value).substr(i, c.length), quote);
    i += c.length;
  }
  text += quote;
}

Status PythonWriter::writeItems(const Sequence &sequence) {
  text += sequence.isTuple ? "(" : "[";
  for (size_t i = 0; i < sequence.items.size(); ++i) {
    text += i ? ", " : "";
    GRAPHC_RETURN_IF_ERROR(write(sequence.items[i]));
  }
  if (sequence.isTuple && sequence.items.size() == 1)
    text += ",";
  text += sequence.isTuple ? ")" : "]";
  return {};
}

Status PythonWriter::writeEntries(const std::vector<Entry> &entries) {
  text += "{";
  for (size_t i = 0; i < entries.size(); ++i) {
    text += i ? ", " : "";
    writeString(entries[i].first);
    text += ": ";
    GRAPHC_RETURN_IF_ERROR(write(entries[i].second));
  }
  text += "}";
  return {};
}

Status PythonWriter::write(const Value &value) {
  switch (value.kind()) {
  case Kind::Undefined:
    text += "Undefined";
    break;
  case Kind::None:
    text += "None";
    break;
  case Kind::Boolean:
    text += value.asBoolean() ? "True" : "False";
    break;
  case Kind::Integer:
    text += std::to_string(value.asInteger());
    break;
  case Kind::Float:
    text += floatText(value.asNumber());
    break;
  case Kind::String:
    writeString(value.text());
    break;
  case Kind::Sequence:
    GRAPHC_RETURN_IF_ERROR(writeItems(value.asSequence()));
    break;
  case Kind::Mapping:
    GRAPHC_RETURN_IF_ERROR(writeEntries(value.asMapping().entries));
    break;
  default:
    return unsupported("expected a value that has a text, but got " + value.describe());
  }
  return charge();
}

//===- JSON ----------------------------------------------------------------===//

class JsonWriter : public Writer {
public:
  JsonWriter(Budget &budget, const JsonStyle &style) : Writer(budget), style(style) {}

  Status write(const Value &value, int level);

private:
  void writeString(const std::string &value);
  Status writeItems(const std::vector<Value> &items, int level);
  Status writeEntries(const Mapping &mapping, int level);
  void writeBreak(int level);

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

void JsonWriter::writeString(const std::string &value) {
  text += '"';
  for (size_t i = 0; i < value.size();) {
    DecodedChar c = decodeChar(value, i);
    appendJsonChar(text, c, std::string_view(value).substr(i, c.length), style.ascii);
    i += c.length;
  }
  text += '"';
}

void JsonWriter::writeBreak(int level) {
  if (!style.indent)
    return;
  text += '\n';
  for (int i = 0; i < level; ++i)
    text += *style.indent;
}

Status JsonWriter::writeItems(const std::vector<Value> &items, int level) {
  text += '[';
  for (size_t i = 0; i < items.size(); ++i) {
    text += i ? style.itemSeparator : "";
    writeBreak(level + 1);
    GRAPHC_RETURN_IF_ERROR(write(items[i], level + 1));
  }
  if (!items.empty())
    writeBreak(level);
  text += ']';
  return {};
}

Status JsonWriter::writeEntries(const Mapping &mapping, int level) {
  std::vector<const Entry *> entries;
  for (const Entry &entry : mapping.entries)
    entries.push_back(&entry);
  if (style.sortKeys)
    std::sort(entries.begin(), entries.end(),
              [](const Entry *a, const Entry *b) { return a->first < b->first; });
  text += '{';
  for (size_t i = 0; i < entries.size(); ++i) {
    text += i ? style.itemSeparator : "";
    writeBreak(level + 1);
    writeString(entries[i]->first);
    text += style.keySeparator;
    GRAPHC_RETURN_IF_ERROR(write(entries[i]->second, level + 1));
  }
  if (!entries.empty())
    writeBreak(level);
  text += '}';
  return {};
}

std::string jsonFloat(double value) {
  if (std::isnan(value))
    return "NaN";
  if (std::isinf(value))
    return value > 0 ? "Infinity" : "-Infinity";
  return floatText(value);
}

Status JsonWriter::write(const Value &value, int level) {
  switch (value.kind()) {
  case Kind::None:
    text += "null";
    break;
  case Kind::Boolean:
    text += value.asBoolean() ? "true" : "false";
    break;
  case Kind::Integer:
    text += std::to_string(value.asInteger());
    break;
  case Kind::Float:
    text += jsonFloat(value.asNumber());
    break;
  case Kind::String:
    writeString(value.text());
    break;
  case Kind::Sequence:
    GRAPHC_RETURN_IF_ERROR(writeItems(value.items(), level));
    break;
  case Kind::Mapping:
    GRAPHC_RETURN_IF_ERROR(writeEntries(value.asMapping(), level));
    break;
  default:
    return badInput("expected a value that JSON has, but got " + value.describe());
  }
  return charge();
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
  if (value.is(Kind::String))
    return value.text();
  if (value.is(Kind::Undefined))
    return std::string();
  PythonWriter writer(budget);
  GRAPHC_RETURN_IF_ERROR(writer.write(value));
  return std::move(writer.text);
}

Expected<std::string> toJson(Budget &budget, const Value &value, const JsonStyle &style) {
  JsonWriter writer(budget, style);
  GRAPHC_RETURN_IF_ERROR(writer.write(value, 0));
  return std::move(writer.text);
}

} // namespace graphc::jinja
