#include "AttentionFixture.h"

#include <numeric>
#include <sstream>

namespace graphc::test {

static const char *nameOf(ElementType type) {
  return type == ElementType::I8 ? "i8" : type == ElementType::F32 ? "f32" : "bf16";
}

std::ostream &operator<<(std::ostream &out, const AttentionConfig &config) {
  out << config.heads << "/" << config.keyHeads << " heads of " << config.headDim << ", "
      << nameOf(config.query) << " query, " << nameOf(config.cache) << " cache, "
      << nameOf(config.result) << " result";
  if (config.window)
    out << ", window " << *config.window;
  if (config.cap)
    out << ", cap " << *config.cap;
  return out;
}

std::string AttentionConfig::kernel() const {
  std::ostringstream query, cache, result, text;
  query << "tensor<" << heads << "x?x" << headDim << "x" << nameOf(this->query) << ">";
  cache << "!graphc.kv_cache<" << keyHeads << "x" << headDim << "x" << nameOf(this->cache) << ">";
  result << "tensor<?x" << heads * headDim << "x" << nameOf(this->result) << ">";
  text << "graphc.kernel @k(%q: " << query.str() << ", %c: " << cache.str()
       << ", %s: !graphc.step) -> " << result.str()
       << " {\n  %y = graphc.flash_attention %q, %c, %s causal";
  if (window)
    text << " window " << *window;
  text.precision(9);
  text << " scale " << std::scientific << usedScale();
  if (cap)
    text << " cap " << *cap;
  text << " : " << query.str() << ", " << cache.str() << " -> " << result.str()
       << "\n  graphc.yield %y : " << result.str() << "\n}";
  return text.str();
}

//===----------------------------------------------------------------------===//
// Cache
//===----------------------------------------------------------------------===//

static int64_t pagesOf(const std::vector<int64_t> &lengths) {
  return ceilDiv(*std::max_element(lengths.begin(), lengths.end()), kPageTokens) + 1;
}

AttentionCache::AttentionCache(const AttentionConfig &config, const std::vector<int64_t> &lengths)
    : config(config), lengths(lengths), pagesPerSequence(pagesOf(lengths)),
      pageTable(lengths.size() * size_t(pagesPerSequence)),
      pool((pageTable.size() + 1) * size_t(config.layout().pageBytes())), keys(lengths.size()),
      values(lengths.size()) {
  std::mt19937 random(7);
  std::iota(pageTable.begin(), pageTable.end(), 1);
  std::shuffle(pageTable.begin(), pageTable.end(), random);
  std::fill_n(pool.data(), pool.size(), '\xff'); // NaN of every float; of scales, too
  for (size_t sequence = 0; sequence < lengths.size(); ++sequence)
    fill(sequence, random);
}

void AttentionCache::fill(size_t sequence, std::mt19937 &random) {
  std::normal_distribution<float> normal;
  KvLayout layout = config.layout();
  size_t numbers = size_t(layout.heads * lengths[sequence] * layout.headDim);
  for (std::vector<float> *side : {&keys[sequence], &values[sequence]}) {
    side->resize(numbers);
    for (float &number : *side)
      number = rounded(normal(random), layout.hasScales() ? ElementType::F32 : config.cache);
  }
  if (layout.hasScales()) {
    fillIntegers(sequence);
    return;
  }
  for (int64_t page = 0; page < ceilDiv(lengths[sequence], kPageTokens); ++page) {
    size_t entry = sequence * size_t(pagesPerSequence) + size_t(page);
    int64_t start = pageTable[entry] * layout.pageBytes();
    std::fill_n(pool.data() + start, layout.pageBytes(), 0);
    forEachIndex({kPageTokens, layout.heads, layout.headDim}, [&](const Index &at) {
      int64_t token = at[0], head = at[1], d = at[2], position = page * kPageTokens + token;
      bool exists = position < lengths[sequence];
      encode(start + layout.keyOffset(head, token, d),
             exists ? key(sequence, head, position)[d] : 1e4f);
      encode(start + layout.valueOffset(head, token, d),
             exists ? value(sequence, head, position)[d] : 1e4f);
    });
  }
}

/// Rounds the numbers to integers, with a scale for each head and token, and writes both.
void AttentionCache::fillIntegers(size_t sequence) {
  KvLayout layout = config.layout();
  int64_t count = lengths[sequence];
  for (int64_t page = 0; page < ceilDiv(count, kPageTokens); ++page) {
    size_t entry = sequence * size_t(pagesPerSequence) + size_t(page);
    char *start = pool.data() + pageTable[entry] * layout.pageBytes();
    std::fill_n(start, layout.pageBytes(), 0);
    forEachIndex({kPageTokens, layout.heads, 2}, [&](const Index &at) {
      int64_t token = at[0], head = at[1], position = page * kPageTokens + token;
      bool exists = position < count, isKey = at[2] == 0;
      auto offsetOf = [&](int64_t d) {
        return isKey ? layout.keyOffset(head, token, d) : layout.valueOffset(head, token, d);
      };
      std::vector<float> &numbers = isKey ? keys[sequence] : values[sequence];
      std::vector<float> none(size_t(layout.headDim), 60000.0f);
      float *row = exists ? &numbers[size_t((head * count + position) * layout.headDim)] : &none[0];
      float largest = 0;
      for (int64_t d = 0; d < layout.headDim; ++d)
        largest = std::max(largest, std::abs(row[d]));
      auto scale = _Float16(largest / 127);
      for (int64_t d = 0; d < layout.headDim; ++d) {
        auto integer = int8_t(std::lrint(row[d] / float(scale)));
        row[d] = float(scale) * float(integer);
        start[offsetOf(d)] = char(integer);
      }
      int64_t place =
          isKey ? layout.keyScaleOffset(head, token) : layout.valueScaleOffset(head, token);
      std::memcpy(start + place, &scale, sizeof(scale));
    });
  }
}

void AttentionCache::encode(int64_t offset, float value) {
  char *place = pool.data() + offset;
  uint16_t half = bf16BitsOf(value);
  if (config.cache == ElementType::F32)
    std::memcpy(place, &value, 4);
  else
    std::memcpy(place, &half, 2);
}

//===----------------------------------------------------------------------===//
// Steps
//===----------------------------------------------------------------------===//

/// A query's number, the same in whatever step the token is.
static float queryNumber(size_t sequence, int64_t position, int64_t head, int64_t d) {
  uint32_t hash = uint32_t(sequence * 7919 + size_t(position) * 104729 + size_t(head) * 1299709 +
                           size_t(d) * 15485863);
  hash = (hash ^ (hash >> 15)) * 0x2c1b3c6du;
  hash = (hash ^ (hash >> 12)) * 0x297a2d39u;
  return float(int32_t(hash ^ (hash >> 15))) * 0x1.8p-31f;
}

static int64_t tokensOf(const std::vector<AttentionRows> &rows) {
  int64_t tokens = 0;
  for (const AttentionRows &part : rows)
    tokens += part.end - part.begin;
  return tokens;
}

AttentionStep::AttentionStep(const AttentionCache &cache, const std::vector<AttentionRows> &rows,
                             int64_t tokenBound)
    : cache(cache),
      query({cache.config.heads, tokensOf(rows), cache.config.headDim},
            {cache.config.heads, tokenBound, cache.config.headDim}, cache.config.query),
      result({tokensOf(rows), cache.config.heads * cache.config.headDim},
             {tokenBound, cache.config.heads * cache.config.headDim}, cache.config.result) {
  arrays.pageTableStride = cache.pagesPerSequence;
  arrays.rowOffsets.push_back(0);
  for (size_t slot = 0; slot < rows.size(); ++slot) {
    for (int64_t position = rows[slot].begin; position < rows[slot].end; ++position) {
      for (int64_t h = 0; h < cache.config.heads; ++h) {
        for (int64_t d = 0; d < cache.config.headDim; ++d)
          query.set({h, tokens(), d}, queryNumber(rows[slot].sequence, position, h, d));
      }
      arrays.slot.push_back(int32_t(slot));
      arrays.position.push_back(int32_t(position));
      sequenceOf.push_back(rows[slot].sequence);
    }
    arrays.rowOffsets.push_back(int32_t(tokens()));
    auto entries = cache.pageTable.begin() + rows[slot].sequence * size_t(cache.pagesPerSequence);
    arrays.pageTable.insert(arrays.pageTable.end(), entries, entries + cache.pagesPerSequence);
  }
}

std::vector<void *> AttentionStep::memory() {
  return {query.data(), const_cast<char *>(&cache.pool[0]), nullptr, result.data()};
}

void AttentionStep::run(KernelRunner &kernel, int64_t pieces, bool backwards) {
  kernel.run(arrays, memory(), pieces, backwards);
}

std::vector<double> AttentionStep::exactRow(size_t t) const {
  const AttentionConfig &config = cache.config;
  int64_t last = arrays.position[t];
  int64_t first = config.window ? std::max<int64_t>(last + 1 - *config.window, 0) : 0;
  std::vector<double> row(size_t(config.heads * config.headDim));
  for (int64_t h = 0; h < config.heads; ++h) {
    int64_t keyHead = h / (config.heads / config.keyHeads);
    std::vector<double> scores, question;
    for (int64_t d = 0; d < config.headDim; ++d)
      question.push_back(query.get({h, int64_t(t), d}));
    for (int64_t s = first; s <= last; ++s) {
      const float *key = cache.key(sequenceOf[t], keyHead, s);
      double dot = 0;
      for (size_t d = 0; d < question.size(); ++d)
        dot += question[d] * key[d];
      dot *= config.usedScale();
      scores.push_back(config.cap ? *config.cap * std::tanh(dot / *config.cap) : dot);
    }
    double max = *std::max_element(scores.begin(), scores.end()), sum = 0;
    for (double &score : scores)
      sum += score = std::exp(score - max);
    for (int64_t s = first; s <= last; ++s) {
      const float *value = cache.value(sequenceOf[t], keyHead, s);
      double weight = scores[size_t(s - first)] / sum;
      for (int64_t d = 0; d < config.headDim; ++d)
        row[size_t(h * config.headDim + d)] += weight * value[d];
    }
  }
  return row;
}

std::vector<uint32_t> AttentionStep::rowBits(size_t t) const {
  std::vector<uint32_t> bits;
  for (int64_t i = 0; i < result.extents[1]; ++i)
    bits.push_back(bitsOf(result.get({int64_t(t), i})));
  return bits;
}

} // namespace graphc::test
