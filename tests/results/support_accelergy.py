"""Sums an ERT and its action counts the way Accelergy does; imports nothing of chipsim."""

import sys
from pathlib import Path

import yaml


def actions(node, prefix=""):
    """(component, action, arguments, count) of a tree of action counts."""
    path = prefix + node["name"]
    for local in node["local"]:
        for one in local["action_counts"]:
            yield f"{path}.{local['name']}", one["name"], one["arguments"], one["counts"]
    for child in node["subtree"]:
        yield from actions(child, path + ".")


ert, counts = (yaml.safe_load(Path(name).read_text()) for name in sys.argv[1:3])
prices = {(t["name"], a["name"], str(a["arguments"])): a["energy"] for t in ert["ERT"]["tables"] for a in t["actions"]}
roots = counts["action_counts"]["subtree"]
print(repr(sum(count * prices[name, act, str(args)] for root in roots for name, act, args, count in actions(root))))
