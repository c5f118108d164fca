// Where a command gets a tokenizer from: a plan, or a model's own files.
#ifndef GRAPHC_TOOLS_GRAPHC_TOKENIZERSOURCE_H
#define GRAPHC_TOOLS_GRAPHC_TOKENIZERSOURCE_H

#include "runtime/base/Status.h"
#include "runtime/plan/Plan.h"
#include "runtime/text/Tokenizer.h"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace graphc {

/// A tokenizer together with what it lies in. May be moved.
class TokenizerSource {
public:
  /// Opens a plan's tokenizer, or compiles that of a folder or of a tokenizer's file. BadInput for
  /// what is damaged or has no tokenizer, Unsupported for kinds that graphc does not know.
  static Expected<TokenizerSource> open(const std::string &path);

  const Tokenizer &tokenizer() const { return *opened; }

private:
  std::optional<Plan> plan;
  std::vector<std::byte> tables; ///< Where there is no plan.
  std::optional<Tokenizer> opened;
};

} // namespace graphc

#endif // GRAPHC_TOOLS_GRAPHC_TOKENIZERSOURCE_H
