"""Tables handed to other libraries: pandas, polars, Arrow and Parquet, with the units of their columns.

The libraries are optional: `pip install 'chipsim[data]'`. Units stand where each library keeps them: in `attrs` of
pandas, in the metadata of the fields of Arrow and Parquet. Columns of polars have no metadata: use `units`.
"""

from __future__ import annotations

import importlib
import io
import math
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chipsim.errors import RunError
from chipsim.files import write_atomically

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

# A sign is fine alone, as for "none", and before a number with or without a unit.
_FORMULA = re.compile(r"[=@\t\r]|[+-](?!$|[0-9.]+([eE][+-]?[0-9]+)?( ?[\w%/^*. ]*)$)")


class Table(ABC):
    """A table that other libraries can take."""

    @property
    @abstractmethod
    def columns(self) -> Mapping[str, list[Any]]:
        """Name -> values, None where a value is not known."""

    @property
    @abstractmethod
    def units(self) -> Mapping[str, str]:
        """Name -> unit, of the columns that have one."""

    def to_pandas(self) -> pandas.DataFrame:
        """The rows as a pandas frame, (rows, columns); units are in `frame.attrs["units"]`, by column.

        Raises:
            RunError: pandas is not installed.
        """
        frame: pandas.DataFrame = optional("pandas").DataFrame(self._filled())
        frame.attrs["units"] = dict(self.units)
        return frame

    def to_polars(self) -> polars.DataFrame:
        """The rows as a polars frame, (rows, columns).

        Raises:
            RunError: polars is not installed.
        """
        frame: polars.DataFrame = optional("polars").DataFrame(self._filled())
        return frame

    def to_arrow(self) -> pyarrow.Table:
        """The rows as an Arrow table, (rows, columns); the metadata of a field hold its `unit`.

        Raises:
            RunError: pyarrow is not installed.
        """
        arrow = optional("pyarrow")
        table: pyarrow.Table = arrow.table(self._filled())
        fields = [
            field.with_metadata({"unit": self.units[field.name]}) if field.name in self.units else field
            for field in table.schema
        ]
        return table.cast(arrow.schema(fields))

    def to_parquet(self, path: str | PathLike[str]) -> None:
        """Write the rows as a Parquet file, complete or not at all; the metadata of a field hold its `unit`.

        Raises:
            RunError: pyarrow is not installed, or the file cannot be written.
        """
        buffer = io.BytesIO()
        optional("pyarrow.parquet").write_table(self.to_arrow(), buffer)
        write_atomically(Path(path), buffer.getvalue())

    def _filled(self) -> dict[str, list[Any]]:
        """The columns; one that holds nothing but None is one of numbers."""
        return {
            name: [math.nan] * len(values) if all(value is None for value in values) else list(values)
            for name, values in self.columns.items()
        }


def csv_cell(value: Any) -> Any:
    """A value in a CSV file: texts that spreadsheets would take for formulas get an apostrophe in front.

    Quantities such as "-1 V" stay as they are.
    """
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value


def optional(module: str, extra: str = "data") -> Any:
    """A library that chipsim runs without, of an extra of the package.

    Raises:
        RunError: it is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError:
        package = module.partition(".")[0]
        complaint = f"{package} is not installed; pip install 'chipsim[{extra}]'"
        raise RunError(complaint, code="run.no-package") from None
