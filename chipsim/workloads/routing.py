"""Where `--set` paths belong, by the keys of the chip and of the workload, whether or not the files write them."""

from __future__ import annotations

import difflib
from typing import Any

from chipsim.errors import Place, SpecError, did_you_mean
from chipsim.spec.chip import ChipModel
from chipsim.spec.document import COMPOSITION, Document
from chipsim.spec.overrides import path_of, split_overrides
from chipsim.workloads.registry import workload_keys

# Groups of paths that are keys of neither file.
ELSEWHERE = ("prices", "platforms")


class Routes:
    """Where the paths of a chip and a workload lead.

    Args:
        chip: its document.
        workload: its document.
    """

    def __init__(self, chip: Document, workload: Document) -> None:
        self._workload = workload_keys(workload)
        # What is no block is reported by reading it.
        self._chip = chip_words(chip.value) if isinstance(chip.value, dict) else None

    def split(self, overrides: dict[str, Any]) -> dict[str, dict[str, Any]]:
        """Overrides by what they belong to: "chip", "workload", "prices" or "platforms".

        Raises:
            SpecError: the first word of a path is a key of neither chip nor workload; the closest ones are named, or
                the keys of both are listed.
        """
        parts = split_overrides(overrides, self._workload)
        for path in parts["chip"]:
            head = next(iter(path_of(path)), None)
            if self._chip is not None and head is not None and head not in self._chip:
                complaint = _unknown(str(head), self._chip, self._workload)
                code = "spec.unknown-key" if path == head else "spec.unknown-path"
                raise SpecError(Place("--set"), path, complaint, code=code)
        return parts


def chip_words(chip: dict[str, Any]) -> set[str]:
    """First words of paths into a chip: its keys, and the names of its components."""
    components = chip.get("components")
    names = {str(name).split("[")[0] for name in components} if isinstance(components, dict) else set()
    return {*ChipModel.model_fields, *COMPOSITION, *chip} | names


def _unknown(head: str, chip: set[str], workload: set[str]) -> str:
    known = {*chip, *workload, *ELSEWHERE}
    close = difflib.get_close_matches(head, sorted(known), n=2, cutoff=0.6)
    if not close:
        of_chip, of_workload = (", ".join(sorted(words)) for words in (chip, workload))
        return f'neither workload nor chip has "{head}"; keys of the workload: {of_workload}; of the chip: {of_chip}'
    owner = "workload" if close[0] in workload else "chip"
    return f'the {owner} has no "{head}"; {did_you_mean(head, known)}'
