"""Lines of Python: what is one, and what it leaves behind on a board; a line that leaves nothing need not be undone."""

import ast
from typing import Final

__all__ = ["is_python", "leaves_no_trace"]

PLAIN: Final = (
    ast.Expression, ast.Constant, ast.Name, ast.Attribute, ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare,
    ast.operator, ast.unaryop, ast.boolop, ast.cmpop, ast.expr_context, ast.List, ast.Tuple, ast.Subscript, ast.Slice,
    ast.keyword,
)  # fmt: skip
"""Parts of an expression that change nothing."""

PLAIN_FUNCTIONS: Final = frozenset({"print", "len", "type", "dir", "help", "str", "int", "range", "sum", "abs", "repr"})


def is_python(line: str) -> bool:
    """Whether a line is a whole statement, or the beginning of a block."""
    for rest in ("", " pass"):
        try:
            ast.parse(line.strip() + rest)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        return True
    return False


def leaves_no_trace(line: str, reply: str) -> bool:
    """Whether Python knows the same after a line as before: it was a plain expression, or no Python at all.

    `reply` is what the board said to it.
    """
    answer = reply.strip().removesuffix(">>>").strip()
    last = answer.rpartition("\n")[2]
    if last.startswith("SyntaxError"):
        return True
    try:
        tree = ast.parse(line.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    if last.startswith("NameError"):
        return not any(isinstance(node, ast.NamedExpr) for node in ast.walk(tree))
    return all(isinstance(node, PLAIN) or _is_plain_call(node) for node in ast.walk(tree))


def _is_plain_call(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in PLAIN_FUNCTIONS
