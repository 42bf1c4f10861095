"""What is written to the chip for a net: couplings and biases in the range of its couplers, fields of the host."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from chipsim.compiler.netlist import Netlist
from chipsim.components.converters.base import BiasKind
from chipsim.errors import ProblemError
from chipsim.rounding import rounded
from chipsim.workloads.feed_forward.layout import NetLayout
from chipsim.workloads.feed_forward.network import Floats
from chipsim.workloads.feed_forward.spec import FeedForwardModel

# Fields of the host are cut off where a mean differs from 1 by 7e-4: tanh(4).
SATURATED = 4.0
# Of an inverse temperature that a converter sets.
TOLERATED = 0.01


@dataclass(frozen=True, eq=False)
class Written:
    """A net as it is written.

    Attributes:
        couplings: (edges, 2), directed, in units of J.
        biases: (sites,), in units of J.
        scale: by which weights are divided; the chip samples at beta times this.
        bond: strength of the strongest bond, before that division.
    """

    couplings: NDArray[np.float64]
    biases: NDArray[np.float64]
    scale: float
    bond: float


def written_net(
    layout: NetLayout, weights: Floats, biases: Floats, model: FeedForwardModel, netlist: Netlist
) -> Written:
    """Couplings and biases of a net.

    With `wiring.method: native`, weights are written as they are; other methods take couplings that no weight has, to
    which all are scaled.

    Args:
        layout: the net.
        weights: (weights,).
        biases: (neurons after the pixels,).
        model: its wiring, back-action and beta.
        netlist: the chip.

    Raises:
        ProblemError: the bias converter cannot set the scaled beta.
    """
    wiring = model.wiring
    bond = kept = 1.0
    if layout.host_weights:
        bond = _largest_field(layout, weights, biases, model.beta) / 2
    if wiring.coupling is not None:
        bond = wiring.coupling / model.beta
        kept = float(np.tanh(wiring.coupling)) if wiring.method == "copies" else 1.0
    couplings = layout.couplings(weights, model.inference.back_action, bond, kept)
    by_site = layout.site_biases(biases)
    largest = netlist.latched.coupler.kind.largest_weight()
    scale = 1.0
    if wiring.method != "native" and largest is not None:
        scale = max(1.0, float(np.abs(couplings).max()) / largest, float(np.abs(by_site).max()) / largest)
    _check_beta(model.beta, scale, netlist)
    return Written(couplings / scale, by_site / scale, scale, bond)


def first_fields(layout: NetLayout, weights: Floats, biases: Floats, pixels: Floats) -> NDArray[np.float64]:
    """Fields of the first hidden layer as the host computes them, (images, neurons), from pixels (pixels, images)."""
    links, shape = layout.links[0], (layout.neurons[1], layout.neurons[0])
    matrix = sparse.csr_array((weights[: len(links.source)].astype(float), (links.target, links.source)), shape)
    fields: NDArray[np.float64] = (matrix @ pixels).T + biases[: shape[0]]
    return fields


def _largest_field(layout: NetLayout, weights: Floats, biases: Floats, beta: float) -> float:
    """Bound on the fields that the host writes: that of the weights, or where means saturate."""
    links, many = layout.links[0], layout.neurons[1]
    total = np.bincount(links.target, np.abs(weights[: len(links.source)]), many) + np.abs(biases[:many])
    return min(float(total.max()), SATURATED / beta) or SATURATED / beta


def _check_beta(beta: float, scale: float, netlist: Netlist) -> None:
    component = netlist.end("bias", BiasKind)
    wanted = beta * scale
    found = component.kind.realised(wanted)
    if scale > 1 and abs(found - wanted) > TOLERATED * wanted:
        complaint = (
            f"couplings up to {rounded(scale, '.3g')} times the range of the couplers are divided by that, and beta "
            f"{beta:g} becomes {rounded(wanted, '.4g')}, but {component.name} sets {rounded(found, '.4g')}; raise "
            f"{component.name}.full_scale or its bits, or lower wiring.coupling"
        )
        raise ProblemError(complaint, code="chip.out-of-range")
