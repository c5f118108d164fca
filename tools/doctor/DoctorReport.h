// What `graphc doctor` says.
#ifndef GRAPHC_TOOLS_DOCTOR_DOCTORREPORT_H
#define GRAPHC_TOOLS_DOCTOR_DOCTORREPORT_H

#include "runtime/base/CpuFeatures.h"
#include "runtime/base/Json.h"
#include "tools/doctor/Libraries.h"
#include "tools/doctor/MeasuredLimits.h"
#include "tools/machine/MachineFacts.h"

#include <optional>
#include <string>
#include <vector>

namespace graphc {

struct DoctorReport {
  MachineFacts machine;
  std::vector<CpuFeatureStatus> features;
  std::string level; ///< That graphc compiles for by default; empty when there is none.
  std::optional<MeasuredLimits> limits;
  std::vector<LibraryVersion> libraries;
  std::vector<std::string> notes; ///< What stands in the way of speed, or of running at all.

  /// Everything but limits and what the compiler library knows of itself.
  static DoctorReport ofThisMachine();

  std::string text() const;
  Json json() const;
};

/// What to say about a machine.
std::vector<std::string> notesOn(const MachineFacts &machine,
                                 const std::vector<CpuFeatureStatus> &features,
                                 const std::string &level);

} // namespace graphc

#endif // GRAPHC_TOOLS_DOCTOR_DOCTORREPORT_H
