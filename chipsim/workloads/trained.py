"""Weights in the result file of a training, checked against the model that asks for them; the file is untrusted."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipsim.errors import ChipsimError, ProblemError
from chipsim.hdf5 import array, opened
from chipsim.spec.document import Document, KeyPath
from chipsim.spec.model import fail

# Letters of a value of another file that a message shows.
MAX_SHOWN = 200


def trained_path(document: Document, key: KeyPath, name: str | None) -> Path | None:
    """The file of weights that a key of a workload names, or None if it names none.

    Raises:
        SpecError: there is no such file.
    """
    if name is None:
        return None
    if not os.path.lexists(name):
        raise fail(document, key, f"no such file: {name}; train the model first", code="data.missing")
    return Path(name)


def lacking(read: Callable[[], object], key: str) -> str:
    """What a run of a trained workload lacks, as text: weights for its chip and model at this key, or nothing ("").

    Raises:
        ChipsimError: the file that the key names holds no weights of any model.
    """
    try:
        read()
    except ChipsimError as error:
        if error.code == "data.malformed":
            raise
        return f"its own weights (`{key}`)"
    return ""


def read_trained(
    path: Path, block: str, meaning: Mapping[str, Any], shapes: Mapping[str, tuple[int, ...]]
) -> list[NDArray[np.float32]]:
    """Arrays of a file written by `chipsim train`.

    Args:
        path: of the file.
        block: figure that describes the model of the weights, the name of its workload.
        meaning: required value of that figure.
        shapes: of the arrays, by name.

    Raises:
        ProblemError: the file is damaged, or contains no weights, non-finite weights or those of another model.
    """
    try:
        with opened(path) as file:
            summary = json.loads(file["summary"].asstr()[()])
            # Earlier schemas store the workload's figures in the summary itself.
            stored = summary["workload"]
            known = (stored["figures"] if isinstance(stored, dict) else summary).get(block) or {}
            _check_model(path, known, json.loads(json.dumps(meaning)))
            arrays = [array(file["arrays"], name, np.float32, shape, finite=False) for name, shape in shapes.items()]
    except (OSError, KeyError, ValueError, RuntimeError, AttributeError, TypeError):
        raise ProblemError(
            f"{path}: not a weights file of a {block}, or damaged; repeat the training", code="data.malformed"
        ) from None
    if not all(np.isfinite(values).all() for values in arrays):
        raise ProblemError(
            f"{path}: weights are not finite; repeat the training with a lower training.rate",
            code="data.wrong-values",
        )
    return arrays


def _check_model(path: Path, known: dict[str, Any], wanted: dict[str, Any]) -> None:
    for key, value in wanted.items():
        if known.get(key) != value:
            found = ascii(known.get(key))
            raise ProblemError(
                f"{path}: weights of another model: {key} is {found[:MAX_SHOWN]}, expected {value}; train this model",
                code="data.other-model",
            )
