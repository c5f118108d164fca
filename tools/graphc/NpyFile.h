// Reading numbers from a NumPy file (.npy).
#ifndef GRAPHC_TOOLS_GRAPHC_NPYFILE_H
#define GRAPHC_TOOLS_GRAPHC_NPYFILE_H

#include "runtime/base/MappedFile.h"
#include "runtime/base/Status.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace graphc {

/// An array of f32 or f64 in rows ('<f4' or '<f8', fortran_order False), mapped.
///
/// The format: "\x93NUMPY", a version (2 bytes), the length of the header (2 bytes, from version 2
/// on 4), the header, a dictionary of Python with 'descr', 'fortran_order' and 'shape', the data.
class NpyFile {
public:
  /// BadInput when the file is damaged: all of its bytes are accounted for. Unsupported for other
  /// types and orders.
  static Expected<NpyFile> open(const std::string &path);

  const std::vector<int64_t> &shape() const { return extents; }
  /// Fills `out` with numbers from number `first` on, which must be there.
  Status read(int64_t first, std::span<float> out) const;

private:
  Status readHeader();

  MappedFile file;
  std::vector<int64_t> extents;
  size_t dataOffset = 0;
  size_t numberBytes = sizeof(float);
};

} // namespace graphc

#endif // GRAPHC_TOOLS_GRAPHC_NPYFILE_H
