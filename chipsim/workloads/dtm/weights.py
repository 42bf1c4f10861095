"""The weights of a denoising model, and the state of their training, in the arrays of a result file.

`chipsim train` writes a result like that of a run, with trace and ledger of the training. Until the training is
complete, Adam's moments are stored with the weights, so that it can be resumed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipsim.errors import ProblemError
from chipsim.hdf5 import array, opened

# Letters of a value of another file that a message shows.
MAX_SHOWN = 200


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
    try:
        with opened(path) as file:
            summary = json.loads(file["summary"].asstr()[()])
            # Earlier schemas store the workload's figures in the summary itself.
            block = summary["workload"]
            known = (block["figures"] if isinstance(block, dict) else summary).get("dtm") or {}
            _check_model(path, known, json.loads(json.dumps(meaning)))
            layers, arrays = len(meaning["noise"]), file["arrays"]
            couplings = array(arrays, "couplings", np.float32, (layers, edges), finite=False)
            biases = array(arrays, "biases", np.float32, (layers, cells), finite=False)
    except (OSError, KeyError, ValueError, RuntimeError, AttributeError, TypeError):
        raise ProblemError(
            f"{path}: not a weights file of a dtm, or damaged; repeat the training", code="data.malformed"
        ) from None
    if not (np.isfinite(couplings).all() and np.isfinite(biases).all()):
        raise ProblemError(
            f"{path}: weights are not finite; repeat the training with a lower training.rate",
            code="data.wrong-values",
        )
    return DtmWeights(couplings, biases)


def _check_model(path: Path, known: dict[str, Any], wanted: dict[str, Any]) -> None:
    for key, value in wanted.items():
        if known.get(key) != value:
            found = ascii(known.get(key))
            raise ProblemError(
                f"{path}: weights of another model: {key} is {found[:MAX_SHOWN]}, expected {value}; train this model",
                code="data.other-model",
            )
