#include "codegen/pack/Packer.h"

#include "codegen/pack/NumberCheck.h"
#include "runtime/base/CheckedMath.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

namespace graphc {

namespace {

/// Bytes of a result that a thread holds at a time. Writes are as large: what is written at once,
/// the system keeps in huge pages of 2 MiB, by which the file is mapped later; and most of what is
/// hashed in blocks of 1 MiB (PlanFormat.h) comes in one piece.
constexpr int64_t kBlockBytes = int64_t(16) << 20;

/// Panels (or rows) [begin, end) of a job.
struct Block {
  const PackJob *job;
  int64_t begin, end;
};

/// Panels of a packed job, rows of another.
int64_t unitsOf(const PackJob &job) { return job.packed ? job.layout.panels() : job.layout.rows; }

int64_t bytesOfUnit(const PackJob &job) {
  const PackedLayout &layout = job.layout;
  return std::max<int64_t>(1, job.packed ? layout.panelBytes()
                                         : layout.columns * byteSize(layout.type));
}

std::vector<Block> cutIntoBlocks(const std::vector<PackJob> &jobs) {
  std::vector<Block> blocks;
  for (const PackJob &job : jobs) {
    int64_t units = unitsOf(job);
    int64_t step = std::max<int64_t>(1, kBlockBytes / bytesOfUnit(job));
    for (int64_t begin = 0; begin < units; begin += step)
      blocks.push_back({&job, begin, std::min(begin + step, units)});
  }
  return blocks;
}

/// One thread's buffers.
class BlockPacker {
public:
  BlockPacker(const PackSink &sink) : sink(sink) {}

  /// Numbers of the block that are not finite.
  Expected<int64_t> pack(const Block &block) {
    GRAPHC_ASSIGN_OR_RETURN(std::span<std::byte> result,
                            block.job->packed ? packPanels(block) : packRows(block));
    const int64_t unitBytes = bytesOfUnit(*block.job);
    GRAPHC_RETURN_IF_ERROR(
        sink(block.job->offset + static_cast<uint64_t>(block.begin * unitBytes), result));
    return countNotFinite(block.job->layout, block.job->packed, result);
  }

private:
  Expected<std::span<std::byte>> packRows(const Block &block) {
    const PackedLayout &layout = block.job->layout;
    int64_t count = (block.end - block.begin) * layout.columns;
    auto rows = firstOf(values, count);
    auto result = firstOf(bytes, count * byteSize(layout.type));
    GRAPHC_RETURN_IF_ERROR(block.job->read(block.begin, block.end, rows));
    convertValues(rows, layout.type, result);
    return result;
  }

  Expected<std::span<std::byte>> packPanels(const Block &block) {
    const PackedLayout &layout = block.job->layout;
    int64_t panelBytes = layout.panelBytes();
    auto result = firstOf(bytes, (block.end - block.begin) * panelBytes);
    for (int64_t panel = block.begin; panel < block.end; ++panel) {
      auto out = result.subspan(static_cast<size_t>((panel - block.begin) * panelBytes),
                                static_cast<size_t>(panelBytes));
      GRAPHC_RETURN_IF_ERROR(layout.quant && layout.quant->keep
                                 ? keepPanel(*block.job, panel, out)
                                 : convertPanel(*block.job, panel, out));
    }
    return result;
  }

  Status convertPanel(const PackJob &job, int64_t panel, std::span<std::byte> out) {
    auto rows = firstOf(values, kPanelRows * job.layout.columns);
    GRAPHC_RETURN_IF_ERROR(readPanel(job, panel, rows));
    packPanel(job.layout, rows, out);
    return {};
  }

  static Status keepPanel(const PackJob &job, int64_t panel, std::span<std::byte> out) {
    QuantMatrix rows(job.layout.quant->format, kPanelRows, job.layout.columns);
    for (const PanelPart &part : job.layout.parts(panel))
      if (part.count > 0)
        GRAPHC_RETURN_IF_ERROR(job.readQuant(part.row, part.row + part.count, part.channel, rows));
    writePanel(rows, out);
    return {};
  }

