"""Weights in the result file of a training, checked against the model that asks for them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from chipsim.errors import ProblemError


def read_trained(path: Path, block: str, names: Sequence[str], meaning: Mapping[str, Any]) -> list[NDArray[np.float32]]:
    """Arrays of a file written by `chipsim train`.

    Args:
        path: of the file.
        block: figure that describes the model of the weights, the name of its workload.
        names: of the arrays.
        meaning: required value of that figure.

    Raises:
        ProblemError: the file is damaged, or contains no weights, non-finite weights or those of another model.
    """
    try:
        with h5py.File(path, "r") as file:
            summary = json.loads(file["summary"].asstr()[()])
            # Earlier schemas store the workload's figures in the summary itself.
            stored = summary["workload"]
            known = (stored["figures"] if isinstance(stored, dict) else summary).get(block)
            arrays = [file["arrays"][name][:] for name in names]
    except (OSError, KeyError, ValueError, RuntimeError, AttributeError, TypeError):
        raise ProblemError(
            f"{path}: not a weights file of a {block}, or damaged; repeat the training", code="data.malformed"
        ) from None
    wanted = json.loads(json.dumps(meaning))
    for key in wanted:
        if known is None or known.get(key) != wanted[key]:
            found = None if known is None else known.get(key)
            raise ProblemError(
                f"{path}: weights of another model: {key} is {found}, expected {wanted[key]}; train this model",
                code="data.other-model",
            )
    if not all(np.isfinite(array).all() for array in arrays):
        raise ProblemError(
            f"{path}: weights are not finite; repeat the training with a lower training.rate",
            code="data.wrong-values",
        )
    return arrays
