"""CSV and JSON files of a run."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
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


def csv_text(heads: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    """Rows of any values as CSV, below a line of heads."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(heads)
    writer.writerows(rows)
    return text.getvalue()
