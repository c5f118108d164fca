#include "runtime/plan/Plan.h"

#include "runtime/base/ByteReader.h"
#include "runtime/base/Escape.h"
#include "runtime/base/TextFile.h"
#include "runtime/base/TextList.h"
#include "runtime/base/Version.h"
#include "runtime/plan/PlanFormat.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace graphc {

namespace {

/// What can be told from the first bytes alone: is it a plan, and of a version that we read?
Status checkIdentity(const PlanPrelude &prelude, std::span<const std::byte> bytes,
                     const std::string &path) {
  if (prelude.magic != kPlanMagic) {
    std::string_view text(reinterpret_cast<const char *>(bytes.data()), bytes.size());
    std::string foreign = describeForeignContent(text);
    return badInput(path + ": " + (foreign.empty() ? "not a graphc plan" : foreign));
  }
  if (prelude.byteOrder == __builtin_bswap32(kPlanByteOrder))
    return planMismatch(path + ": the plan was compiled for a machine of the other byte order");
  if (prelude.formatVersion != kPlanFormatVersion)
    return planMismatch(path + ": plan format version " + std::to_string(prelude.formatVersion) +
                        ", but this graphc reads version " + std::to_string(kPlanFormatVersion) +
                        "; compile the model again");
  return {};
}

Status checkPrelude(const PlanPrelude &prelude, uint64_t fileBytes, const std::string &path) {
  if (prelude.preludeHash != hashPrelude(prelude))
    return badInput(path + ": the plan is damaged: the hash of its first 64 bytes does not match");
  if (prelude.fileBytes != fileBytes)
    return badInput(path + ": the plan is " + std::to_string(prelude.fileBytes) +
                    " bytes long, but the file has " + std::to_string(fileBytes) +
                    (fileBytes < prelude.fileBytes ? "; it was cut short" : ""));
  bool inside = prelude.headerOffset >= sizeof(PlanPrelude) && prelude.headerOffset <= fileBytes &&
                prelude.headerBytes == fileBytes - prelude.headerOffset &&
                prelude.headerBytes <= kMaxHeaderBytes &&
                prelude.headerOffset % kPlanSectionAlignment == 0;
  if (!inside)
    return badInput(path + ": the header's place is impossible: offset " +
                    std::to_string(prelude.headerOffset) + ", " +
                    std::to_string(prelude.headerBytes) + " bytes");
  return {};
}

bool allZero(std::span<const std::byte> bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b == std::byte(0); });
}

/// Sections in the order of their places must not overlap; what lies between them must be zero,
/// and short, as alignment leaves it.
Status checkGaps(std::vector<PlanSection> sections, std::span<const std::byte> bytes,
                 const std::string &path) {
  std::sort(sections.begin(), sections.end(), [](const PlanSection &a, const PlanSection &b) {
    return std::pair(a.offset, a.bytes) < std::pair(b.offset, b.bytes);
  });
  sections.push_back({"", bytes.size(), 0, 0});
  uint64_t end = sizeof(PlanPrelude);
  for (const PlanSection &section : sections) {
    if (section.offset < end)
      return badInput(path + ": section '" + escapeForMessage(section.name) + "' at offset " +
                      std::to_string(section.offset) + " overlaps what ends at " +
                      std::to_string(end));
    if (section.offset - end >= kPlanSectionAlignment ||
        !allZero(bytes.subspan(end, section.offset - end)))
      return badInput(path + ": the plan is damaged: bytes " + std::to_string(end) + " to " +
                      std::to_string(section.offset) + " belong to nothing");
    end = section.offset + section.bytes;
  }
  return {};
}

Status checkSection(const PlanSection &section, std::span<const std::byte> bytes, bool verify,
                    const std::string &path) {
  std::string name = path + ": section '" + escapeForMessage(section.name) + "'";
  if (section.offset > bytes.size() || section.bytes > bytes.size() - section.offset ||
      section.offset % kPlanSectionAlignment != 0)
    return badInput(name + ": bytes " + std::to_string(section.offset) + " to " +
                    std::to_string(section.offset) + "+" + std::to_string(section.bytes) +
                    " are not inside the file");
  if (verify && sectionHash(bytes.subspan(section.offset, section.bytes)) != section.hash)
    return badInput(name + " is damaged: its hash does not match");
  return {};
}

Status checkCompiler(const PlanHeader &header, const std::string &path) {
  if (header.compilerId == graphcId())
    return {};
  return planMismatch(path + ": compiled by '" + escapeForMessage(header.compilerId) +
                      "', but this is '" + std::string(graphcId()) + "'; compile the model again");
}

