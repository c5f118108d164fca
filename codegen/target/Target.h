// What a kernel is generated for: an explicit list of CPU features and the choices that follow from
// it. Never LLVM's CPU name: a virtual machine may mask what the name promises.
#ifndef GRAPHC_CODEGEN_TARGET_TARGET_H
#define GRAPHC_CODEGEN_TARGET_TARGET_H

#include "runtime/base/Status.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace graphc {

class Target {
public:
  /// "native" (the best level that this machine has) or a level's name, e.g. "x86-64-v3", perhaps
  /// with "+widen-bf16" behind it (see prefersBf16Dot). Usage error with the known names otherwise.
  static Expected<Target> parse(std::string_view name);

  /// Name of the level.
  const std::string &level() const { return levelName; }
  /// The level and what is chosen beyond it: a name that parse() takes.
  std::string name() const;
  /// LLVM's names of the features beyond plain x86-64.
  const std::vector<std::string> &features() const { return featureNames; }
  bool has(std::string_view feature) const;

  /// "x86_64-unknown-linux-gnu".
  std::string triple() const;
  /// "+avx2,+fma,...", as LLVM's subtarget wants it.
  std::string featureString() const;

  /// f32 lanes of a register: 16 (AVX-512) or 8 (AVX2).
  int64_t lanes() const { return has("avx512f") ? 16 : 8; }
  /// Vector registers: 32 (AVX-512) or 16.
  int64_t vectorRegisters() const { return has("avx512f") ? 32 : 16; }
  /// VDPBF16PS exists.
  bool hasBf16Dot() const { return has("avx512bf16"); }
  /// VDPBF16PS is the quickest way to multiply bf16 numbers. Not so on Intel's server cores, where
  /// it runs at a quarter of the rate of VFMADD: widening both factors and two multiply-adds are
  /// twice as quick. "native" knows on which core it is; elsewhere "+widen-bf16" says so.
  bool prefersBf16Dot() const { return hasBf16Dot() && !widensBf16; }
  /// VPDPBUSD on 512-bit registers exists.
  bool hasByteDot() const { return has("avx512vnni"); }
  /// Tile registers and TDPBSSD on them exist (AMX).
  bool hasByteTiles() const { return has("amx-int8"); }
  /// The same for TDPBF16PS.
  bool hasBf16Tiles() const { return has("amx-bf16"); }

private:
  std::string levelName;
  std::vector<std::string> featureNames;
  bool widensBf16 = false;
};

} // namespace graphc

#endif // GRAPHC_CODEGEN_TARGET_TARGET_H
