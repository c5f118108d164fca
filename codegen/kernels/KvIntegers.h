// Keys and values of an int8 cache: how numbers become integers and a scale when they are appended,
// and how scales are read (see runtime/plan/KvLayout.h for where they are).
//
//   scale = f16(max |x| / 127),  q = round(min(max(x / scale, -127), 127))
//
// for the numbers of one head and one token. The scale of numbers that are not all finite is NaN,
// so that they do not pass for numbers; that of numbers too small for an f16 is 0, and so are they.
#ifndef GRAPHC_CODEGEN_KERNELS_KVINTEGERS_H
#define GRAPHC_CODEGEN_KERNELS_KVINTEGERS_H

#include "codegen/kernels/VectorMath.h"
#include "runtime/plan/KvLayout.h"

namespace graphc {

class KvIntegers {
public:
  /// `cache`: the layer's pool as bytes, rank 1.
  KvIntegers(mlir::ImplicitLocOpBuilder &builder, const Target &target, const KvLayout &layout,
             mlir::Value cache)
      : b(builder), math(builder, target), layout(layout), lanes(target.lanes()), cache(cache) {}

  enum class Side { Key, Value };

  /// The first byte of a head's keys or values in the page that begins at byte `page`.
  mlir::Value headStart(mlir::Value page, mlir::Value head, Side side);

  /// Yields numbers d .. d + count - 1 in the first lanes of a vector<lanes x f32>, zeros behind.
  using Load = llvm::function_ref<mlir::Value(mlir::Value d, int64_t count)>;

  /// Writes the key or value of `token` (0..63) of the head that begins at `head`. Touches no byte
  /// of another token.
  void append(mlir::Value head, mlir::Value token, Side side, Load load);

  /// The scale of `token`, or of it and those behind it, vector<width x f32>.
  mlir::Value scale(mlir::Value head, mlir::Value token);
  mlir::Value scales(mlir::Value head, mlir::Value token, int64_t width);

private:
  void forEachVector(llvm::function_ref<void(mlir::Value d, int64_t count)> body);
  mlir::Value scaleOf(Load load);
  mlir::Value rounded(mlir::Value numbers, mlir::Value inverse);
  mlir::Value scalePlace(mlir::Value head, mlir::Value token);
  mlir::Value index(int64_t value);

  mlir::ImplicitLocOpBuilder &b;
  VectorMath math;
  const KvLayout &layout;
  int64_t lanes;
  mlir::Value cache;
};

} // namespace graphc

#endif // GRAPHC_CODEGEN_KERNELS_KVINTEGERS_H