std::string whyNot(const PlanVariant &variant, const CpuFeatures &host) {
  if (variant.architecture != hostArchitecture())
    return "is for " + escapeForMessage(variant.architecture) + ", this machine is " +
           std::string(hostArchitecture());
  const std::string missing = listText(host.missing(variant.features),
                                       [](const auto &name) { return escapeForMessage(name); });
  return "needs " + missing + ", which this machine lacks";
}

bool fits(const PlanVariant &variant, const CpuFeatures &host) {
  return variant.architecture == hostArchitecture() && host.missing(variant.features).empty();
}

} // namespace

bool isPlanFile(const std::string &path) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored))
    return false; // A pipe would wait for its writer.
  std::ifstream in(path, std::ios::binary);
  std::array<char, kPlanMagic.size()> start = {};
  return in.read(start.data(), start.size()) && start == kPlanMagic;
}

Expected<Plan> Plan::open(const std::string &path, const PlanOpenOptions &options) {
  Plan plan;
  GRAPHC_ASSIGN_OR_RETURN(plan.file, MappedFile::open(path));
  GRAPHC_RETURN_IF_ERROR(plan.readHeader());
  GRAPHC_RETURN_IF_ERROR(plan.checkSections(options));
  GRAPHC_RETURN_IF_ERROR(checkCompiler(plan.contents, path));
  Status usable = plan.chooseVariant(CpuFeatures::host());
  if (!usable.ok() && !options.anyMachine)
    return usable;
  plan.weights = plan.section(section::kWeights);
  return plan;
}

Status Plan::readHeader() {
  std::span<const std::byte> bytes = file.bytes();
  ByteReader reader(bytes, path());
  Expected<PlanPrelude> prelude = reader.read<PlanPrelude>();
  if (!prelude)
    return badInput(path() + ": not a graphc plan: only " + std::to_string(bytes.size()) +
                    " bytes long");
  GRAPHC_RETURN_IF_ERROR(checkIdentity(*prelude, bytes, path()));
  GRAPHC_RETURN_IF_ERROR(checkPrelude(*prelude, bytes.size(), path()));
  std::span<const std::byte> header = bytes.subspan(prelude->headerOffset);
  if (hashBytes(header) != prelude->headerHash)
    return badInput(path() + ": the plan is damaged: the hash of its header does not match");
  std::string_view text(reinterpret_cast<const char *>(header.data()), header.size());
  GRAPHC_ASSIGN_OR_RETURN(Json json, parseJson(text, path()));
  GRAPHC_ASSIGN_OR_RETURN(contents, PlanHeader::fromJson(json, path()));
  return {};
}

Status Plan::checkSections(const PlanOpenOptions &options) const {
  std::span<const std::byte> bytes = file.bytes();
  ByteReader reader(bytes, path());
  GRAPHC_ASSIGN_OR_RETURN(PlanPrelude prelude, reader.read<PlanPrelude>());
  std::span<const std::byte> body = bytes.first(prelude.headerOffset);
  for (const PlanSection &section : contents.sections) {
    bool verify = options.verifyWeights || section.name != section::kWeights;
    GRAPHC_RETURN_IF_ERROR(checkSection(section, body, verify, path()));
  }
  return checkGaps(contents.sections, body, path());
}

Status Plan::chooseVariant(const CpuFeatures &host) {
  const std::vector<PlanVariant> &variants = contents.variants;
  auto found = std::find_if(variants.begin(), variants.end(),
                            [&](const PlanVariant &variant) { return fits(variant, host); });
  if (found != variants.end()) {
    chosen = static_cast<size_t>(found - variants.begin());
    return {};
  }
  std::string message = path() + ": the plan does not run here:";
  for (const PlanVariant &variant : variants)
    message += " its code for " + escapeForMessage(variant.level) + " " + whyNot(variant, host) +
               (&variant == &variants.back() ? "" : ";");
  return planMismatch(message);
}

std::span<const std::byte> Plan::section(std::string_view name) const {
  const PlanSection *found = contents.findSection(name);
  return found ? file.bytes().subspan(found->offset, found->bytes) : std::span<const std::byte>();
}

std::string_view Plan::textSection(std::string_view name) const {
  std::span<const std::byte> bytes = section(name);
  return {reinterpret_cast<const char *>(bytes.data()), bytes.size()};
}

} // namespace graphc
