"""Ising models of thrml by their public attributes: energies and laws are those of the model."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from support_errors import refused

import chipsim
from chipsim.testing.exact import enumerate_states

GIVEN = {
    "nodes": ["a", "b", "c"],
    "edges": [("a", "b"), ("c", "b"), ("b", "a")],
    "weights": np.array([0.5, -1.25, 0.25], np.float32),
    "biases": np.array([0.1, 0.0, -0.5], np.float32),
    "beta": np.float32(1.5),
}


def model(**changes: Any) -> SimpleNamespace:
    return SimpleNamespace(**{**GIVEN, **changes})


def test_energies_are_those_of_the_model_at_beta_1() -> None:
    """Edges that are listed twice add up; the order of their ends does not matter."""
    problem = chipsim.from_thrml(model())
    states = enumerate_states(3).astype(float)
    a, b, c = states.T
    biases = GIVEN["biases"].astype(float)
    wanted = -(states @ biases + 0.75 * a * b - 1.25 * b * c)
    assert np.allclose(problem.energy(states.astype(np.int8)), wanted, rtol=0, atol=1e-12)
    assert problem.notes == ("the model has beta 1.5; set schedule.beta to it",)


def test_thrml_itself_gives_the_same_energies() -> None:
    """Its energy contains beta."""
    ising = pytest.importorskip("thrml.models.ising")
    thrml, jax = pytest.importorskip("thrml"), pytest.importorskip("jax")
    random = np.random.default_rng(0)
    nodes = [thrml.SpinNode() for _ in range(6)]
    edges = [(nodes[i], nodes[j]) for i in range(6) for j in range(i) if (i + j) % 3]
    weights, biases = random.normal(size=len(edges)), random.normal(size=6)
    theirs = ising.IsingEBM(nodes, edges, jax.numpy.array(biases), jax.numpy.array(weights), jax.numpy.array(0.7))
    states = enumerate_states(6)
    blocks = [thrml.Block(nodes)]
    energy = jax.vmap(lambda state: theirs.energy([state], blocks))(jax.numpy.array(states > 0))
    assert np.allclose(0.7 * chipsim.from_thrml(theirs).energy(states), np.asarray(energy), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("changes", "code", "message"),
    [
        ({"edges": [("a", "a"), ("a", "b"), ("b", "c")]}, "problem.self-loop", "self-loop at node 0"),
        ({"edges": [("a", "x"), ("a", "b"), ("b", "c")]}, "data.wrong-values", "not among the nodes"),
        ({"weights": [1.0, 2.0]}, "data.wrong-shape", "3 are required"),
        ({"weights": [1.0, 2.0, np.nan]}, "data.bad-number", "[1, 0]: nan is not finite"),
        ({"biases": [1.0]}, "data.wrong-shape", "3 numbers are required"),
    ],
)
def test_what_is_no_model_is_refused(changes: dict[str, Any], code: str, message: str) -> None:
    with refused(code, message.replace("[1, 0]: ", "")):
        chipsim.from_thrml(model(**changes))
    with refused("data.missing", "nodes, edges, weights, biases, beta"):
        chipsim.from_thrml(SimpleNamespace(nodes=[]))
