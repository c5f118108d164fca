#include "tools/bench/BenchReport.h"

#include "runtime/base/Escape.h"
#include "tools/cli/Columns.h"
#include "tools/cli/Output.h"

namespace graphc {

namespace {

std::vector<std::string> keyCells(const BenchCase &what) {
  return {what.test(), std::to_string(what.depth), std::to_string(what.threads),
          std::to_string(what.batch)};
}

std::vector<std::string> figureCells(const BenchFigures &figures, int digits) {
  std::vector<std::string> cells;
  for (double value :
       {figures.tokensPerSecond.min, figures.tokensPerSecond.median, figures.tokensPerSecond.max})
    cells.push_back(numberText(value, digits));
  cells.push_back(numberText(figures.limitFraction, digits + 1));
  for (double value :
       {figures.achievedGbps, figures.readGbps, figures.achievedGops, figures.peakGops})
    cells.push_back(numberText(value, digits));
  return cells;
}

std::vector<std::string> row(const BenchResult &result, int digits) {
  std::vector<std::string> cells = keyCells(result.what);
  std::vector<std::string> figures = figureCells(figuresOf(result), digits);
  cells.insert(cells.end(), figures.begin(), figures.end());
  return cells;
}

std::string profileMarkdown(const BenchResult &result) {
  const Profile &profile = *result.profile;
  TextTable table({"kernel", "op", "calls", "ms", "share", "GB/s", "GOPS", "of limit", "lost ms"},
                  2);
  auto share = [&](double seconds) {
    return numberText(profile.seconds > 0 ? 100 * seconds / profile.seconds : 0, 1) + " %";
  };
  for (const KernelProfile &kernel : profile.kernels)
    table.add({escapeForMessage(kernel.name), escapeForMessage(kernel.opName),
               std::to_string(kernel.calls), numberText(kernel.seconds * 1e3, 2),
               share(kernel.seconds), numberText(kernel.gbps(), 1), numberText(kernel.gops(), 1),
               numberText(kernel.limitFraction(), 2), numberText(kernel.lostSeconds() * 1e3, 2)});
  table.add({"(between kernels)", "", "", numberText(profile.betweenSeconds * 1e3, 2),
             share(profile.betweenSeconds), "", "", "",
             numberText(profile.betweenSeconds * 1e3, 2)});
  return "\n" + result.what.text() + ", " + numberText(profile.seconds * 1e3, 2) + " ms\n\n" +
         table.markdown();
}

Json profileJson(const Profile &profile) {
  Json kernels = Json::array();
  for (const KernelProfile &kernel : profile.kernels)
    kernels.push_back({{"kernel", kernel.name},
                       {"op", kernel.opName},
                       {"calls", kernel.calls},
                       {"ms", kernel.seconds * 1e3},
                       {"share", profile.seconds > 0 ? kernel.seconds / profile.seconds : 0},
                       {"gbps", kernel.gbps()},
                       {"gops", kernel.gops()},
                       {"limit_fraction", kernel.limitFraction()},
                       {"lost_ms", kernel.lostSeconds() * 1e3}});
  return {{"ms", profile.seconds * 1e3},
          {"between_kernels_ms", profile.betweenSeconds * 1e3},
          {"kernels", std::move(kernels)}};
}

Json resultJson(const BenchResult &result) {
  BenchFigures figures = figuresOf(result);
  const Summary &rate = figures.tokensPerSecond;
  Json json = {
      {"test", result.what.test()},
      {"depth", result.what.depth},
      {"threads", result.what.threads},
      {"batch", result.what.batch},
      {"tokens_per_second", {{"min", rate.min}, {"median", rate.median}, {"max", rate.max}}},
      {"limit_fraction", figures.limitFraction},
      {"achieved_gbps", figures.achievedGbps},
      {"read_gbps", figures.readGbps},
      {"achieved_gops", figures.achievedGops},
      {"peak_gops", figures.peakGops}};
  if (result.profile)
    json["profile"] = profileJson(*result.profile);
  return json;
}

} // namespace

std::string resultLine(const BenchResult &result) {
  BenchFigures figures = figuresOf(result);
  return result.what.text() + ": " + numberText(figures.tokensPerSecond.median, 2) + " tok/s, " +
         numberText(figures.limitFraction, 2) + " of the limit";
}

std::string benchMarkdown(std::span<const BenchResult> results) {
  TextTable table({"test", "depth", "threads", "batch", "tok/s min", "median", "max", "of limit",
                   "GB/s", "read GB/s", "GOPS", "peak GOPS"},
                  1);
  for (const BenchResult &result : results)
    table.add(row(result, 2));
  std::string text = table.markdown();
  for (const BenchResult &result : results)
    text += result.profile ? profileMarkdown(result) : "";
  return text;
}

std::string benchCsv(std::span<const BenchResult> results) {
  std::string text = csvLine({"test", "depth", "threads", "batch", "tokens_per_second_min",
                              "tokens_per_second_median", "tokens_per_second_max", "limit_fraction",
                              "achieved_gbps", "read_gbps", "achieved_gops", "peak_gops"});
  for (const BenchResult &result : results)
    text += csvLine(row(result, 4));
  return text;
}

Json benchJson(std::span<const BenchResult> results) {
  Json list = Json::array();
  for (const BenchResult &result : results)
    list.push_back(resultJson(result));
  return {{"schema", 1}, {"results", std::move(list)}};
}

} // namespace graphc
