#include "codegen/pack/Packer.h"

#include "runtime/base/CheckedMath.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

namespace graphc {

namespace {

/// f32 values that a thread holds at a time: enough to make reads and writes large.
constexpr int64_t kBlockValues = int64_t(1) << 20;

/// Panels (or rows) [begin, end) of a job.
struct Block {
  const PackJob *job;
  int64_t begin, end;
};

/// Panels of a packed job, rows of another.
int64_t unitsOf(const PackJob &job) { return job.packed ? job.layout.panels() : job.layout.rows; }

int64_t valuesOfUnit(const PackJob &job) {
  return std::max<int64_t>(1, job.layout.columns * (job.packed ? kPanelRows : 1));
}

std::vector<Block> cutIntoBlocks(const std::vector<PackJob> &jobs) {
  std::vector<Block> blocks;
  for (const PackJob &job : jobs) {
    int64_t units = unitsOf(job);
    int64_t step = std::max<int64_t>(1, kBlockValues / valuesOfUnit(job));
    for (int64_t begin = 0; begin < units; begin += step)
      blocks.push_back({&job, begin, std::min(begin + step, units)});
  }
  return blocks;
}

/// One thread's buffers.
class BlockPacker {
public:
  BlockPacker(const PackSink &sink) : sink(sink) {}

  Status pack(const Block &block) {
    return block.job->packed ? packPanels(block) : packRows(block);
  }

private:
  Status packRows(const Block &block) {
    const PackedLayout &layout = block.job->layout;
    int64_t count = (block.end - block.begin) * layout.columns;
    values.resize(static_cast<size_t>(count));
    bytes.resize(static_cast<size_t>(count * byteSize(layout.type)));
    GRAPHC_RETURN_IF_ERROR(block.job->read(block.begin, block.end, values));
    convertValues(values, layout.type, bytes);
    int64_t start = block.begin * layout.columns * byteSize(layout.type);
    return sink(block.job->offset + static_cast<uint64_t>(start), bytes);
  }

  Status packPanels(const Block &block) {
    const PackedLayout &layout = block.job->layout;
    int64_t panelBytes = layout.panelBytes();
    values.resize(static_cast<size_t>(kPanelRows * layout.columns));
    bytes.resize(static_cast<size_t>((block.end - block.begin) * panelBytes));
    for (int64_t panel = block.begin; panel < block.end; ++panel) {
      GRAPHC_RETURN_IF_ERROR(readPanel(*block.job, panel));
      packPanel(layout, values,
                std::span(bytes).subspan(static_cast<size_t>((panel - block.begin) * panelBytes),
                                         static_cast<size_t>(panelBytes)));
    }
    return sink(block.job->offset + static_cast<uint64_t>(block.begin * panelBytes), bytes);
  }

  /// Fills `values` with the 32 rows of a panel, zeros where the source has none.
  Status readPanel(const PackJob &job, int64_t panel) {
    int64_t columns = job.layout.columns;
    for (const PanelPart &part : job.layout.parts(panel)) {
      auto rows = std::span(values).subspan(static_cast<size_t>(part.channel * columns),
                                            static_cast<size_t>(kPanelRows / 2 * columns));
      auto present = rows.first(static_cast<size_t>(part.count * columns));
      if (part.count > 0)
        GRAPHC_RETURN_IF_ERROR(job.read(part.row, part.row + part.count, present));
      std::fill(rows.begin() + part.count * columns, rows.end(), 0.0f);
    }
    return {};
  }

  const PackSink &sink;
  std::vector<float> values;
  std::vector<std::byte> bytes;
};

/// Hands blocks out to threads and keeps the first failure.
class BlockQueue {
public:
  BlockQueue(std::vector<Block> blocks, const std::vector<PackJob> &jobs)
      : blocks(std::move(blocks)), firstJob(jobs.data()), left(jobs.size()) {
    for (const Block &block : this->blocks)
      ++left[indexOf(block)];
  }

  void work(const PackSink &sink, const PackProgress &progress) {
    BlockPacker packer(sink);
    while (const Block *block = take()) {
      if (Status status = packer.pack(*block); !status.ok())
        return fail(status.withContext(block->job->name));
      if (--left[indexOf(*block)] == 0 && block->job->finished)
        block->job->finished();
      report(*block, progress);
    }
  }

  Status status() const { return failure; }

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
  std::vector<std::atomic<int64_t>> left; ///< Blocks of each job that are not done.
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

Status packWeights(const std::vector<PackJob> &jobs, unsigned threads, const PackSink &sink,
                   const PackProgress &progress) {
  BlockQueue queue(cutIntoBlocks(jobs), jobs);
  std::vector<std::thread> helpers;
  for (unsigned i = 1; i < threads; ++i)
    helpers.emplace_back([&] { queue.work(sink, progress); });
  queue.work(sink, progress);
  for (std::thread &helper : helpers)
    helper.join();
  return queue.status();
}

} // namespace graphc
