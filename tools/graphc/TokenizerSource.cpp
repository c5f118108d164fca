#include "tools/graphc/TokenizerSource.h"

#include "runtime/text/TokenizerFiles.h"
#include "tools/graphc/TextInput.h"

namespace graphc {

Expected<TokenizerSource> TokenizerSource::open(const std::string &path) {
  TokenizerSource source;
  if (isPlanFile(path)) {
    // The code is not run, so any machine's plan will do.
    GRAPHC_ASSIGN_OR_RETURN(source.plan, Plan::open(path, {.anyMachine = true}));
    GRAPHC_ASSIGN_OR_RETURN(source.opened, openTokenizer(*source.plan));
  } else {
    GRAPHC_ASSIGN_OR_RETURN(source.tables, compileTokenizer(path));
    if (!source.tables.empty()) {
      GRAPHC_ASSIGN_OR_RETURN(source.opened, Tokenizer::open(source.tables));
    }
  }
  if (!source.opened)
    return badInput(path + ": there is no tokenizer in it");
  return source;
}

} // namespace graphc
