"""CSV and JSON files of a run."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from chipsim.results.columns import csv_cell
from chipsim.results.summary import Summary


def ledger_csv(summary: Summary) -> str:
    """The ledger, one line a row, raw SI values; an unpriced energy is an empty field."""
    out = io.StringIO()
    rows = [asdict(row) for row in summary.priced.ledger]
    writer = csv.DictWriter(out, fieldnames=list(rows[0]) if rows else ["component"], lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: csv_cell(value) for name, value in row.items()} for row in rows)
    return out.getvalue()


def summary_json(summary: Summary) -> str:
    """The whole summary."""
    return plain_json(summary.to_json())


def plain_json(value: Any) -> str:
    """Plain values as a JSON file."""
    return json.dumps(value, indent=1, allow_nan=False) + "\n"


def csv_text(heads: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    """Rows of any values as CSV, below a line of heads."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(heads)
    writer.writerows(rows)
    return text.getvalue()
