// Normally distributed numbers by position: the value at an index is a function of a key and that
// index alone, so any part of a stream can be had in any order, by any number of threads.
#ifndef GRAPHC_FRONTEND_WEIGHTS_RANDOMNORMAL_H
#define GRAPHC_FRONTEND_WEIGHTS_RANDOMNORMAL_H

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace graphc {

/// Identifies one stream of numbers.
using RandomKey = std::array<uint64_t, 2>;

/// The key of a named stream: xxh3 (128 bit) of the name with the seed.
RandomKey randomKey(uint64_t seed, std::string_view name);

/// Fills `out` with the numbers first, first + 1, ... of a stream: mean 0, standard deviation
/// `deviation`, at most 6.7 deviations from 0. The bits are the same on every processor.
void fillNormal(RandomKey key, uint64_t first, float deviation, std::span<float> out);

} // namespace graphc

#endif // GRAPHC_FRONTEND_WEIGHTS_RANDOMNORMAL_H
