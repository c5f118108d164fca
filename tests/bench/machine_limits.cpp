// What this machine can do at the moment: the read rate of memory and the peaks of its multiply-add
// units, for a number of threads. Prints JSON; the yardstick beside speeds that scripts measure.
//
//   machine_limits [THREADS] -> {"threads":2,"read_gbps":..,"fma_gflops":..,"bf16_gflops":..,
//                                "int8_gops":..}
//
// A rate is 0 where the processor has no such unit, or there is no memory to read.
#include "tools/machine/PeakLoops.h"
#include "tools/machine/ReadLoops.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <thread>

using namespace graphc;

static double peak(ElementType type, int threads) {
  const PeakLoop *loop = bestPeakLoop(type, CpuFeatures::host());
  return loop ? measurePeak(*loop, threads, 0.2) : 0;
}

int main(int argc, char **argv) {
  int threads = argc > 1 ? std::max(1, std::atoi(argv[1]))
                         : static_cast<int>(std::thread::hardware_concurrency());
  Expected<ReadProbe> probe = ReadProbe::create(threads);
  if (!probe.ok())
    std::fprintf(stderr, "machine_limits: %s\n", probe.status().message().c_str());
  std::printf("{\"threads\":%d,\"read_gbps\":%.2f,\"fma_gflops\":%.1f,\"bf16_gflops\":%.1f,"
              "\"int8_gops\":%.1f}\n",
              threads, probe.ok() ? probe->measure(0.3) : 0, peak(ElementType::F32, threads),
              peak(ElementType::BF16, threads), peak(ElementType::I8, threads));
  return 0;
}
