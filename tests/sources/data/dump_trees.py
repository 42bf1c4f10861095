"""Raw syntax trees of this Python as plain JSON, with every field that it has; dump_trees.mjs asks a newer one."""

import ast
import json
import sys


def plain(value):
    """A node as {"class": ..., fields}, a constant as [type, text]."""
    if isinstance(value, ast.AST):
        return {"class": type(value).__name__, **{field: plain(getattr(value, field, None)) for field in value._fields}}
    if isinstance(value, list):
        return {"list": [plain(item) for item in value]}
    return None if value is None else [type(value).__name__, ascii(value)]


def trees(text):
    """The trees of snippets that are separated by lines of hyphens."""
    return [plain(ast.parse(snippet)) for snippet in text.split("-----\n")]


def dump(**texts):
    """JSON of the trees of some files, with the version that made them."""
    return json.dumps({"python": sys.version.split()[0], **{name: trees(text) for name, text in texts.items()}})


if sys.argv[1:]:
    # python3.12 dump_trees.py snippets.txt > trees-3.12.json
    with open(sys.argv[1], encoding="utf-8") as file:
        print(dump(snippets=file.read()))
