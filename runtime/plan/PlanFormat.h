// The bytes of a plan file; docs/plan-format.md tells it with pictures.
//
//   offset 0      prelude, 64 bytes
//   offset 4096   sections, each at a multiple of 4096
//   ...           header: JSON text, at a multiple of 4096, up to the end of the file
//
// All numbers are little-endian. Everything between these parts is zero, and checked to be.
#ifndef GRAPHC_RUNTIME_PLAN_PLANFORMAT_H
#define GRAPHC_RUNTIME_PLAN_PLANFORMAT_H

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace graphc {

/// As in PNG: a byte that no text starts with, a name, and line ends that a text transfer breaks.
constexpr std::array<char, 8> kPlanMagic = {'\x89', 'G', 'C', 'P', 'L', '\r', '\n', '\x1a'};

/// Raised with every change of the prelude, the header, the kernel ABI or the order of packed
/// weights. A plan of another version is refused: compiling again is cheap, guessing is not.
constexpr uint32_t kPlanFormatVersion = 9;

/// Reads as this on a machine of the byte order that wrote the file.
constexpr uint32_t kPlanByteOrder = 0x01020304;

constexpr uint64_t kPlanSectionAlignment = 4096;

/// Largest accepted header. The JSON of a 1000-layer un-fused model is about 20 MB.
constexpr uint64_t kMaxHeaderBytes = uint64_t(256) << 20;

/// The first bytes of the file. `format version` stays where it is in every version to come.
struct PlanPrelude {
  std::array<char, 8> magic = kPlanMagic;
  uint32_t formatVersion = kPlanFormatVersion;
  uint32_t byteOrder = kPlanByteOrder;
  uint64_t fileBytes = 0;    ///< Length of the whole file.
  uint64_t headerOffset = 0; ///< Of the JSON text.
  uint64_t headerBytes = 0;  ///< headerOffset + headerBytes == fileBytes.
  uint64_t headerHash = 0;   ///< xxh3 (64 bits) of the JSON text.
  uint64_t reserved = 0;
  uint64_t preludeHash = 0; ///< xxh3 of the 56 bytes before this field.
};
static_assert(sizeof(PlanPrelude) == 64);

/// The hash that PlanPrelude::preludeHash must hold.
uint64_t hashPrelude(const PlanPrelude &prelude);

/// xxh3, 64 bits.
uint64_t hashBytes(std::span<const std::byte> bytes);

/// Size of the blocks that a section is hashed in.
constexpr uint64_t kHashBlockBytes = uint64_t(1) << 20;

/// Hash of a section, in two levels so that many threads can share the work: xxh3 over the
/// little-endian xxh3 values of its blocks of 1 MiB (the last one may be shorter).
uint64_t sectionHash(std::span<const std::byte> bytes);

/// The same, with the hashes of some blocks at hand: only the others are read. `known` has an entry
/// for each block, or none.
uint64_t sectionHash(std::span<const std::byte> bytes,
                     std::span<const std::optional<uint64_t>> known);

/// Blocks that a section of `bytes` bytes is hashed in.
constexpr uint64_t hashBlocks(uint64_t bytes) {
  return bytes / kHashBlockBytes + (bytes % kHashBlockBytes != 0);
}

} // namespace graphc

#endif // GRAPHC_RUNTIME_PLAN_PLANFORMAT_H
