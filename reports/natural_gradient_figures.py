"""What `natural_gradient.py` is drawn from: trainings, an iteration taken apart, errors of one solve."""

from __future__ import annotations

from dataclasses import dataclass

from chipsim.rounding import rounded

# (method, length of the schedule, iterations to the target by seed, None where it is not reached) of each setting.
Race = list[tuple[str, int, list[int | None]]]


@dataclass(frozen=True)
class Row:
    """A training in a table: what was changed, and what came of it.

    Attributes:
        section: of the table.
        setting: what was changed.
        seed: of first weights and batches.
        accuracy: on the test images at the end.
        tested: test images behind it.
        loss: mean of the last batches.
        kappa0: of the median solve, or None.
        rescalings: how often readings left the full scale and a solve was done again.
        iterations: of the training.
        energy_j: of all.
        elapsed_s: of all.
        parameters: weights of the network.
        batch: images of one.
        run_id: the same where two rows are the same training.
        stuck: whether the accuracy never changed after it was first judged: nothing was learnt.
        judged: iterations after which the accuracy was judged, of sections that are drawn as curves.
        accuracies: at these.
    """

    section: str
    setting: str
    seed: int
    accuracy: float
    tested: int
    loss: float
    kappa0: float | None
    rescalings: int
    iterations: int
    energy_j: float
    elapsed_s: float
    parameters: int
    batch: int
    run_id: str
    stuck: bool
    judged: list[int]
    accuracies: list[float]

    @property
    def told(self) -> str:
        """In a sentence."""
        return f"nothing learnt ({self.setting})" if self.stuck else f"{rounded(self.accuracy, '.1%')} ({self.setting})"


@dataclass(frozen=True)
class Refusal:
    """A training that the chip cannot do, with its reason."""

    section: str
    setting: str
    why: str

    @property
    def told(self) -> str:
        """In a sentence."""
        return f"refused ({self.setting})"


Rows = list[Row | Refusal]


@dataclass(frozen=True)
class Step:
    """An iteration of a method at so many weights: seconds and joules by what was done."""

    method: str
    weights: int
    seconds: dict[str, float]
    joules: dict[str, float]
    elapsed_s: float
    energy_j: float


@dataclass(frozen=True)
class Rounding:
    """What rounding each element to codes of so many bits makes of the curvatures of several batches.

    Attributes:
        bits: of the couplers.
        kept: largest number of elements beside the diagonal in a row of a block of H that are not rounded to 0.
        blocks: of H, one an image.
        indefinite: of these, those with an eigenvalue that is negative beyond the accuracy of floating point.
        slowest: least real part of an eigenvalue of the stored G + damping over all batches; below 0 the network is
            unstable.
    """

    bits: int
    kept: int
    blocks: int
    indefinite: int
    slowest: float


@dataclass(frozen=True)
class Solves:
    """Relative errors of one solve with a real curvature, from the start that the trainings use.

    Attributes:
        products: (products, tau, error of conjugate gradients after so many products, error of a network that relaxed
            for so many tau). A tau is the time constant of an eigenvalue of 1. The network makes no products; a step of
            one over the largest eigenvalue is the largest by which a digital relaxation overshoots in no mode.
        relaxed: error of the network by tau, at the times of the trainings.
    """

    products: list[tuple[int, float, float, float]]
    relaxed: dict[int, float]


@dataclass(frozen=True)
class Figures:
    """All that the report is drawn from.

    Attributes:
        rows: of trainings.
        race: to a target.
        steps: iterations taken apart.
        solves: errors of one solve.
        roundings: of curvatures by bits of the couplers.
        apart: how far weights after the shortest and the longest relaxation end from those of the exact natural
            gradient, in units of how far these went.
    """

    rows: Rows
    race: Race
    steps: list[Step]
    solves: Solves
    roundings: list[Rounding]
    apart: tuple[float, float]


def section(rows: Rows, name: str) -> dict[str, Row]:
    """Trainings of a section by setting; of several seeds the first."""
    return {setting: found[0] for setting, found in seeds_of(rows, name).items()}


def seeds_of(rows: Rows, name: str) -> dict[str, list[Row]]:
    """Trainings of a section by setting, in the order of their seeds."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        if row.section == name and isinstance(row, Row):
            found.setdefault(row.setting, []).append(row)
    return found
