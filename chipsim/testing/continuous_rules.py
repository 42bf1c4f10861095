"""Rules for the kinds of an array of continuous cells: declared errors, requested networks, valid diffusion."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chipsim.components.couplers.base import ContinuousCouplerKind
from chipsim.physics.held_matrix import FactorErrors, Matrix, Network, PartErrors
from chipsim.physics.low_rank import LowRank, uncoupled
from chipsim.physics.networks import realise
from chipsim.spec.chip import Technology
from chipsim.testing.subject import Subject
from chipsim.testing.trial import MATRIX, trial_netlist

VOLTS = np.linspace(-0.9, 0.9, 40_001)
TECHNOLOGY = Technology.model_validate({"node": "any", "vdd": "0.5 V", "temperature": "300 K"})
ROWS = np.array([[1.0, -0.5, 0.2, 0.0], [0.0, 0.3, -1.0, 0.4]])
FACTORS = LowRank(ROWS.T, np.diag([1.0, 0.5]), ROWS, 0.3)


def networks_are_what_was_requested(subject: Subject) -> None:
    """A matrix is realised at one scale, symmetric without mismatch, and within the declared error; for couplers of
    cells.
    """
    kind = subject.made()
    if not kind.couples_cells:
        return
    given = matrix_for(kind)
    made = kind.realise(given, np.random.default_rng(0))
    wanted, held = (as_matrix(part) for part in (made.wanted, made.held))
    subject.require(np.allclose(wanted, as_matrix(given) * made.scale), "the requested matrix is not the scaled input")
    subject.require(made.cells == len(wanted), "the number of cells differs from the rows of the matrix")
    if isinstance(made.errors, PartErrors):
        subject.require(np.array_equal(held, held.T), "the stored matrix is not symmetric")
        bound = np.abs(made.errors.code).max() + 6 * len(wanted) * np.sqrt(made.errors.mismatch.max())
        bound += 1e-9 * np.abs(wanted).max()
        subject.require(
            bool(np.abs(held - wanted).max() <= bound), "the stored matrix has a larger error than declared"
        )


def heat_is_positive(subject: Subject) -> None:
    """Dissipated power is not negative, and 0 at 0 V."""
    kind = subject.made()
    if not kind.couples_cells:
        # That of its lines follows from the inputs.
        return
    made = kind.realise(matrix_for(kind), np.random.default_rng(0))
    watts = kind.heat_w(made, np.stack([np.zeros(4), np.arange(4.0), -np.arange(4.0)]))
    subject.require(watts.shape == (3,) and watts[0] == 0 and bool((watts >= 0).all()), f"powers of {watts} W")
    subject.require(bool(watts[1] == watts[2]), "power differs between voltages and their negatives")


def noise_is_a_diffusion(subject: Subject) -> None:
    """A non-negative number, or a positive semidefinite matrix."""
    domain = trial_netlist(subject.made()).continuous
    network = domain.coupler.kind.realise(MATRIX, np.random.default_rng(0))
    found = np.atleast_2d(domain.noise.kind.diffusion(network, domain.cells.kind, TECHNOLOGY))
    subject.require(np.allclose(found, found.T), "the diffusion is not symmetric")
    subject.require(float(np.linalg.eigvalsh(found)[0]) >= 0, "the diffusion is not positive semidefinite")


def laws_relax(subject: Subject) -> None:
    """A positive definite matrix gives a stable law with the covariance implied by the reference intensity."""
    cell = subject.made()
    if cell.states_per_cell > 1:
        _states_switch(subject)
        return
    network = realise(MATRIX, 4 * cell.reference, 20, True, 0.0, np.random.default_rng(0))
    law = cell.law(network, cell.noise_intensity)
    subject.require(float(law.rates().real.min()) > 0, "the law is unstable")
    wanted = np.linalg.inv(as_matrix(network.held)) * cell.reference
    found = law.stationary()[:4, :4]
    subject.require(np.allclose(found, wanted, rtol=1e-6), "the covariance at the reference intensity is wrong")


def _states_switch(subject: Subject) -> None:
    """The same for cells with states, uncoupled: with inputs of 0 V all states are equally probable."""
    cell = subject.made()
    alone = uncoupled(4, cell.reference)
    law = cell.law(Network(1.0, alone, alone, False, FactorErrors(0.0, 0.0, 0.0)), cell.noise_intensity)
    subject.require(float(law.rates().real.min()) > 0, "the law is unstable")
    inputs = np.zeros(4 * cell.states_per_cell * len(cell.input_names))
    found = law.set_by(cell.force(None, inputs)).probabilities
    subject.require(np.allclose(found, 1 / cell.states_per_cell), "states without inputs are not equally probable")


def matrix_for(kind: ContinuousCouplerKind) -> Matrix:
    """A matrix that these couplers can realise."""
    return MATRIX if kind.max_rank() is None else FACTORS


def as_matrix(network: Matrix) -> NDArray[np.float64]:
    """A matrix, multiplied out."""
    return network if isinstance(network, np.ndarray) else network.times(np.eye(network.size))


def inputs_are_as_near_as_declared(subject: Subject) -> None:
    """Within the full scale the rms error is as declared; outputs never exceed it; realised values are exact."""
    kind = subject.made()
    volts = VOLTS * kind.full_scale
    realised = kind.realised(volts)
    found = float(np.sqrt(((realised - volts) ** 2).mean()))
    subject.require(abs(found / kind.error_v() - 1) < 0.05, f"an rms error of {found} V, not {kind.error_v()} V")
    subject.require(np.allclose(kind.realised(realised), realised), "a realised value is not realised exactly")
    beyond = kind.realised(np.array([-9.0, 9.0]) * kind.full_scale)
    subject.require(np.abs(beyond).max() <= kind.full_scale * (1 + 1e-9), "its output exceeds its full scale")


def readings_are_as_near_as_declared(subject: Subject) -> None:
    """Within the full scale the rms error is as declared; values beyond it are clipped and reported."""
    kind = subject.made()
    volts = VOLTS * kind.full_scale
    codes = kind.codes(volts, np.random.default_rng(0).standard_normal(volts.shape), TECHNOLOGY)
    found = float(np.sqrt(((codes - volts) ** 2).mean()))
    stated = kind.error_v(TECHNOLOGY)
    subject.require(abs(found / stated - 1) < 0.05, f"an rms error of {found} V, not {stated} V")
    beyond = kind.codes(np.array([-9.0, 9.0]) * kind.full_scale, np.zeros(2), TECHNOLOGY)
    subject.require(bool(kind.clips(beyond).all()), "it does not report clipping")
    subject.require(not kind.clips(kind.codes(np.zeros(1), np.zeros(1), TECHNOLOGY)).any(), "it reports 0 V as clipped")
