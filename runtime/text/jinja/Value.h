// The values of templates. Strings, lists and mappings never change once made, so copies share them
// and nothing can contain itself; namespaces alone change, and hold no other namespace.
#ifndef GRAPHC_RUNTIME_TEXT_JINJA_VALUE_H
#define GRAPHC_RUNTIME_TEXT_JINJA_VALUE_H

#include "runtime/text/jinja/Limits.h"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

namespace graphc::jinja {

class Value;
struct Function;
struct Statement;

using Entry = std::pair<std::string, Value>;

/// In the order of Value's storage.
enum class Kind {
  Undefined,
  None,
  Boolean,
  Integer,
  Float,
  String,
  Sequence,
  Mapping,
  Namespace,
  Loop,
  Callable
};

struct Sequence;
struct Mapping;
struct Namespace;
struct Loop;
struct Callable;

class Value {
public:
  /// Undefined: what a variable or a member that is not there gives.
  Value() = default;

  static Value undefined(std::string_view name);
  static Value none() { return Value(nullptr); }
  static Value boolean(bool value) { return Value(value); }
  static Value integer(int64_t value) { return Value(value); }
  static Value number(double value) { return Value(value); }
  static Value string(std::string text);
  static Value sequence(std::vector<Value> items, bool tuple = false);
  static Value mapping(std::vector<Entry> entries);
  static Value nameSpace();
  static Value loop(std::shared_ptr<Loop> loop) { return Value(std::move(loop)); }
  /// A function, or a method of `self`.
  static Value callable(const Function &function, Value self);
  static Value macro(const Statement &macro);

  Kind kind() const { return static_cast<Kind>(storage.index()); }
  bool is(Kind wanted) const { return kind() == wanted; }
  /// An integer, or a boolean, which counts as 0 or 1 in arithmetic.
  bool isIntegral() const { return is(Kind::Integer) || is(Kind::Boolean); }
  bool isNumber() const { return isIntegral() || is(Kind::Float); }

  // The contents; the kind must be right.
  bool asBoolean() const { return std::get<bool>(storage); }
  int64_t asInteger() const { return is(Kind::Boolean) ? asBoolean() : std::get<int64_t>(storage); }
  double asNumber() const {
    return is(Kind::Float) ? std::get<double>(storage) : static_cast<double>(asInteger());
  }
  const std::string &text() const { return *std::get<StringPointer>(storage); }
  const Sequence &asSequence() const { return *std::get<std::shared_ptr<const Sequence>>(storage); }
  const std::vector<Value> &items() const;
  const Mapping &asMapping() const { return *std::get<std::shared_ptr<const Mapping>>(storage); }
  Namespace &asNamespace() const { return *std::get<std::shared_ptr<Namespace>>(storage); }
  Loop &asLoop() const { return *std::get<std::shared_ptr<Loop>>(storage); }
  const Callable &asCallable() const { return *std::get<std::shared_ptr<const Callable>>(storage); }

  /// What `if` takes it for.
  bool truthy() const;
  /// Lists and mappings inside each other; 0 for all else.
  int depth() const;
  /// "a string", "'x', which is undefined", ...: for messages.
  std::string describe() const;

private:
  using StringPointer = std::shared_ptr<const std::string>;
  struct NoValue {
    StringPointer name;
  };
  using Storage = std::variant<NoValue, std::nullptr_t, bool, int64_t, double, StringPointer,
                               std::shared_ptr<const Sequence>, std::shared_ptr<const Mapping>,
                               std::shared_ptr<Namespace>, std::shared_ptr<Loop>,
                               std::shared_ptr<const Callable>>;

  template <typename T>
  explicit Value(T value) : storage(std::move(value)) {}

  Storage storage;
};

struct Sequence {
  std::vector<Value> items;
  bool isTuple = false;
  int depth = 1;
};

struct Mapping {
  /// Of entries with one key the last wins, at the place of the first.
  explicit Mapping(std::vector<Entry> all);
  Mapping(const Mapping &) = delete;

  /// The value of a key, or null.
  const Value *find(std::string_view key) const;

  std::vector<Entry> entries;
  int depth = 1;

private:
  std::unordered_map<std::string_view, size_t> places; ///< Of keys that `entries` holds.
};

struct Namespace {
  std::map<std::string, Value, std::less<>> members;
};

/// The state of a `for`.
struct Loop {
  std::vector<Value> items;
  size_t index = 0;
  std::shared_ptr<std::vector<Value>> lastSeen; ///< By loop.changed().
};

struct Callable {
  const Function *function;
  Value self;
  const Statement *macro;
};

// New values against a budget. BadInput when it is used up, when lists and mappings are nested too
// deeply, or when a namespace, a loop or a method would become part of another value.
Expected<Value> newString(Budget &budget, std::string text);
Expected<Value> newSequence(Budget &budget, std::vector<Value> items, bool tuple = false);
Expected<Value> newMapping(Budget &budget, std::vector<Entry> entries);
/// May the value be a member of another one?
Status checkMember(const Value &value);

} // namespace graphc::jinja

#endif // GRAPHC_RUNTIME_TEXT_JINJA_VALUE_H
