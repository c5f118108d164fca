// Which files hold the weights of a model.
#ifndef GRAPHC_FRONTEND_WEIGHTS_WEIGHTFILES_H
#define GRAPHC_FRONTEND_WEIGHTS_WEIGHTFILES_H

#include "runtime/base/Status.h"

#include <map>
#include <string>
#include <vector>

namespace graphc {

struct WeightFiles {
  std::vector<std::string> paths;
  /// The index file, or empty when there is none.
  std::string index;
  /// With an index: the position in `paths` of the file that holds each tensor.
  std::map<std::string, size_t> shardOf;
};

/// Finds the weights of the model at `path`: a folder (model.safetensors, or shards with
/// model.safetensors.index.json), a .safetensors file, an .index.json file, or another file of the
/// folder (config.json). BadInput when nothing is there or the index is damaged; Unsupported when
/// the folder has weights of another format only.
///
/// The index may name files of its own folder only: relative paths without "..", which do not leave
/// the folder through a symbolic link either. One layout of links is allowed, that of the Hugging
/// Face cache, where the files of `snapshots/REVISION` link to `blobs` two levels up.
Expected<WeightFiles> findWeightFiles(const std::string &path);

} // namespace graphc

#endif // GRAPHC_FRONTEND_WEIGHTS_WEIGHTFILES_H
