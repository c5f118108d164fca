// Writes a plan file. The file appears under its name complete or not at all.
#ifndef GRAPHC_RUNTIME_PLAN_PLANFILEWRITER_H
#define GRAPHC_RUNTIME_PLAN_PLANFILEWRITER_H

#include "runtime/base/Status.h"
#include "runtime/plan/BlockHashes.h"
#include "runtime/plan/PieceJoiner.h"
#include "runtime/plan/PlanHeader.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace graphc {

/// Collects sections in a temporary file beside the target; finish() adds the header, flushes to
/// the disk and renames. Destroying an unfinished writer removes the temporary file; one left by a
/// killed process is removed by the next writer in that folder (the file is locked while its writer
/// lives, so nobody else's is touched). All failures of the system are Resources.
///
///   GRAPHC_ASSIGN_OR_RETURN(PlanFileWriter writer, PlanFileWriter::create(path));
///   GRAPHC_RETURN_IF_ERROR(writer.addSection("code.0", object));
///   GRAPHC_ASSIGN_OR_RETURN(uint64_t weights, writer.reserveSection(section::kWeights, bytes));
///   GRAPHC_RETURN_IF_ERROR(writer.write(weights, 4096, panel));   // from any thread
///   GRAPHC_RETURN_IF_ERROR(writer.finish(header));
class PlanFileWriter {
public:
  /// Opens a temporary file in the folder of `path`. `path` may exist as a regular file, which
  /// stays untouched until finish(); a symbolic link is followed.
  static Expected<PlanFileWriter> create(const std::string &path);

  PlanFileWriter(PlanFileWriter &&other) noexcept;
  PlanFileWriter &operator=(PlanFileWriter &&) = delete;
  ~PlanFileWriter();

  /// Appends a section with these bytes.
  Status addSection(std::string_view name, std::span<const std::byte> bytes);
  Status addSection(std::string_view name, std::string_view text);

  /// Appends a section of `bytes` zeros, whose space on the disk is taken at once, and returns a
  /// handle for write().
  Expected<uint64_t> reserveSection(std::string_view name, uint64_t bytes);

  /// Takes part of a reserved section, no byte of which comes twice; most of it begins its way to
  /// the disk at once. Threads may write different ranges at the same time.
  Status write(uint64_t section, uint64_t offset, std::span<const std::byte> bytes) const;

  /// Hashes what of the sections was not hashed as it was written, fills in header.sections and
  /// header.compilerId, and makes the file. The header is checked as a reader would check it:
  /// Internal when it says something impossible. Nothing may be called afterwards.
  Status finish(PlanHeader header);

private:
  PlanFileWriter() = default;

  void append(std::string_view name, uint64_t bytes);
  PieceJoiner::Write sinkOf(uint64_t section) const;
  Status writePiece(uint64_t section, uint64_t at, std::span<const std::byte> bytes) const;
  Status writeAt(uint64_t offset, std::span<const std::byte> bytes) const;
  Status systemError(const std::string &action) const;
  Status hashSections();
  Status writeHeader(const PlanHeader &header);
  Status publish();

  std::string target;
  std::string temporary; ///< Empty once renamed.
  int file = -1;
  uint64_t end = 0; ///< Where the next section starts.
  std::vector<PlanSection> sections;
  std::vector<std::unique_ptr<BlockHashes>> hashes;  ///< By section.
  std::vector<std::unique_ptr<PieceJoiner>> joiners; ///< By section.
};

} // namespace graphc

#endif // GRAPHC_RUNTIME_PLAN_PLANFILEWRITER_H
