// Text in columns, for people.
#ifndef GRAPHC_TOOLS_CLI_COLUMNS_H
#define GRAPHC_TOOLS_CLI_COLUMNS_H

#include <string>
#include <vector>

namespace graphc {

/// `text` and blanks behind (before) it up to a width; at least one blank.
std::string leftAligned(const std::string &text, size_t width);
std::string rightAligned(const std::string &text, size_t width);

/// "  name                value": a line of a report.
std::string reportLine(const std::string &name, const std::string &value);

/// A table whose columns are as wide as their widest cell: the first `leftColumns` to the left, the
/// others to the right. The first row is the heading. Rows may be shorter than it.
class TextTable {
public:
  TextTable(std::vector<std::string> heading, size_t leftColumns);

  void add(std::vector<std::string> row);

  /// With two blanks before each line.
  std::string text() const;
  /// As a table of Markdown.
  std::string markdown() const;

private:
  std::vector<size_t> widths() const;
  std::string cell(size_t row, size_t column, size_t width) const;

  std::vector<std::vector<std::string>> rows;
  size_t leftColumns;
};

/// A line of comma-separated values; cells with commas, quotes or line ends are quoted.
std::string csvLine(const std::vector<std::string> &cells);

} // namespace graphc

#endif // GRAPHC_TOOLS_CLI_COLUMNS_H
