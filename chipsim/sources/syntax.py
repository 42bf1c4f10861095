"""A hash of the meaning of a source file: its syntax tree without docstrings, comments, positions and blank lines.

Dumps of the `ast` module differ between versions of Python, so the tree is written in a canonical form: a fixed list of
node classes, each with a fixed list of fields. Fields unknown to a version are empty. Equivalent trees are normalised:
adjacent strings in an f-string are joined, empty ones and empty formats are removed.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Callable
from typing import Any

FIELDS = {
    name: tuple(fields.split())
    for name, _, fields in (
        line.strip().partition(" ")
        for line in """
        Module body
        FunctionDef name args body decorator_list returns type_params
        AsyncFunctionDef name args body decorator_list returns type_params
        ClassDef name bases keywords body decorator_list type_params
        Return value
        Delete targets
        Assign targets value
        TypeAlias name type_params value
        AugAssign target op value
        AnnAssign target annotation value simple
        For target iter body orelse
        AsyncFor target iter body orelse
        While test body orelse
        If test body orelse
        With items body
        AsyncWith items body
        Match subject cases
        Raise exc cause
        Try body handlers orelse finalbody
        TryStar body handlers orelse finalbody
        Assert test msg
        Import names
        ImportFrom module names level
        Global names
        Nonlocal names
        Expr value
        Pass
        Break
        Continue
        BoolOp op values
        NamedExpr target value
        BinOp left op right
        UnaryOp op operand
        Lambda args body
        IfExp test body orelse
        Dict keys values
        Set elts
        ListComp elt generators
        SetComp elt generators
        DictComp key value generators
        GeneratorExp elt generators
        Await value
        Yield value
        YieldFrom value
        Compare left ops comparators
        Call func args keywords
        FormattedValue value conversion format_spec
        Interpolation value str conversion format_spec
        JoinedStr values
        TemplateStr values
        Constant value
        Attribute value attr
        Subscript value slice
        Starred value
        Name id
        List elts
        Tuple elts
        Slice lower upper step
        comprehension target iter ifs is_async
        ExceptHandler type name body
        arguments posonlyargs args vararg kwonlyargs kw_defaults kwarg defaults
        arg arg annotation
        keyword arg value
        alias name asname
        withitem context_expr optional_vars
        match_case pattern guard body
        MatchValue value
        MatchSingleton value
        MatchSequence patterns
        MatchMapping keys patterns rest
        MatchClass cls patterns kwd_attrs kwd_patterns
        MatchStar name
        MatchAs pattern name
        MatchOr patterns
        TypeVar name bound default_value
        ParamSpec name default_value
        TypeVarTuple name default_value
        And
        Or
        Add
        Sub
        Mult
        MatMult
        Div
        Mod
        Pow
        LShift
        RShift
        BitOr
        BitXor
        BitAnd
        FloorDiv
        Invert
        Not
        UAdd
        USub
        Eq
        NotEq
        Lt
        LtE
        Gt
        GtE
        Is
        IsNot
        In
        NotIn
        """.strip().splitlines()
    )
}


class UnknownSyntax(ValueError):
    """A node that is not in the list: a newer Python's."""


def syntax_hash(tree: Any) -> str:
    """Hash of a tree, 16 hex digits.

    Args:
        tree: from `ast.parse`, of any version of Python.

    Raises:
        UnknownSyntax: a node is of a class that this module does not know.
    """
    parts: list[str] = []
    _write(tree, parts.append)
    return hashlib.sha256("".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _write(value: Any, out: Callable[[str], None]) -> None:
    """A value of a tree as unique text."""
    if isinstance(value, list):
        out("[")
        for item in value:
            _write(item, out)
        out("]")
    elif not isinstance(value, ast.AST):
        # `ascii`, since the characters escaped by `repr` depend on the version's Unicode tables.
        out(f"{type(value).__name__} {value!a};")
    else:
        name = type(value).__name__
        if name not in FIELDS:
            raise UnknownSyntax(f"syntax {name} of a newer Python")
        out(f"({name} ")
        for field in FIELDS[name]:
            _write(_settled(name, field, value), out)
        out(")")


def _settled(name: str, field: str, node: Any) -> Any:
    """A normalised field of a node: None equals an empty list, strings without effect are removed."""
    value: Any = getattr(node, field, None)
    if field == "body" and isinstance(value, list):
        return [statement for statement in value if not _is_text(statement)]
    if field == "values" and name == "JoinedStr":
        return _joined(value)
    if field == "format_spec" and value is not None and not _joined(value.values):
        return None
    return None if value == [] else value


def _is_text(statement: Any) -> bool:
    """Whether a statement is only a string: a docstring or a string used as a comment."""
    return isinstance(statement, ast.Expr) and _constant_text(statement.value) is not None


def _constant_text(node: Any) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _joined(values: list[Any]) -> list[Any]:
    """Pieces of an f-string, with adjacent strings joined."""
    out: list[Any] = []
    for piece in values:
        text, before = _constant_text(piece), _constant_text(out[-1]) if out else None
        if text is not None and before is not None:
            out[-1] = ast.Constant(before + text)
        elif text != "":
            out.append(piece)
    return out
