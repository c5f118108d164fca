// Writes keys and values of heads to the cache, as kernels have them: some channels of a head in
// each vector of f32 (see runtime/plan/KvLayout.h for where they go).
#ifndef GRAPHC_CODEGEN_KERNELS_KVWRITER_H
#define GRAPHC_CODEGEN_KERNELS_KVWRITER_H

#include "codegen/kernels/KernelFunction.h"
#include "codegen/kernels/KvIntegers.h"

namespace graphc {

/// Neighbouring channels of a head.
struct HeadVector {
  mlir::Value values;  ///< vector<lanes x f32>.
  mlir::Value channel; ///< Channel of lane 0, but for `offset`; an index, even.
  int64_t offset;
  int64_t count; ///< Lanes that exist.
};

class KvWriter {
public:
  /// For the cache that an op of `function` appends to.
  KvWriter(mlir::ImplicitLocOpBuilder &b, mlir::TypedValue<KvCacheType> cache,
           KernelFunction &function, const Target &target);

  const KvLayout &layout() const { return kvLayout; }

  /// The position in its sequence of the step's row `row`.
  mlir::Value positionOf(mlir::ImplicitLocOpBuilder &b, mlir::Value row) const;

  // Of row `row` and head `head`, indices. Not for a cache of integers:
  void appendKey(mlir::ImplicitLocOpBuilder &b, mlir::Value row, mlir::Value head,
                 llvm::ArrayRef<HeadVector> vectors) const;
  void appendValue(mlir::ImplicitLocOpBuilder &b, mlir::Value row, mlir::Value head,
                   llvm::ArrayRef<HeadVector> vectors) const;
  // For a cache of integers only, which needs all of a head before it can round any of it:
  void appendIntegers(mlir::ImplicitLocOpBuilder &b, mlir::Value row, mlir::Value head,
                      KvIntegers::Side side, KvIntegers::Load load) const;

private:
  /// Where a token is in the cache.
  struct TokenPlace {
    mlir::Value page;  ///< First element of its page.
    mlir::Value token; ///< 0..63.
  };
  TokenPlace placeOf(mlir::ImplicitLocOpBuilder &b, mlir::Value row) const;
  mlir::Value toCacheType(mlir::ImplicitLocOpBuilder &b, mlir::Value values) const;

  KvLayout kvLayout;
  const Target &target;
  mlir::Value cache; ///< memref<pages * elements of a page x f32, bf16 or i8>.
  mlir::Value position, slot, pageTable, pageTableStride;
};

} // namespace graphc

#endif // GRAPHC_CODEGEN_KERNELS_KVWRITER_H
