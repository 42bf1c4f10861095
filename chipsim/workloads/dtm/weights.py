"""The weights of a denoising model, and the state of their training, in the arrays of a result file.

`chipsim train` writes a result like that of a run, with trace and ledger of the training. Until the training is
complete, Adam's moments are stored with the weights, so that it can be resumed.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipsim.workloads.trained import read_trained


@dataclass(eq=False)
class DtmWeights:
    """float32 arrays by layer, from the data outwards: couplings (T, edges), biases (T, cells), in units of J."""

    couplings: NDArray[np.float32]
    biases: NDArray[np.float32]


def read_weights(path: Path, meaning: dict[str, Any], edges: int, cells: int) -> DtmWeights:
    """The weights in a file.

    Args:
        path: written by `chipsim train`.
        meaning: required model of the weights (`Dtm.meaning`).
        edges: couplers of the fabric of one layer.
        cells: of the same.

    Raises:
        ProblemError: the file is damaged, or contains no weights, non-finite weights or those of another model.
    """
    layers = len(meaning["noise"])
    return DtmWeights(*read_trained(path, "dtm", meaning, {"couplings": (layers, edges), "biases": (layers, cells)}))
