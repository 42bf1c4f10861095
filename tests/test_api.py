"""The public names of the package: all there, documented, with examples that run."""

from __future__ import annotations

import doctest
import importlib
import inspect
from pathlib import Path

import pytest

import chipsim

# Modules whose docstrings hold the examples of the API.
DOCUMENTED = sorted({*chipsim._HOMES.values()})


def test_dir_shows_the_public_names_and_nothing_else() -> None:
    assert dir(chipsim) == sorted(chipsim.__all__)
    assert set(chipsim._HOMES) == set(chipsim.__all__)


@pytest.mark.parametrize("name", chipsim.__all__)
def test_every_public_name_is_there_and_documented(name: str) -> None:
    found = getattr(chipsim, name)
    assert found.__name__ == name
    assert inspect.getdoc(found)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="simulat"):
        _ = chipsim.simulat


@pytest.mark.system
@pytest.mark.parametrize("module", DOCUMENTED)
def test_examples_of_docstrings_run(module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    failed, _ = doctest.testmod(importlib.import_module(module), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert failed == 0


@pytest.mark.parametrize("name", [name for name in chipsim.__all__ if name != "ChipsimError"])
def test_every_public_name_has_an_example(name: str) -> None:
    assert ">>> " in (inspect.getdoc(getattr(chipsim, name)) or "")
