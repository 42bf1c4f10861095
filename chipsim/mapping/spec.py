"""Keys of a mapping: how spins of a problem become cells of a chip."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import model_validator

from chipsim.errors import RuleError
from chipsim.spec.fields import FileName, Number, Whole
from chipsim.spec.model import SpecModel


class ChainSpec(SpecModel):
    """Coupling along the chains of an embedding, in units of the largest weight of the problem.

    `auto` is the uniform torque compensation of dimod-based embedders: sqrt(2) times the rms coupling times the square
    root of the mean degree, at least 1.
    """

    strength: Literal["auto"] | Annotated[float, Number(gt=0, le=1e6)] = "auto"


class MappingSpec(SpecModel):
    """From spins to cells.

    `native`: spin k is cell k, of as many cells. `place`: each spin has a cell, others are idle; where every pair of
    cells is coupled, those with the least wire. `embed`: each spin has a chain of coupled cells, found by minorminer.
    `crossbar`: chains are rows and columns of a grid. `given`: chains from a JSON file, label -> list of cells.
    Chains are read cell by cell and decided by majority (a tie by the first cell), or by their first cell alone. Idle
    cells are gated, or run on without couplings. `compare: native` also runs the same problem on a native chip, which
    is not billed, and reports the slowdown, and joules of both.
    """

    method: Literal["native", "place", "embed", "crossbar", "given"] = "native"
    seed: Annotated[int, Whole(ge=0, le=2**31 - 1)] = 0
    file: Annotated[str, FileName()] | None = None
    chain: ChainSpec = ChainSpec()
    read: Literal["majority", "single"] = "majority"
    idle: Literal["gated", "running"] = "gated"
    compare: Literal["native"] | None = None

    @model_validator(mode="after")
    def _used(self) -> MappingSpec:
        if (self.method == "given") != (self.file is not None):
            raise RuleError("file and method: given belong together; set both or neither", code="spec.one-of")
        used = {
            "native": set(),
            "place": {"seed", "idle", "compare"},
            "embed": {"seed", "chain", "read", "idle", "compare"},
            "crossbar": {"chain", "read", "idle", "compare"},
            "given": {"file", "chain", "read", "idle", "compare"},
        }[self.method]
        for key in sorted(self.model_fields_set - {"method"} - used):
            raise RuleError(f"{key} has no effect with method: {self.method}; remove it", code="spec.no-effect")
        return self
