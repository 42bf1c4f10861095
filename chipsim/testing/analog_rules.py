"""Rules for the kinds of an array of continuous cells: errors as declared, networks as asked, noise that is noise."""

from __future__ import annotations

import numpy as np

from chipsim.components.analog import AnalogNoiseKind
from chipsim.spec.chip import Technology
from chipsim.testing.subject import Subject
from chipsim.testing.trial import MATRIX, trial_netlist

VOLTS = np.linspace(-0.9, 0.9, 40_001)


def errors_of_cells_are_as_declared(subject: Subject) -> None:
    """Gains and offsets of a large die have the standard deviations that the parameters say (5 standard errors)."""
    kind, many = subject.made(), 20_000
    gains, offsets = kind.errors(many, np.random.default_rng(0))
    for what, values, wanted in (("gain", gains - 1, kind.gain_error), ("offset", offsets, kind.offset)):
        found = float(np.sqrt((values**2).mean()))
        subject.require(
            abs(found - wanted) <= 5 * wanted / np.sqrt(2 * many), f"{what} errors of {found}, not {wanted}"
        )


def networks_are_what_was_asked(subject: Subject) -> None:
    """A matrix becomes conductances of one scale; what is held is symmetric and off by what was declared."""
    made = subject.made().realise(MATRIX, np.random.default_rng(0))
    subject.require(np.allclose(made.wanted, MATRIX * made.scale), "what is wanted is not the matrix times the scale")
    subject.require(np.array_equal(made.held, made.held.T), "what is held is not symmetric")
    variances = made.code_variance + made.mismatch_variance
    bound = 6 * len(MATRIX) * np.sqrt(variances.max())
    subject.require(np.abs(made.held - made.wanted).max() <= bound, "what is held is further off than declared")


def noise_is_a_diffusion(subject: Subject) -> None:
    """Symmetric, never negative, and in units of V^2/s: as many cells, as many rows."""
    kind: AnalogNoiseKind = subject.made()
    cell = trial_netlist(kind).domain.cells.kind
    technology = Technology.model_validate({"node": "any", "vdd": "0.5 V", "temperature": "300 K"})
    found = kind.diffusion(MATRIX * 1e-3, cell, technology)
    subject.require(found.shape == MATRIX.shape and np.allclose(found, found.T), "the diffusion is not symmetric")
    subject.require(float(np.linalg.eigvalsh(found)[0]) >= 0, "the diffusion is negative somewhere")


def inputs_are_as_near_as_declared(subject: Subject) -> None:
    """Inside the full scale the rms error is the declared one; nothing leaves the full scale; codes stay codes."""
    kind = subject.made()
    volts = VOLTS * kind.full_scale
    realised = kind.realised(volts)
    found = float(np.sqrt(((realised - volts) ** 2).mean()))
    subject.require(abs(found / kind.error_v() - 1) < 0.05, f"an rms error of {found} V, not {kind.error_v()} V")
    subject.require(np.allclose(kind.realised(realised), realised), "what it realises, it would not realise again")
    beyond = kind.realised(np.array([-9.0, 9.0]) * kind.full_scale)
    subject.require(np.abs(beyond).max() <= kind.full_scale * (1 + 1e-9), "it drives beyond its full scale")


def readings_are_as_near_as_declared(subject: Subject) -> None:
    """Inside the full scale the rms error is the declared one; what is beyond is clipped, and known to be."""
    kind = subject.made()
    volts = VOLTS * kind.full_scale
    codes = kind.codes(volts, np.random.default_rng(0).standard_normal(volts.shape))
    found = float(np.sqrt(((codes - volts) ** 2).mean()))
    subject.require(abs(found / kind.error_v() - 1) < 0.05, f"an rms error of {found} V, not {kind.error_v()} V")
    beyond = kind.codes(np.array([-9.0, 9.0]) * kind.full_scale, np.zeros(2))
    subject.require(bool(kind.clips(beyond).all()), "it does not know that it clips")
    subject.require(not kind.clips(kind.codes(np.zeros(1), np.zeros(1))).any(), "it takes 0 V for clipped")
