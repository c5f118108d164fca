// Headers of plans whose hashes are right: what a wrong or hostile compiler would write.
#include "FuzzTarget.h"

#include "plan/PlanFixture.h"

#include <cstring>

namespace graphc::fuzz {

using namespace graphc::test;

namespace {

/// A small plan, and a file for what becomes of it.
struct SmallPlan {
  TemporaryFolder folder;
  std::string path = folder.file("tiny.gcplan");
  std::string bytes;
  PlanPrelude prelude;

  SmallPlan() {
    EXPECT_TRUE(writeTinyPlan(path).ok());
    bytes = readFile(path);
    std::memcpy(&prelude, bytes.data(), sizeof(prelude));
  }
};

SmallPlan &smallPlan() {
  static SmallPlan plan;
  return plan;
}

} // namespace

std::vector<std::string> seeds() {
  return {smallPlan().bytes.substr(smallPlan().prelude.headerOffset)};
}

/// The plan itself is among it.
MemoryBound memoryBound() { return {.base = size_t(16) << 20}; }

Status read(std::string_view input) {
  SmallPlan &plan = smallPlan();
  PlanPrelude fresh = plan.prelude;
  fresh.headerBytes = input.size();
  fresh.fileBytes = fresh.headerOffset + input.size();
  fresh.headerHash = hashBytes(std::as_bytes(std::span(input)));
  fresh.preludeHash = hashPrelude(fresh);
  std::string bytes = plan.bytes.substr(0, fresh.headerOffset) + std::string(input);
  std::memcpy(bytes.data(), &fresh, sizeof(fresh));
  writeFile(plan.path, bytes);
  const Status status = Plan::open(plan.path).status();
  // A plan may also be one for another machine.
  return status.code() == StatusCode::PlanMismatch ? Status() : status;
}

} // namespace graphc::fuzz
