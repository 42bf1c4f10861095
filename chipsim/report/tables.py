"""CSV and JSON files of a run."""

from __future__ import annotations

import csv
import io
import json
from typing import Any


def ledger_csv(summary: dict[str, Any]) -> str:
    """The ledger, one line a row, raw SI values; an unpriced energy is an empty field."""
    out = io.StringIO()
    rows = summary["ledger"]
    writer = csv.DictWriter(out, fieldnames=list(rows[0]) if rows else ["component"], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def summary_json(summary: dict[str, Any] | list[dict[str, Any]]) -> str:
    """The whole summary, or several."""
    return json.dumps(summary, indent=1, allow_nan=False) + "\n"
