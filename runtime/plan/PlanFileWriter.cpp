#include "runtime/plan/PlanFileWriter.h"

#include "runtime/base/CheckedMath.h"
#include "runtime/base/Version.h"
#include "runtime/plan/PlanFormat.h"
#include "runtime/plan/TemporaryFile.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace graphc {

Expected<PlanFileWriter> PlanFileWriter::create(const std::string &path) {
  PlanFileWriter writer;
  GRAPHC_ASSIGN_OR_RETURN(writer.target, resolveTarget(path));
  GRAPHC_ASSIGN_OR_RETURN(TemporaryFile created, createTemporaryBeside(writer.target));
  writer.file = created.file;
  writer.temporary = std::move(created.path);
  writer.end = kPlanSectionAlignment;
  return writer;
}

PlanFileWriter::PlanFileWriter(PlanFileWriter &&other) noexcept
    : target(std::move(other.target)), temporary(std::exchange(other.temporary, "")),
      file(std::exchange(other.file, -1)), end(other.end), sections(std::move(other.sections)),
      hashes(std::move(other.hashes)), joiners(std::move(other.joiners)) {}

PlanFileWriter::~PlanFileWriter() {
  if (!temporary.empty())
    ::unlink(temporary.c_str());
  if (file >= 0)
    ::close(file);
}

Status PlanFileWriter::systemError(const std::string &action) const {
  return resourceError(target + ": cannot " + action + ": " + std::strerror(errno));
}

Status PlanFileWriter::writeAt(uint64_t offset, std::span<const std::byte> bytes) const {
  while (!bytes.empty()) {
    ssize_t written = ::pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      return systemError("write " + std::to_string(bytes.size()) + " bytes");
    offset += static_cast<uint64_t>(written);
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
  return {};
}

Status PlanFileWriter::addSection(std::string_view name, std::string_view text) {
  return addSection(name, std::as_bytes(std::span(text)));
}

Status PlanFileWriter::addSection(std::string_view name, std::span<const std::byte> bytes) {
  GRAPHC_RETURN_IF_ERROR(writeAt(end, bytes));
  append(name, bytes.size());
  hashes.back()->add(0, bytes);
  return {};
}

/// Notes that a section of `bytes` bytes is at the end, which moves behind it.
void PlanFileWriter::append(std::string_view name, uint64_t bytes) {
  sections.push_back({std::string(name), end, bytes, 0});
  hashes.push_back(std::make_unique<BlockHashes>(bytes));
  joiners.push_back(std::make_unique<PieceJoiner>(end, end + bytes));
  end = static_cast<uint64_t>(roundUp(static_cast<int64_t>(end + bytes), kPlanSectionAlignment));
}

Expected<uint64_t> PlanFileWriter::reserveSection(std::string_view name, uint64_t bytes) {
  std::optional<uint64_t> stop = checkedAdd(end, bytes);
  if (!stop || *stop > static_cast<uint64_t>(INT64_MAX) - kPlanSectionAlignment)
    return resourceError(target + ": a section of " + std::to_string(bytes) +
                         " bytes does not fit into a file");
  int error =
      bytes == 0 ? 0 : ::posix_fallocate(file, static_cast<off_t>(end), static_cast<off_t>(bytes));
  // A file system without this call leaves a full disk to be noticed by write().
  if (error != 0 && error != EOPNOTSUPP && error != EINVAL) {
    errno = error;
    return systemError("reserve " + std::to_string(bytes) + " bytes");
  }
  append(name, bytes);
  return sections.size() - 1;
}

Status PlanFileWriter::write(uint64_t section, uint64_t offset,
                             std::span<const std::byte> bytes) const {
  const PlanSection &into = sections[section];
  if (offset > into.bytes || bytes.size() > into.bytes - offset)
    return internalError(target + ": a write of " + std::to_string(bytes.size()) +
                         " bytes at offset " + std::to_string(offset) + " leaves section '" +
                         into.name + "' of " + std::to_string(into.bytes) + " bytes");
  return joiners[section]->add(into.offset + offset, bytes, sinkOf(section));
}

PieceJoiner::Write PlanFileWriter::sinkOf(uint64_t section) const {
  return [this, section](uint64_t at, std::span<const std::byte> bytes) {
    return writePiece(section, at, bytes);
  };
}

/// Writes at an offset of the file, which is in the section.
Status PlanFileWriter::writePiece(uint64_t section, uint64_t at,
                                  std::span<const std::byte> bytes) const {
  GRAPHC_RETURN_IF_ERROR(writeAt(at, bytes));
  hashes[section]->add(at - sections[section].offset, bytes);
  // What is on its way already, fsync need not wait for. Where this call means nothing, fsync does
  // all of the work, and sees all of the errors in any case.
  ::sync_file_range(file, static_cast<off_t>(at), static_cast<off_t>(bytes.size()),
                    SYNC_FILE_RANGE_WRITE);
  return {};
}

Status PlanFileWriter::finish(PlanHeader header) {
  for (uint64_t section = 0; section < sections.size(); ++section)
    GRAPHC_RETURN_IF_ERROR(joiners[section]->flush(sinkOf(section)));
  if (::ftruncate(file, static_cast<off_t>(end)) != 0)
    return systemError("set the length");
  GRAPHC_RETURN_IF_ERROR(hashSections());
  header.sections = sections;
  header.compilerId = std::string(graphcId());
  Expected<PlanHeader> checked = PlanHeader::fromJson(header.toJson(), target);
  if (!checked)
    return internalError(checked.status().message());
  GRAPHC_RETURN_IF_ERROR(writeHeader(header));
  return publish();
}

Status PlanFileWriter::hashSections() {
  void *address = ::mmap(nullptr, end, PROT_READ, MAP_SHARED, file, 0);
  if (address == MAP_FAILED)
    return systemError("read the sections back");
  std::span<const std::byte> bytes(static_cast<const std::byte *>(address), end);
  for (size_t i = 0; i < sections.size(); ++i)
    sections[i].hash = hashes[i]->finish(bytes.subspan(sections[i].offset, sections[i].bytes));
  ::munmap(address, end);
  return {};
}

Status PlanFileWriter::writeHeader(const PlanHeader &header) {
  std::string text = header.toJson().dump(-1, ' ', false, Json::error_handler_t::replace);
  std::span<const std::byte> bytes = std::as_bytes(std::span(text));
  GRAPHC_RETURN_IF_ERROR(writeAt(end, bytes));
  PlanPrelude prelude;
  prelude.headerOffset = end;
  prelude.headerBytes = bytes.size();
  prelude.fileBytes = end + bytes.size();
  prelude.headerHash = hashBytes(bytes);
  prelude.preludeHash = hashPrelude(prelude);
  return writeAt(0, std::as_bytes(std::span(&prelude, 1)));
}

Status PlanFileWriter::publish() {
  if (::fsync(file) != 0)
    return systemError("flush to the disk");
  if (::rename(temporary.c_str(), target.c_str()) != 0)
    return systemError("rename the finished file");
  temporary.clear();
  ::close(std::exchange(file, -1));
  syncFolderOf(target);
  return {};
}

} // namespace graphc