  /// Fills `rows` with the 32 rows of a panel, zeros where the source has none.
  static Status readPanel(const PackJob &job, int64_t panel, std::span<float> rows) {
    int64_t columns = job.layout.columns;
    for (const PanelPart &part : job.layout.parts(panel)) {
      auto half = rows.subspan(static_cast<size_t>(part.channel * columns),
                               static_cast<size_t>(kPanelRows / 2 * columns));
      auto present = half.first(static_cast<size_t>(part.count * columns));
      if (part.count > 0)
        GRAPHC_RETURN_IF_ERROR(job.read(part.row, part.row + part.count, present));
      std::fill(half.begin() + part.count * columns, half.end(), 0.0f);
    }
    return {};
  }

  /// The buffer's first `count` elements; it only ever grows.
  template <typename T>
  static std::span<T> firstOf(std::vector<T> &buffer, int64_t count) {
    if (std::ssize(buffer) < count)
      buffer.resize(static_cast<size_t>(count));
    return std::span(buffer).first(static_cast<size_t>(count));
  }

  const PackSink &sink;
  std::vector<float> values;
  std::vector<std::byte> bytes;
};

/// Hands blocks out to threads and keeps the first failure.
class BlockQueue {
public:
  BlockQueue(std::vector<Block> blocks, const std::vector<PackJob> &jobs)
      : blocks(std::move(blocks)), firstJob(jobs.data()), left(jobs.size()),
        notFinite(jobs.size()) {
    for (const Block &block : this->blocks)
      ++left[indexOf(block)];
  }

  void work(const PackSink &sink, const PackProgress &progress) {
    BlockPacker packer(sink);
    while (const Block *block = take()) {
      Expected<int64_t> found = packer.pack(*block);
      if (!found.ok())
        return fail(found.status().withContext(block->job->name));
      notFinite[indexOf(*block)] += *found;
      if (--left[indexOf(*block)] == 0 && block->job->finished)
        block->job->finished();
      report(*block, progress);
    }
  }

  Expected<std::vector<PackDefect>> result() const {
    if (!failure.ok())
      return failure;
    std::vector<PackDefect> defects;
    for (size_t i = 0; i < notFinite.size(); ++i)
      if (notFinite[i] != 0)
        defects.push_back({firstJob[i].name, notFinite[i]});
    return defects;
  }

private:
  const Block *take() {
    if (stopped.load(std::memory_order_relaxed))
      return nullptr;
    size_t index = next.fetch_add(1);
    return index < blocks.size() ? &blocks[index] : nullptr;
  }

  void fail(Status status) {
    std::lock_guard lock(mutex);
    if (failure.ok())
      failure = std::move(status);
    stopped = true;
  }

  void report(const Block &block, const PackProgress &progress) {
    if (!progress)
      return;
    int64_t units = std::max<int64_t>(1, unitsOf(*block.job));
    uint64_t share = block.job->bytes() / static_cast<uint64_t>(units) *
                     static_cast<uint64_t>(block.end - block.begin);
    progress(done.fetch_add(share) + share);
  }

  size_t indexOf(const Block &block) const { return static_cast<size_t>(block.job - firstJob); }

  std::vector<Block> blocks;
  const PackJob *firstJob;
  std::vector<std::atomic<int64_t>> left;      ///< Blocks of each job that are not done.
  std::vector<std::atomic<int64_t>> notFinite; ///< Numbers of each job.
  std::atomic<size_t> next = 0;
  std::atomic<uint64_t> done = 0;
  std::atomic<bool> stopped = false;
  std::mutex mutex;
  Status failure;
};

} // namespace

uint64_t PackJob::bytes() const {
  return static_cast<uint64_t>(packed ? layout.bytes()
                                      : layout.rows * layout.columns * byteSize(layout.type));
}

Expected<std::vector<PackDefect>> packWeights(const std::vector<PackJob> &jobs, unsigned threads,
                                              const PackSink &sink, const PackProgress &progress) {
  BlockQueue queue(cutIntoBlocks(jobs), jobs);
  std::vector<std::thread> helpers;
  for (unsigned i = 1; i < threads; ++i)
    helpers.emplace_back([&] { queue.work(sink, progress); });
  queue.work(sink, progress);
  for (std::thread &helper : helpers)
    helper.join();
  return queue.result();
}

} // namespace graphc
