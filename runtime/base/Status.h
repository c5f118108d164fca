// Status and Expected: how every function of graphc outside MLIR reports failure.
//
// No exceptions cross an interface of this project. A function that can fail returns a `Status`, or
// an `Expected<T>` when it also yields a value; both are [[nodiscard]]. The code says what kind of
// failure it is and decides the exit code of the command line; the message says what was wrong,
// where, and what to do:
//
//   model.safetensors: tensor 'lm_head.weight': data_offsets end at 4096, the file's data at 2048
//
// Messages start in lower case and have no final full stop.
#ifndef GRAPHC_RUNTIME_BASE_STATUS_H
#define GRAPHC_RUNTIME_BASE_STATUS_H

#include <optional>
#include <string>
#include <utility>

namespace graphc {

/// The kind of a failure. The value is the exit code of the command line.
enum class StatusCode : int {
  Ok = 0,
  Internal = 1,     ///< graphc is wrong: never the user's fault.
  Usage = 2,        ///< The command or an argument of a call is wrong.
  BadInput = 3,     ///< A file is damaged or says something impossible.
  Unsupported = 4,  ///< The input is valid, but graphc cannot handle it (operator, family, type).
  PlanMismatch = 5, ///< A plan does not fit here (version, CPU features, changed model).
  Resources = 6,    ///< Not enough memory or disk, or the system refused.
  Numeric = 7,      ///< A verification or a number went wrong (NaN logits).
  Interrupted = 130 ///< Stopped by a signal.
};

class [[nodiscard]] Status {
public:
  Status() = default;
  Status(StatusCode code, std::string message) : failureCode(code), text(std::move(message)) {}

  bool ok() const { return failureCode == StatusCode::Ok; }
  StatusCode code() const { return failureCode; }
  const std::string &message() const { return text; }

  /// The same failure with "context: " before its message.
  Status withContext(const std::string &context) const {
    return ok() ? *this : Status(failureCode, context + ": " + text);
  }

private:
  StatusCode failureCode = StatusCode::Ok;
  std::string text;
};

inline Status internalError(std::string message) {
  return {StatusCode::Internal, std::move(message)};
}
inline Status usageError(std::string message) { return {StatusCode::Usage, std::move(message)}; }
inline Status badInput(std::string message) { return {StatusCode::BadInput, std::move(message)}; }
inline Status unsupported(std::string message) {
  return {StatusCode::Unsupported, std::move(message)};
}
inline Status planMismatch(std::string message) {
  return {StatusCode::PlanMismatch, std::move(message)};
}
inline Status resourceError(std::string message) {
  return {StatusCode::Resources, std::move(message)};
}
inline Status numericError(std::string message) {
  return {StatusCode::Numeric, std::move(message)};
}

/// A value or the Status that says why there is none.
template <typename T>
class [[nodiscard]] Expected {
public:
  Expected(T value) : storage(std::move(value)) {}
  Expected(Status failure) : failure(std::move(failure)) {}

  bool ok() const { return storage.has_value(); }
  explicit operator bool() const { return ok(); }
  const Status &status() const { return failure; }

  T &operator*() & { return *storage; }
  const T &operator*() const & { return *storage; }
  T &&operator*() && { return std::move(*storage); }
  T *operator->() { return &*storage; }
  const T *operator->() const { return &*storage; }

private:
  std::optional<T> storage;
  Status failure;
};

} // namespace graphc

#define GRAPHC_CONCAT_IMPL(a, b) a##b
#define GRAPHC_CONCAT(a, b) GRAPHC_CONCAT_IMPL(a, b)

/// Returns the failure of a Status expression from the enclosing function.
#define GRAPHC_RETURN_IF_ERROR(expression)                                                         \
  do {                                                                                             \
    if (::graphc::Status graphcStatus = (expression); !graphcStatus.ok())                          \
      return graphcStatus;                                                                         \
  } while (false)

/// Declares `declaration` with the value of an Expected expression, or returns its failure.
#define GRAPHC_ASSIGN_OR_RETURN(declaration, expression)                                           \
  auto GRAPHC_CONCAT(graphcExpected, __LINE__) = (expression);                                     \
  if (!GRAPHC_CONCAT(graphcExpected, __LINE__).ok())                                               \
    return GRAPHC_CONCAT(graphcExpected, __LINE__).status();                                       \
  declaration = *std::move(GRAPHC_CONCAT(graphcExpected, __LINE__))

#endif // GRAPHC_RUNTIME_BASE_STATUS_H
