// A plan file, mapped and checked.
#ifndef GRAPHC_RUNTIME_PLAN_PLAN_H
#define GRAPHC_RUNTIME_PLAN_PLAN_H

#include "runtime/base/CpuFeatures.h"
#include "runtime/base/MappedFile.h"
#include "runtime/base/Status.h"
#include "runtime/plan/PlanHeader.h"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace graphc {

struct PlanOpenOptions {
  /// Read the whole weights section and compare its hash. Everything else is always checked.
  bool verifyWeights = false;
  /// Accept a plan without a variant for this machine (variant() is then null): for looking at it.
  bool anyMachine = false;
};

/// Does the file begin as a plan does? False for one that cannot be read.
bool isPlanFile(const std::string &path);

/// An immutable plan. Nothing of it is copied or parsed except the header: weights, code and
/// tokenizer stay where they are mapped, so a Plan must outlive whatever points into it.
///
/// A plan is a program: it contains machine code that run() will execute. Hashes find damage, not
/// malice; open only plans from whom you would run a program.
class Plan {
public:
  /// Maps and checks a file. In this order: magic, format version and byte order; length and hash
  /// of prelude and header; the header's own sense; bounds, hashes and gaps of the sections; the
  /// compiler's id; architecture and CPU features, before any code is made executable.
  ///
  /// BadInput for a file that is not a plan, is cut short or is damaged; PlanMismatch for another
  /// version, byte order, compiler or machine (the message lists the missing features); Resources
  /// when it cannot be mapped.
  static Expected<Plan> open(const std::string &path, const PlanOpenOptions &options = {});

  const std::string &path() const { return file.path(); }
  const PlanHeader &header() const { return contents; }
  std::span<const std::byte> fileBytes() const { return file.bytes(); }

  /// The first variant that this machine can run; null only with `anyMachine`.
  const PlanVariant *variant() const {
    return chosen < contents.variants.size() ? &contents.variants[chosen] : nullptr;
  }

  /// Bytes of a section; empty when the plan has none of that name.
  std::span<const std::byte> section(std::string_view name) const;
  std::string_view textSection(std::string_view name) const;

  /// Address of a packed weight.
  const std::byte *weight(const PlanWeight &weight) const { return weights.data() + weight.offset; }

private:
  Status readHeader();
  Status checkSections(const PlanOpenOptions &options) const;
  Status chooseVariant(const CpuFeatures &host);

  MappedFile file;
  PlanHeader contents;
  size_t chosen = ~size_t(0);
  std::span<const std::byte> weights;
};

} // namespace graphc

#endif // GRAPHC_RUNTIME_PLAN_PLAN_H
