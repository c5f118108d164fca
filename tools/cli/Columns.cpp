#include "tools/cli/Columns.h"

#include <algorithm>
#include <utility>

namespace graphc {

static std::string blanks(const std::string &text, size_t width) {
  return std::string(width > text.size() ? width - text.size() : 0, ' ');
}

std::string leftAligned(const std::string &text, size_t width) {
  return text + blanks(text, std::max(width, text.size() + 1));
}

std::string rightAligned(const std::string &text, size_t width) {
  return blanks(text, std::max(width, text.size() + 1)) + text;
}

std::string reportLine(const std::string &name, const std::string &value) {
  constexpr size_t kNameWidth = 20;
  return "  " + leftAligned(name, kNameWidth) + value + "\n";
}

TextTable::TextTable(std::vector<std::string> heading, size_t leftColumns)
    : rows{std::move(heading)}, leftColumns(leftColumns) {}

void TextTable::add(std::vector<std::string> row) {
  row.resize(rows.front().size());
  rows.push_back(std::move(row));
}

std::vector<size_t> TextTable::widths() const {
  std::vector<size_t> result(rows.front().size());
  for (const std::vector<std::string> &row : rows) {
    for (size_t i = 0; i < row.size(); ++i)
      result[i] = std::max(result[i], row[i].size());
  }
  return result;
}

std::string TextTable::cell(size_t row, size_t column, size_t width) const {
  const std::string &text = rows[row][column];
  return column < leftColumns ? text + blanks(text, width) : blanks(text, width) + text;
}

std::string TextTable::text() const {
  std::vector<size_t> width = widths();
  std::string result;
  for (size_t row = 0; row < rows.size(); ++row) {
    std::string line;
    for (size_t i = 0; i < width.size(); ++i)
      line += "  " + cell(row, i, width[i]);
    result += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return result;
}

std::string TextTable::markdown() const {
  std::vector<size_t> width = widths();
  std::string result;
  for (size_t row = 0; row < rows.size(); ++row) {
    for (size_t i = 0; i < width.size(); ++i)
      result += "| " + cell(row, i, width[i]) + " ";
    result += "|\n";
    if (row > 0)
      continue;
    for (size_t i = 0; i < width.size(); ++i)
      result += "|" + std::string(width[i] + 1, '-') + (i < leftColumns ? "-" : ":");
    result += "|\n";
  }
  return result;
}

static std::string quoted(const std::string &cell) {
  std::string result = "\"";
  for (char c : cell)
    result += c == '"' ? "\"\"" : std::string(1, c);
  return result + "\"";
}

std::string csvLine(const std::vector<std::string> &cells) {
  std::string line;
  for (size_t i = 0; i < cells.size(); ++i) {
    if (i > 0)
      line += ',';
    bool plain = cells[i].find_first_of(",\"\r\n") == std::string::npos;
    line += plain ? cells[i] : quoted(cells[i]);
  }
  return line + "\n";
}

} // namespace graphc
