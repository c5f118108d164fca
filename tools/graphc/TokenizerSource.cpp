#include "tools/graphc/TokenizerSource.h"

#include "runtime/text/TokenizerFiles.h"
#include "tools/graphc/TextInput.h"

#ifdef GRAPHC_READS_GGUF
#include "frontend/gguf/GgufFile.h"
#include "frontend/gguf/GgufTokenizer.h"
#endif

namespace graphc {

/// The tables of a model's own tokenizer; no bytes where there is none.
static Expected<std::vector<std::byte>> compileTablesOf(const std::string &path) {
#ifdef GRAPHC_READS_GGUF
  if (looksLikeGguf(path)) {
    GRAPHC_ASSIGN_OR_RETURN(std::shared_ptr<const GgufFile> file, GgufFile::open(path));
    return compileGgufTokenizer(file->metadata(), path);
  }
#endif
  return compileTokenizer(path);
}

Expected<TokenizerSource> TokenizerSource::open(const std::string &path) {
  TokenizerSource source;
  if (isPlanFile(path)) {
    // The code is not run, so any machine's plan will do.
    GRAPHC_ASSIGN_OR_RETURN(source.plan, Plan::open(path, {.anyMachine = true}));
    GRAPHC_ASSIGN_OR_RETURN(source.opened, openTokenizer(*source.plan));
  } else {
    GRAPHC_ASSIGN_OR_RETURN(source.tables, compileTablesOf(path));
    if (!source.tables.empty()) {
      GRAPHC_ASSIGN_OR_RETURN(source.opened, Tokenizer::open(source.tables));
    }
  }
  if (!source.opened)
    return badInput(path + ": there is no tokenizer in it");
  return source;
}

} // namespace graphc
