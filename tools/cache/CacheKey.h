// What a cached plan was made of: the files of a model, the options, the compiler, the processor.
#ifndef GRAPHC_TOOLS_CACHE_CACHEKEY_H
#define GRAPHC_TOOLS_CACHE_CACHEKEY_H

#include "runtime/base/Json.h"
#include "runtime/base/Status.h"

#include <span>
#include <string>

namespace graphc {

/// Equal keys, equal plans. Of each file the path, size, time and inode count, and its first 64
/// KiB: headers, that is, so that the weights need not be read to see that nothing has changed.
class CacheKey {
public:
  /// The key of `model`: a folder, a file in one, or a GGUF file, whose other parts belong to it.
  /// `options` are those of the compile, in one order always; `weights` is where the weights are,
  /// if not in the model; `compiler` names the compiler exactly. BadInput when files cannot be
  /// read.
  static Expected<CacheKey> of(const std::string &model, std::span<const std::string> options,
                               const std::string &weights, const std::string &compiler);

  /// Everything that counts, as JSON.
  const std::string &text() const { return manifest; }
  /// 16 hexadecimal digits. Different keys may have one name, so compare texts, too.
  const std::string &name() const { return digits; }

private:
  explicit CacheKey(const Json &document);

  std::string manifest, digits;
};

} // namespace graphc

#endif // GRAPHC_TOOLS_CACHE_CACHEKEY_H
