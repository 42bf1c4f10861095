"""`chipsim.Sampler` passes dimod's own checks, and its energies are dimod's."""

from __future__ import annotations

import subprocess
import sys
import unittest

import numpy as np
import pytest

import chipsim

dimod = pytest.importorskip("dimod")
pytestmark = pytest.mark.system


def test_dimods_checks_of_samplers_pass() -> None:
    sampler = chipsim.Sampler()
    dimod.testing.assert_sampler_api(sampler)
    for bqm in (
        dimod.BinaryQuadraticModel("SPIN"),
        dimod.BinaryQuadraticModel.from_ising({"a": 0.5}, {}, 1.5),
        dimod.BinaryQuadraticModel.from_qubo({("a", "a"): -1, ("a", 7): 2, (7, 7): -1}, 3),
    ):
        found = sampler.sample(bqm, num_reads=8)
        dimod.testing.assert_sampleset_energies(found, bqm)
        assert found.vartype is bqm.vartype
        assert set(found.variables) == set(bqm.variables)


@dimod.testing.load_sampler_bqm_tests(chipsim.Sampler)
class TestModelsOfDimod(unittest.TestCase):
    """dimod's own tests of samplers, over its classes of models."""


@pytest.mark.parametrize("vartype", ["SPIN", "BINARY"])
def test_the_minimum_is_dimods(vartype: str) -> None:
    bqm = dimod.generators.ran_r(2, 6, seed=4).change_vartype(vartype, inplace=False)
    bqm.offset += 1.25
    found = chipsim.Sampler().sample(bqm, num_reads=64)
    dimod.testing.assert_sampleset_energies(found, bqm)
    assert found.first.energy == dimod.ExactSolver().sample(bqm).first.energy
    assert found.info["energy_j"] > 0
    assert found.info["summary"]["ledger"]


def test_a_mapped_chip_gives_the_spins_of_the_model() -> None:
    pytest.importorskip("minorminer")
    bqm = dimod.BinaryQuadraticModel.from_ising({}, {"ab": 1, "bc": 1, "ac": -1})
    workload = {
        "chipsim": 1,
        "workload": "ising",
        "name": "w",
        "problem": {"given": "bqm", "scale": "auto"},
        "mapping": {"method": "embed"},
        "schedule": {
            "mode": "anneal",
            "sweeps": 500,
            "beta": {"start": 0.1, "end": 3, "steps": 20},
            "read_every": "end",
        },
    }
    found = chipsim.Sampler("tiny", workload).sample(bqm, num_reads=64)
    dimod.testing.assert_sampleset_energies(found, bqm)
    assert found.first.energy == -3
    assert np.array(found.record.sample).shape == (64, 3)


def test_without_dimod_the_sampler_names_what_is_missing() -> None:
    probe = (
        "import sys; sys.modules['dimod'] = None\nimport chipsim\n"
        "try:\n    chipsim.Sampler\nexcept chipsim.ChipsimError as error:\n    print(error.code, error)"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.startswith("run.no-package chipsim.Sampler needs dimod")
