// A parsed template.
#ifndef GRAPHC_RUNTIME_TEXT_JINJA_AST_H
#define GRAPHC_RUNTIME_TEXT_JINJA_AST_H

#include "runtime/text/jinja/Value.h"

#include <memory>
#include <string>
#include <vector>

namespace graphc::jinja {

enum class ExpressionKind {
  Literal,     ///< `literal`
  Name,        ///< `name`
  List,        ///< operands: the items
  Tuple,       ///< operands: the items
  Mapping,     ///< operands: key, value, key, value, ...
  Attribute,   ///< operands: the object; `name`
  Subscript,   ///< operands: the object, the key
  Slice,       ///< operands: the object, start, stop, step; null for those that are left out
  Call,        ///< operands: the function, arguments; the last are named by `keywords`
  Filter,      ///< operands: the input, arguments; `name`, `keywords`
  Test,        ///< operands: the input, arguments; `name`, `keywords`
  Not,         ///< operands: one
  Minus,       ///< operands: one
  Plus,        ///< operands: one
  And,         ///< operands: left, right
  Or,          ///< operands: left, right
  Conditional, ///< operands: condition, value, other value or null
  Compare,     ///< operands: n + 1 values; `operators`: n comparisons, all of which must hold
  Binary,      ///< operands: left, right; `operators`: one
  Concatenate, ///< operands: values to be written one after the other
};

enum class Operator {
  Add,
  Subtract,
  Multiply,
  Divide,
  FloorDivide,
  Modulo,
  Power,
  Equal,
  NotEqual,
  Less,
  LessEqual,
  Greater,
  GreaterEqual,
  In,
  NotIn,
};

struct Expression;
using ExpressionPointer = std::unique_ptr<Expression>;

struct Expression {
  ExpressionKind kind;
  int line;
  int height = 1; ///< Expressions inside each other; bounded by the parser.
  std::string name;
  Value literal;
  std::vector<ExpressionPointer> operands;
  std::vector<std::string> keywords;
  std::vector<Operator> operators;
};

enum class StatementKind {
  Text,     ///< `name`: the text as it is
  Output,   ///< expressions: one
  If,       ///< expressions: n conditions; blocks: n, and one more for else
  For,      ///< `target`; expressions: the items, a condition or null; blocks: body, else
  Set,      ///< `target`; expressions: one
  SetBlock, ///< `target`; blocks: one
  Macro,    ///< `name`, `parameters`; expressions: defaults of the last ones; blocks: one
  Group,    ///< blocks: one, in a scope of its own (generation)
  Break,
  Continue,
};

struct Statement;
using Block = std::vector<Statement>;

/// What is assigned to: a name, a list of names, or a member of a namespace.
struct Target {
  std::vector<std::string> names;
  bool unpack = false;
  std::string attribute;
};

struct Statement {
  StatementKind kind;
  int line;
  std::string name = {};
  Target target = {};
  std::vector<std::string> parameters = {};
  std::vector<ExpressionPointer> expressions = {};
  std::vector<Block> blocks = {};
};

} // namespace graphc::jinja

#endif // GRAPHC_RUNTIME_TEXT_JINJA_AST_H
