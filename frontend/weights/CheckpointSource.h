// CheckpointSource: a WeightSource over files, which can say what the files hold before it is read.
#ifndef GRAPHC_FRONTEND_WEIGHTS_CHECKPOINTSOURCE_H
#define GRAPHC_FRONTEND_WEIGHTS_CHECKPOINTSOURCE_H

#include "frontend/weights/SourceDigest.h"
#include "ir/WeightSource.h"

namespace graphc {

/// What a file says of a tensor, whether it can be read or not.
struct StoredInfo {
  const std::vector<int64_t> *shape = nullptr; ///< Null: there is no such tensor.
  std::string_view type = {};                  ///< As the format calls it.
  bool isReadable = false;
};

class CheckpointSource : public WeightSource {
public:
  /// The path that was opened.
  virtual const std::string &path() const = 0;
  virtual StoredInfo stored(std::string_view name) const = 0;
  /// What the file calls a tensor, for messages.
  virtual std::string nameInFile(std::string_view name) const { return std::string(name); }
  /// Whether two tensors have the same type, shape and bytes.
  virtual bool sameBytes(std::string_view a, std::string_view b) const = 0;
  /// One entry for each file.
  virtual const std::vector<SourceDigest> &digests() const = 0;
  /// The types that can be read, for messages.
  virtual std::string_view readableTypes() const = 0;
};

} // namespace graphc

#endif // GRAPHC_FRONTEND_WEIGHTS_CHECKPOINTSOURCE_H
