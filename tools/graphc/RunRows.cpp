#include "tools/graphc/RunRows.h"

#include "runtime/base/Escape.h"
#include "runtime/base/Json.h"
#include "runtime/base/TextList.h"
#include "runtime/exec/RowRun.h"
#include "tools/cli/Output.h"
#include "tools/graphc/NpyFile.h"
#include "tools/graphc/ResultFile.h"
#include "tools/graphc/TextInput.h"

#include <charconv>
#include <chrono>
#include <optional>

namespace graphc {

namespace {

/// A mix of a counter: 64 random bits for each (splitmix64).
uint64_t mixed(uint64_t counter) {
  uint64_t z = counter + 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

/// The random bits of number `index` of a stream.
uint64_t randomBits(uint64_t seed, uint64_t index) { return mixed(mixed(seed) + index); }

/// "64,2048"
Expected<RowExtents> parseExtents(const std::string &text) {
  RowExtents extents;
  const char *at = text.data(), *end = at + text.size();
  auto first = std::from_chars(at, end, extents.sequences);
  bool good = first.ec == std::errc() && first.ptr != end && *first.ptr == ',';
  auto second = std::from_chars(good ? first.ptr + 1 : end, end, extents.length);
  good = good && second.ec == std::errc() && second.ptr == end;
  if (!good || extents.sequences < 1 || extents.length < 1)
    return usageError("--input-shape: expected BATCH,LENGTH as in 64,2048 but got '" +
                      escapeForMessage(text) + "'");
  constexpr int64_t kMost = int64_t(1) << 31;
  if (extents.sequences > kMost || extents.length > kMost / extents.sequences)
    return usageError("--input-shape: at most " + std::to_string(kMost) +
                      " rows in all are made up, but '" + escapeForMessage(text) +
                      "' asks for more");
  return extents;
}

/// Of made-up input: as asked for, else as the network is usually given.
Expected<RowExtents> madeUpExtents(const RunFlags &flags, const PlanHeader &header) {
  if (flags.inputShape)
    return parseExtents(*flags.inputShape);
  return RowExtents{header.model.batch, header.context};
}

/// Rows from a file or made up, results to a file or nowhere.
class Stream : public RowStream {
public:
  Stream(const RunFlags &flags, const PlanHeader &header) : flags(flags), header(header) {}

  Status open() {
    if (flags.input) {
      GRAPHC_ASSIGN_OR_RETURN(file, NpyFile::open(*flags.input));
      GRAPHC_RETURN_IF_ERROR(takeShape(file->shape()));
    } else {
      GRAPHC_ASSIGN_OR_RETURN(rows, madeUpExtents(flags, header));
      shape = {rows.sequences, rows.length, header.resultWidth};
    }
    if (!flags.saveResult.empty())
      results.emplace(flags.saveResult, static_cast<size_t>(rows.sequences), shape);
    return {};
  }

  Status read(int64_t sequence, int64_t first, std::span<float> out) override {
    const int64_t begin = (sequence * rows.length + first) * header.inputWidth;
    if (file)
      return file->read(begin, out);
    for (size_t i = 0; i < out.size(); ++i) {
      uint64_t bits =
          randomBits(static_cast<uint64_t>(*flags.randomInput), static_cast<uint64_t>(begin) + i);
      out[i] = static_cast<float>(static_cast<int32_t>(bits >> 40) - (1 << 23)) / (1 << 23);
    }
    return {};
  }

  Status write(int64_t sequence, std::span<const float> result) override {
    return results ? results->append(static_cast<size_t>(sequence), result) : Status();
  }

  Status finish() { return results ? results->finish() : Status(); }

  const RowExtents &extents() const { return rows; }
  const std::vector<int64_t> &resultShape() const { return shape; }

private:
  /// [batch, length, width], or [length, width] of one sequence.
  Status takeShape(const std::vector<int64_t> &given) {
    if ((given.size() != 2 && given.size() != 3) || given.back() != header.inputWidth)
      return badInput(*flags.input + ": expected a shape of (batch, length, " +
                      std::to_string(header.inputWidth) + ") but got " + shapeText(given));
    rows = {given.size() == 3 ? given.front() : 1, given[given.size() - 2]};
    shape = given;
    shape.back() = header.resultWidth;
    return {};
  }

  const RunFlags &flags;
  const PlanHeader &header;
  std::optional<NpyFile> file;
  RowExtents rows;
  std::vector<int64_t> shape; ///< Of the result.
  std::optional<ResultFile> results;
};

Status checkFlags(const RunFlags &flags, const Plan &plan) {
  const int64_t width = plan.header().inputWidth;
  if (flags.prompt || flags.promptFile || !flags.tokens.empty() || flags.count > 0)
    return usageError(plan.path() + ": the plan takes rows of " + std::to_string(width) +
                      " numbers and generates no tokens: give --input FILE.npy or --random-input "
                      "SEED");
  if (!flags.input && !flags.randomInput)
    return usageError(plan.path() + ": the plan takes rows of " + std::to_string(width) +
                      " numbers: give --input FILE.npy or --random-input SEED");
  return {};
}

Status report(const RunFlags &flags, const Stream &stream, double seconds) {
  const RowExtents &extents = stream.extents();
  const double count = static_cast<double>(extents.sequences) * static_cast<double>(extents.length);
  if (!flags.quiet)
    writeNote(std::to_string(extents.sequences * extents.length) + " rows in " +
              numberText(seconds, 2) + " s, " + numberText(count / seconds, 1) + " rows/s");
  if (!flags.json)
    return writeOut(shapeText(stream.resultShape()) + "\n");
  Json document = {{"schema", 1}, {"shape", stream.resultShape()}, {"run_ms", seconds * 1e3}};
  return writeOut(jsonText(document) + "\n");
}

} // namespace

std::string shapeText(const std::vector<int64_t> &shape) {
  const std::string text = listText(shape, [](int64_t extent) { return std::to_string(extent); });
  return "(" + text + (shape.size() == 1 ? ",)" : ")");
}

Expected<std::vector<std::vector<int32_t>>> randomPrompts(const RunFlags &flags, const Plan &plan) {
  const PlanHeader &header = plan.header();
  GRAPHC_ASSIGN_OR_RETURN(RowExtents extents, madeUpExtents(flags, header));
  if (extents.length > header.context)
    return usageError("--input-shape: a sequence of " + std::to_string(extents.length) +
                      " tokens, but the plan was compiled for a context of " +
                      std::to_string(header.context));
  std::vector<std::vector<int32_t>> prompts(static_cast<size_t>(extents.sequences));
  uint64_t index = 0;
  for (std::vector<int32_t> &prompt : prompts) {
    prompt.resize(static_cast<size_t>(extents.length));
    for (int32_t &token : prompt)
      token = static_cast<int32_t>(randomBits(static_cast<uint64_t>(*flags.randomInput), index++) %
                                   static_cast<uint64_t>(header.model.vocabulary));
  }
  return prompts;
}

Status runRowsCommand(const RunFlags &flags, const Plan &plan, const std::atomic<bool> &cancel) {
  GRAPHC_RETURN_IF_ERROR(checkFlags(flags, plan));
  Stream stream(flags, plan.header());
  GRAPHC_RETURN_IF_ERROR(stream.open());
  GRAPHC_ASSIGN_OR_RETURN(
      SessionOptions options,
      sessionOptionsFor(plan, stream.extents(), flags.chunk,
                        {.threads = chooseThreads(flags.threads, flags.quiet), .cancel = &cancel}));
  GRAPHC_ASSIGN_OR_RETURN(std::unique_ptr<Session> session, Session::create(plan, options));
  if (flags.verbose)
    writeError("memory:\n" + Session::memoryPlan(plan, *plan.variant(), options).table());
  auto start = std::chrono::steady_clock::now();
  GRAPHC_RETURN_IF_ERROR(runRows(*session, stream.extents(), flags.chunk, stream));
  std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  GRAPHC_RETURN_IF_ERROR(stream.finish());
  return report(flags, stream, taken.count());
}

} // namespace graphc
