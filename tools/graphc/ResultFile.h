// The network's results as a .npy file.
#ifndef GRAPHC_TOOLS_GRAPHC_RESULTFILE_H
#define GRAPHC_TOOLS_GRAPHC_RESULTFILE_H

#include "runtime/plan/OutputFile.h"

#include <cstdint>
#include <cstdio>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace graphc {

/// Collects rows of several sequences as they come, and writes a NumPy file float32 [rows, width],
/// or of another shape of as many numbers, sequence after sequence. Rows wait in unnamed temporary
/// files, not in memory. All failures of the system are Resources.
class ResultFile {
public:
  ResultFile(std::string path, size_t sequences, int64_t width)
      : path(std::move(path)), width(width), parts(sequences) {}
  /// Rows are of the last extent of `shape`.
  ResultFile(std::string path, size_t sequences, std::vector<int64_t> shape)
      : path(std::move(path)), width(shape.back()), shape(std::move(shape)), parts(sequences) {}

  Status append(size_t sequence, std::span<const float> rows);

  /// Writes the file.
  Status finish();

private:
  struct Closer {
    void operator()(std::FILE *file) const { std::fclose(file); }
  };
  struct Part {
    std::unique_ptr<std::FILE, Closer> file;
    int64_t rows = 0;
  };

  Status writeAll(OutputFile &out);
  Status copyPart(Part &part, OutputFile &out) const;
  Status systemError(const char *action) const;

  std::string path;
  int64_t width;
  std::vector<int64_t> shape; ///< Empty: [rows, width].
  std::vector<Part> parts;
};

} // namespace graphc

#endif // GRAPHC_TOOLS_GRAPHC_RESULTFILE_H
