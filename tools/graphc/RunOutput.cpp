#include "tools/graphc/RunOutput.h"

#include "runtime/base/Escape.h"
#include "tools/cli/Columns.h"
#include "tools/cli/Output.h"
#include "tools/graphc/ChatPrompt.h"

#include <algorithm>
#include <chrono>

namespace graphc {

RunOutput::RunOutput(const RunFlags &flags, const Tokenizer *tokenizer, const Prompts &prompts,
                     int64_t resultWidth)
    : flags(flags), tokenizer(tokenizer), prompts(prompts), sequences(prompts.size()),
      streaming(!flags.json && prompts.size() == 1) {
  for (size_t i = 0; tokenizer && i < prompts.size(); ++i)
    sequences[i].decoder.emplace(*tokenizer, prompts[i], flags.sampling.stops);
  if (!flags.saveResult.empty())
    results.emplace(flags.saveResult, prompts.size(), resultWidth);
}

Status RunOutput::onToken(size_t index, int32_t token) {
  Sequence &sequence = sequences[index];
  ++sequence.tokens;
  if (sequence.decoder)
    return addDecoded(sequence, token);
  return addText(sequence, (sequence.tokens > 1 ? "," : "") + std::to_string(token));
}

bool RunOutput::isStopped(size_t sequence) const {
  return sequences[sequence].decoder && sequences[sequence].decoder->isStopped();
}

Status RunOutput::onLogprobs(size_t sequence, const Logprobs &logprobs) {
  sequences[sequence].logprobs.push_back(logprobs);
  return {};
}

Status RunOutput::onRows(size_t sequence, int64_t first, std::span<const float> rows) {
  return results ? results->append(sequence, rows) : Status();
}

Status RunOutput::onEnd(size_t index, StopReason reason) {
  Sequence &sequence = sequences[index];
  return sequence.decoder ? addDecoded(sequence, std::nullopt) : Status();
}

Status RunOutput::addDecoded(Sequence &sequence, std::optional<int32_t> token) {
  auto start = std::chrono::steady_clock::now();
  std::string more = token ? sequence.decoder->push(*token) : sequence.decoder->finish();
  std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  textSeconds += taken.count();
  return addText(sequence, more);
}

Status RunOutput::addText(Sequence &sequence, const std::string &more) {
  sequence.text += more;
  return streaming && !more.empty() ? writeOut(more) : Status();
}

Status RunOutput::finish(const Generation &generation, double loadSeconds) {
  bool interrupted = false;
  for (size_t i = 0; i < sequences.size(); ++i) {
    if (generation.sequences[i].stop != StopReason::Interrupted)
      continue;
    interrupted = true;
    GRAPHC_RETURN_IF_ERROR(onEnd(i, StopReason::Interrupted));
  }
  if (results && !interrupted)
    GRAPHC_RETURN_IF_ERROR(results->finish());
  auto isCut = [](const auto &sequence) { return sequence.stop == StopReason::Context; };
  if (!flags.quiet && std::ranges::any_of(generation.sequences, isCut))
    writeNote("the context is full, so the text ends here; a model that is compiled with a larger "
              "-c goes on");
  if (flags.json)
    return writeOut(json(generation, loadSeconds) + "\n");
  std::string rest;
  for (const Sequence &sequence : sequences) {
    if (sequence.tokens > 0)
      rest += (streaming ? "" : sequence.text) + "\n";
  }
  GRAPHC_RETURN_IF_ERROR(writeOut(rest));
  if (flags.logprobs)
    writeError(logprobsText());
  return {};
}

/// A token's piece as UTF-8; empty without a tokenizer.
std::string RunOutput::piece(int32_t token) const {
  return tokenizer ? asUtf8(tokenizer->pieceText(token)) : "";
}

/// A line for each token: its id, piece and logprob, then the likeliest tokens'.
std::string RunOutput::logprobsText() const {
  auto text = [&](const TokenLogprob &entry) {
    std::string name = tokenizer ? " '" + escapeForMessage(piece(entry.token)) + "'" : "";
    return std::to_string(entry.token) + name + " " + numberText(entry.logprob, 4);
  };
  std::vector<std::string> heading = {"sequence", "token"};
  heading.insert(heading.end(), static_cast<size_t>(*flags.logprobs), "likeliest");
  TextTable table(std::move(heading), 2 + static_cast<size_t>(*flags.logprobs));
  for (const Sequence &sequence : sequences) {
    for (const Logprobs &logprobs : sequence.logprobs) {
      std::vector<std::string> row = {std::to_string(&sequence - sequences.data()),
                                      text(logprobs.chosen)};
      for (const TokenLogprob &entry : logprobs.top)
        row.push_back(text(entry));
      table.add(std::move(row));
    }
  }
  return table.text();
}

static Json timingsJson(const GenerationTimings &timings, double loadSeconds,
                        double detokenizeSeconds) {
  auto perSecond = [](int64_t tokens, double seconds) {
    return seconds > 0 ? static_cast<double>(tokens) / seconds : 0;
  };
  return {{"load_ms", loadSeconds * 1e3},
          {"prefill_tokens", timings.promptTokens},
          {"prefill_ms", timings.prefillSeconds * 1e3},
          {"prefill_tokens_per_s", perSecond(timings.promptTokens, timings.prefillSeconds)},
          {"decode_tokens", timings.decodeTokens},
          {"decode_ms", timings.decodeSeconds * 1e3},
          {"decode_tokens_per_s", perSecond(timings.decodeTokens, timings.decodeSeconds)},
          {"sampling_ms", timings.samplingSeconds * 1e3},
          {"detokenize_ms", detokenizeSeconds * 1e3}};
}

Json RunOutput::logprobsJson(const Sequence &sequence) const {
  auto entryJson = [&](const TokenLogprob &entry) {
    return Json{{"token", entry.token}, {"piece", piece(entry.token)}, {"logprob", entry.logprob}};
  };
  Json list = Json::array();
  for (const Logprobs &logprobs : sequence.logprobs) {
    Json entry = entryJson(logprobs.chosen);
    entry["top"] = Json::array();
    for (const TokenLogprob &likely : logprobs.top)
      entry["top"].push_back(entryJson(likely));
    list.push_back(std::move(entry));
  }
  return list;
}

std::string RunOutput::json(const Generation &generation, double loadSeconds) const {
  Json list = Json::array();
  for (size_t i = 0; i < sequences.size(); ++i) {
    const GeneratedSequence &sequence = generation.sequences[i];
    list.push_back({{"prompt_tokens", prompts[i]},
                    {"tokens", sequence.tokens},
                    {"text", tokenizer ? sequences[i].text : ""},
                    {"stop", stopReasonName(sequence.stop)}});
    if (flags.logprobs)
      list.back()["logprobs"] = logprobsJson(sequences[i]);
  }
  Json document = {{"schema", 1},
                   {"sequences", std::move(list)},
                   {"timings", timingsJson(generation.timings, loadSeconds, textSeconds)}};
  return jsonText(document);
}

std::string phasesText(const GenerationTimings &timings) {
  auto phase = [](const char *name, int64_t tokens, double seconds) {
    std::string text = std::string(name) + " " + std::to_string(tokens) + " tokens";
    if (tokens > 0 && seconds > 0)
      text += ", " + numberText(static_cast<double>(tokens) / seconds, 1) + " tok/s";
    return text;
  };
  return phase("prefill", timings.promptTokens, timings.prefillSeconds) + " | " +
         phase("decode", timings.decodeTokens, timings.decodeSeconds);
}

std::string timingsText(const GenerationTimings &timings, double loadSeconds) {
  return "load " + numberText(loadSeconds * 1e3, 1) + " ms | " + phasesText(timings);
}

std::string partsText(const GenerationTimings &timings, double detokenizeSeconds) {
  double all = timings.prefillSeconds + timings.decodeSeconds;
  auto part = [&](const char *name, double seconds) {
    return std::string(name) + " " + numberText(seconds * 1e3, 3) + " ms (" +
           numberText(all > 0 ? 100 * seconds / all : 0, 2) + " %)";
  };
  return "of prefill and decode: " + part("sampling", timings.samplingSeconds) + ", " +
         part("detokenizing", detokenizeSeconds);
}

} // namespace graphc
