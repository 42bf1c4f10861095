"""The weights of a denoising model, and the state of their training, in the arrays of a result file.

`chipsim train` writes a result like that of a run, with trace and ledger of the training. Until the training is
complete, Adam's moments are stored with the weights, so that it can be resumed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from chipsim.errors import ProblemError

WEIGHTS = ("couplings", "biases")


@dataclass(eq=False)
class DtmWeights:
    """float32 arrays by layer, from the data outwards: couplings (T, edges), biases (T, cells), in units of J."""

    couplings: NDArray[np.float32]
    biases: NDArray[np.float32]


def read_weights(path: Path, meaning: dict[str, Any]) -> DtmWeights:
    """The weights in a file.

    Args:
        path: written by `chipsim train`.
        meaning: required model of the weights (`Dtm.meaning`).

    Raises:
        ProblemError: the file is damaged, or contains no weights, non-finite weights or those of another model.
    """
    try:
        with h5py.File(path, "r") as file:
            summary = json.loads(file["summary"].asstr()[()])
            # Earlier schemas store the workload's figures in the summary itself.
            block = summary["workload"]
            known = (block["figures"] if isinstance(block, dict) else summary).get("dtm")
            weights = DtmWeights(*(file["arrays"][name][:] for name in WEIGHTS))
    except (OSError, KeyError, ValueError, RuntimeError, AttributeError, TypeError):
        raise ProblemError(
            f"{path}: not a weights file of a dtm, or damaged; repeat the training", code="data.malformed"
        ) from None
    wanted = json.loads(json.dumps(meaning))
    for key in wanted:
        if known is None or known.get(key) != wanted[key]:
            found = None if known is None else known.get(key)
            raise ProblemError(
                f"{path}: weights of another model: {key} is {found}, expected {wanted[key]}; train this model",
                code="data.other-model",
            )
    if not all(np.isfinite(getattr(weights, field.name)).all() for field in fields(weights)):
        raise ProblemError(
            f"{path}: weights are not finite; repeat the training with a lower training.rate",
            code="data.wrong-values",
        )
    return weights
