// A product of oneDNN. What its versions 2 and 3 spell differently is in OneDnnMatmul.cpp alone.
#ifndef GRAPHC_RUNTIME_ONEDNN_ONEDNNMATMUL_H
#define GRAPHC_RUNTIME_ONEDNN_ONEDNNMATMUL_H

#include "runtime/base/ElementType.h"
#include "runtime/base/Status.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace graphc {

/// result[m][n] = Σ_k rows[m][k] * weight[k][n], dense and row-major.
struct OneDnnProduct {
  enum class Weight : uint8_t {
    Panels, ///< f32 or bf16 as ir/PanelLayout.h has it; n is a multiple of 32.
    Own,    ///< However oneDNN likes it best.
  };

  int64_t rows = 0, depth = 0, channels = 0;
  /// Of both factors: f32, bf16 or i8. The result is f32; of i8 it is i32.
  ElementType type = ElementType::F32;
  bool unsignedRows = false; ///< Of i8: rows are u8.
  Weight weight = Weight::Panels;
};

/// A product made ready: machine code that oneDNN generated for one shape.
///
/// run() may be called by several threads at the same time. Callers of create() and run() must have
/// the same limitOneDnnThreads().
class OneDnnMatmul {
public:
  /// Unsupported, saying why, when oneDNN has no fast code for the product on this machine or the
  /// panels are not laid out as it knows them.
  static Expected<OneDnnMatmul> create(const OneDnnProduct &product);

  OneDnnMatmul(OneDnnMatmul &&) noexcept;
  OneDnnMatmul &operator=(OneDnnMatmul &&) noexcept;
  ~OneDnnMatmul();

  uint64_t weightBytes() const;
  /// Memory that a run needs for itself, aligned to 64 bytes.
  uint64_t scratchBytes() const;
  /// oneDNN's name of what it chose, e.g. "brg:avx512_core_bf16".
  std::string implementation() const;

  /// Fails when oneDNN does.
  Status run(const void *rows, const void *weight, void *result, void *scratch) const;

private:
  struct Parts;
  explicit OneDnnMatmul(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts;
};

/// Threads of oneDNN's own that products use which the calling thread makes or runs from now on.
/// Returns how many it was before.
int limitOneDnnThreads(int threads);

/// "2.6.3".
std::string oneDnnVersion();

} // namespace graphc

#endif // GRAPHC_RUNTIME_ONEDNN_ONEDNNMATMUL_H
