"""What a change that is no price would do to a stored run: the answer to a `--set` that repricing must refuse.

Asks the kinds themselves, old and new, for everything that an engine takes from them, without simulating.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from chipsim.components.base import RouteKind, Transfer
from chipsim.components.converters.base import ReadoutKind
from chipsim.components.couplers.base import CouplerKind
from chipsim.components.digital.base import ClockKind, DigitalKind
from chipsim.components.registry import find_kind
from chipsim.results.result import Run
from chipsim.spec.chip import ChipSpec, read_chip
from chipsim.spec.document import COMPOSITION, Document, parse_document
from chipsim.spec.model import validate
from chipsim.spec.overrides import apply_overrides, split_overrides

TRANSFERS = tuple(Transfer(purpose, 1000, 7, 100) for purpose in ("program", "clamp", "bias", "read"))


def effect_of(run: Run, path: str, value: Any) -> str:
    """A sentence on whether the change would have changed timing, counts, or a modelled energy only.

    Raises:
        SpecError, SpecErrors: the change breaks a rule of the chip or leads nowhere.
    """
    work = Document("workload", run.summary.core.specs.workload_resolved)
    parts = split_overrides({**run.summary.core.request.set, path: value}, work)
    if path in parts["workload"]:
        return "it changes the workload, and with it time and counts"
    document = _chip_in_one_file(run)
    if document is None:
        return "it changes the chip, and may change time and counts"
    before = read_chip(apply_overrides(document, {k: v for k, v in parts["chip"].items() if k != path}, "chip"))
    after = read_chip(apply_overrides(document, parts["chip"], "chip"))
    name = next((c.name for c in after.components if path.startswith(f"{c.name}.") and c.kind != "container"), None)
    if name is None:
        return "it changes the chip as a whole, and may change time and counts"
    old, new = (_kind(chip, name) for chip in (before, after))
    if old == new:
        return "it changes nothing"
    changed = [what for what in ("time", "counts") if _of(what, old, before) != _of(what, new, after)]
    if changed:
        return f"it changes {' and '.join(changed)}"
    return "it changes modelled energies only, neither time nor counts"


def _chip_in_one_file(run: Run) -> Document | None:
    """The chip's file, where it extends and includes no others."""
    for source, text in run.sources.items():
        document = parse_document(text, source)
        if "fabric" in document.value and not set(COMPOSITION) & set(document.value):
            return document if document.value.get("name") == run.summary.core.request.chip else None
    return None


def _kind(chip: ChipSpec, name: str) -> Any:
    spec = chip.component(name)
    return validate(find_kind(spec.kind), chip.document, spec.path, spec.shown)


def _of(what: str, kind: Any, chip: ChipSpec) -> Any:
    return _time(kind) if what == "time" else _counts(kind, chip)


def _time(kind: Any) -> Any:
    """Every femtosecond that an engine asks this kind for, and how long it is powered."""
    if isinstance(kind, ClockKind):
        return kind.phase_fs()
    if not isinstance(kind, RouteKind):
        return None
    computed = kind.compute(1000)[0] if isinstance(kind, DigitalKind) else 0
    standing = kind.decides_at_once if isinstance(kind, ReadoutKind) else getattr(kind, "buffers", None)
    return [(kind.service_fs(t, 1000), kind.latency_fs(t)) for t in TRANSFERS], computed, standing


def _counts(kind: Any, chip: ChipSpec) -> Any:
    """What decides how often something happens; of cells, noise and inputs every parameter may."""
    if isinstance(kind, ClockKind):
        return kind.ticks(10, 30), kind.gated
    if isinstance(kind, CouplerKind):
        held = kind.quantise(np.linspace(-2, 2, 99), np.linspace(-2, 2, 99))
        return (
            held.codes.tolist(),
            held.step,
            held.biases.tolist(),
            kind.program_bits(9, 4),
            kind.pitch_um(),
            kind.gated,
        )
    if isinstance(kind, ReadoutKind):
        wrong = kind.error_probability(chip.model.technology)
        return [kind.counts(t) for t in TRANSFERS], kind.bits_per_cell, wrong, kind.gated
    if isinstance(kind, RouteKind) and kind.serves in (None, "program"):
        computed = kind.compute(1000)[1] if isinstance(kind, DigitalKind) else {}
        return [kind.counts(t) for t in TRANSFERS], computed, kind.gated
    return kind
