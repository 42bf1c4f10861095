"""Exact laws of low-rank matrices, A = L M R + rest I of shape (n, n), in O(r n) per step without (n, n) arrays.

Away from its mean a state is p + L q: p relaxes at `rest` and takes the noise of every cell, q (r,) what the arrays
add. q moves by functions of an (r, r) matrix, so f(A) y = f(rest) y + L g(.) R y. (arXiv 2405.13817, whose matrix is
symmetric: L = R^T. Mismatch makes the copies differ, and then A need not even be normal.)
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from chipsim.kernels import ou
from chipsim.physics.laws import Law, Reduced

EVEN = 1e-12
# Squares of a Cholesky factor's diagonal further apart than this hide rows that depend on each other.
INDEPENDENT = 1e-8
# Eigenvalues of A - rest I below this share of the largest are 0 but for rounding.
NOTHING = 1e-13
# Rows per panel of a product.
PANEL = 128
# Gauss-Legendre nodes a panel; panels double in length from the time of the fastest mode on.
NODES, WEIGHTS = np.polynomial.legendre.leggauss(12)


class LowRank(NamedTuple):
    """The matrix left @ middle @ right + rest I of shape (n, n), never formed.

    left: (n, r); middle: (r, r); right: (r, n). It is symmetric where left is the transpose of right.
    """

    left: NDArray[Any]
    middle: NDArray[Any]
    right: NDArray[Any]
    rest: float

    @property
    def size(self) -> int:
        """Number of rows."""
        return len(self.left)

    @property
    def is_symmetric(self) -> bool:
        """Whether both copies are the same, and the middle is symmetric."""
        # Equal memory needs no comparison.
        one = self.left.T.__array_interface__ == self.right.__array_interface__
        return bool((one or np.array_equal(self.left.T, self.right)) and np.array_equal(self.middle, self.middle.T))

    def times(self, values: NDArray[Any]) -> NDArray[np.float64]:
        """The matrix times each row of (..., n)."""
        out: NDArray[np.float64] = ((values @ self.right.T) @ self.middle.T) @ self.left.T + self.rest * values
        return out

    def scaled(self, factor: float) -> LowRank:
        """The matrix times a number."""
        return LowRank(self.left, self.middle * factor, self.right, self.rest * factor)


def uncoupled(cells: int, rest: float = 0.0) -> LowRank:
    """`rest` in each cell alone, of rank 0."""
    return LowRank(np.zeros((cells, 0)), np.zeros((0, 0)), np.zeros((0, cells)), rest)


def low_rank_law(matrix: LowRank, diffusion: float) -> LowRankLaw:
    """The law of a drift of low rank with noise of one diffusion, independent in all directions."""
    return (SymmetricLaw if matrix.is_symmetric else GeneralLaw)(matrix, diffusion)


@dataclass(frozen=True, eq=False)
class LowRankLaw(ABC):
    """dx = -(A x - f) dt + dW with Cov(dW) = diffusion dt, for A = left middle right + rest."""

    matrix: LowRank
    diffusion: float

    @abstractmethod
    def rates(self) -> NDArray[np.complex128]:
        """All eigenvalues of A."""

    @abstractmethod
    def mean(self, force: NDArray[np.float64]) -> NDArray[np.float64]:
        """Stationary mean A^-1 f, (n,)."""

    @abstractmethod
    def sample(
        self,
        force: NDArray[np.float64],
        start: NDArray[np.float64],
        times: NDArray[np.float64],
        random: Sequence[np.random.Generator],
        threads: int = 1,
    ) -> NDArray[np.float64]:
        """States (lanes, T, n) at increasing times from `start`, (lanes, n), on; a generator for each lane."""

    @abstractmethod
    def reduced(self) -> Reduced:
        """The same in the coordinates of an orthonormal basis."""

    def _outside(self, steps: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(T,) factors and standard deviations of what relaxes at `rest`."""
        rest = np.array([self.matrix.rest])
        spread = np.array([ou.spread(rest, self.diffusion / 2, float(step))[0] for step in steps])
        return np.exp(-self.matrix.rest * steps), spread


class SymmetricLaw(LowRankLaw):
    """R^T M R + rest I by the eigenvectors of its range: functions of A are exact, and so is noise f(A) z."""

    @cached_property
    def _modes(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """(k,) eigenvalues without `rest`, none 0, and factors (r, r), (r, k) of W: eigenvectors R^T W, orthonormal.

        With R R^T = B B^T and B^T M B v = a v, W = M B v / a. Where a is small that is inaccurate by eps/a of the
        largest, but W enters only where something moves otherwise than at `rest`, which is the less the smaller a is.
        """
        mixed = _product(self.matrix.middle, root := _gram_root(self.matrix.right @ self.matrix.right.T))
        # By the lower half, as `eigh` does.
        values, vectors = np.linalg.eigh(_product(root.T, mixed, lower=True))
        kept = np.abs(values) > NOTHING * np.abs(values).max(initial=0.0)
        return values[kept], mixed, vectors[:, kept] / values[kept]

    def rates(self) -> NDArray[np.complex128]:
        """See `LowRankLaw`."""
        return np.append(self._modes[0], 0.0).astype(np.complex128) + self.matrix.rest

    def mean(self, force: NDArray[np.float64]) -> NDArray[np.float64]:
        """See `LowRankLaw`."""
        (values, mixed, turned), right, rest = self._modes, self.matrix.right, self.matrix.rest
        inside = (((force @ right.T) @ mixed) @ turned) * (1 / (values + rest) - 1 / rest)
        return np.asarray(force / rest + ((inside @ turned.T) @ mixed.T) @ right)

    def sample(
        self,
        force: NDArray[np.float64],
        start: NDArray[np.float64],
        times: NDArray[np.float64],
        random: Sequence[np.random.Generator],
        threads: int = 1,
    ) -> NDArray[np.float64]:
        """See `LowRankLaw`. Everything relaxes at `rest`; what lies in the modes is put in the place of that."""
        steps, count = np.diff(times, prepend=0.0), len(times)
        (values, mixed, turned), right, rest = self._modes, self.matrix.right, self.matrix.rest
        # All that is projected lies together: a pass over R costs the same for one row and for some.
        rows = np.empty((len(random), count + 2, len(force)))
        states, away, still = rows[:, :count], rows[:, count], rows[:, count + 1]
        ou.normals(random, states, threads)
        still[:] = force / rest
        away[:] = start - still
        along = ou.product(ou.product(ou.product(rows, right.T), mixed), turned)
        inside, part, settling = along[:, :count], along[:, count], along[:, count + 1]
        mean = settling * (rest / (values + rest))
        missing, begun = -inside, part + settling - mean
        for k, (factor, spread) in enumerate(zip(*self._outside(steps), strict=True)):
            # The same for all, and for what of it lies in the modes.
            states[:, k] = away = factor * away + spread * states[:, k]
            missing[:, k] = part = factor * part - spread * missing[:, k]
        ou.recur(*ou.coefficients(values + rest, self.diffusion / 2, steps), begun, inside)
        instead = inside - missing + (mean - settling)[:, None]
        states += ou.product(ou.product(ou.product(instead, turned.T), mixed.T), right)
        states += still[:, None]
        return states

    def reduced(self) -> Reduced:
        """See `LowRankLaw`; the basis are the eigenvectors of rates other than `rest`."""
        values, mixed, turned = self._modes
        rates, vectors = values + self.matrix.rest, self.matrix.right.T @ (mixed @ turned)
        one = np.eye(len(rates))
        inside = Law(np.diag(rates), one * self.diffusion, ou.Modes(one, rates))
        return Reduced(inside, vectors, self.matrix.rest, self.diffusion)


def _gram_root(gram: NDArray[np.float64]) -> NDArray[np.float64]:
    """(r, k) root B of gram = B B^T in the k directions that the rows span.

    A Cholesky factor takes a tenth of the time of eigenvectors; only rows that depend on each other need those.
    """
    if not len(gram):
        return gram
    try:
        root = np.asarray(np.linalg.cholesky(gram), np.float64)
        sizes = np.diag(root)
        if sizes.min() ** 2 > INDEPENDENT * sizes.max() ** 2:
            return root
    except np.linalg.LinAlgError:
        pass
    squares, along = np.linalg.eigh(gram)
    kept = squares > EVEN * squares.max(initial=0.0)
    return np.asarray(along[:, kept] * np.sqrt(squares[kept]), np.float64)


def _product(left: NDArray[np.float64], right: NDArray[np.float64], lower: bool = False) -> NDArray[np.float64]:
    """The product, or what matters to its lower half, by panels of rows without the columns where a panel is 0.

    Middles have blocks along their diagonal, and Cholesky factors half of a square.
    """
    out = np.zeros((len(left), right.shape[1]))
    for first in range(0, len(left), PANEL):
        rows = slice(first, first + PANEL)
        wanted = slice(first + PANEL if lower else None)
        used = np.flatnonzero(left[rows].any(axis=0))
        columns = slice(used[0], used[-1] + 1) if len(used) else slice(0)
        np.matmul(left[rows, columns], right[columns, wanted], out=out[rows, wanted])
    return out


class GeneralLaw(LowRankLaw):
    """Any L M R + rest I, by the eigenvectors of M R L.

    Noise: W(t) drives p in every cell and, through M R, the modes b of q; what the modes get is regressed on what p
    got, and the rest of it is a sum over the nodes of a quadrature over the time of the step, exact to rounding.
    """

    @cached_property
    def _modes(self) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        """(r,) eigenvalues of M R L, its eigenvectors (r, r) as columns, and V^-1 M, (r, r)."""
        left, middle, right, _ = self.matrix
        values, vectors = np.linalg.eig(middle @ (right @ left))
        return values, vectors, np.linalg.solve(vectors, middle.astype(vectors.dtype))

    @cached_property
    def _driven(self) -> NDArray[Any]:
        """(r, k) root of the covariance of V^-1 M R dW."""
        right = self.matrix.right
        return np.asarray(self._modes[2] @ ou.root(right @ right.T))

    def rates(self) -> NDArray[np.complex128]:
        """See `LowRankLaw`."""
        return np.append(self._modes[0], 0.0).astype(np.complex128) + self.matrix.rest

    def mean(self, force: NDArray[np.float64]) -> NDArray[np.float64]:
        """See `LowRankLaw`."""
        (values, vectors, into), rest = self._modes, self.matrix.rest
        inside = (into @ (self.matrix.right @ force)) / (-rest * (values + rest))
        return np.asarray(force / rest + self.matrix.left @ (vectors @ inside).real)

    def sample(
        self,
        force: NDArray[np.float64],
        start: NDArray[np.float64],
        times: NDArray[np.float64],
        random: Sequence[np.random.Generator],
        threads: int = 1,
    ) -> NDArray[np.float64]:
        """See `LowRankLaw`."""
        steps, mean = np.diff(times, prepend=0.0), self.mean(force)
        parts = [self._step(float(step)) for step in steps]
        factors, spreads = self._outside(steps)
        (values, vectors, into), (left, _, right, rest) = self._modes, self.matrix
        states = np.empty((len(random), len(times), len(mean)))
        for lane, numbers in enumerate(random):
            gained = spreads[:, None] * numbers.standard_normal((len(times), len(mean)))
            alone = np.empty((len(times) + 1, len(mean)))
            alone[0] = start[lane] - mean
            for k in range(len(times)):
                alone[k + 1] = factors[k] * alone[k] + gained[k]
            through, driven = ((part @ right.T) @ into.T for part in (alone, gained))
            inside, rows = np.zeros(len(values), vectors.dtype), np.empty((len(times), len(values)), vectors.dtype)
            for k, (step, (moved, regressed, nodes)) in enumerate(zip(steps, parts, strict=True)):
                inside = np.exp(-(values + rest) * step) * inside + moved * through[k] + regressed * driven[k]
                fresh = self._driven @ numbers.standard_normal((self._driven.shape[1], nodes.shape[1]))
                inside = inside + (nodes * fresh).sum(axis=1)
                rows[k] = inside
            states[lane] = alone[1:] + (rows @ vectors.T).real @ left.T + mean
        return states

    def _step(self, step: float) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        """What a step does to each mode: (r,) g of what p was, (r,) share of p's noise, (r, nodes) of its own noise.

        g_s = e^(-rest s) (e^(-a s) - 1) / a for each eigenvalue a; p's own noise enters by e^(-rest s).
        """
        (values, _, _), rest = self._modes, self.matrix.rest
        times, weights = _quadrature(step, float(np.abs(values).max(initial=0.0)) + rest)
        entering, alone = _added(values, rest, times), np.exp(-rest * times)
        share = (entering * (alone * weights)).sum(axis=1) / float((alone**2 * weights).sum()) if step else 0 * values
        own_noise = (entering - share[:, None] * alone) * np.sqrt(self.diffusion * weights)
        return _added(values, rest, np.array([step]))[:, 0], share, own_noise

    def reduced(self) -> Reduced:
        """See `LowRankLaw`; the basis spans the columns of `left` and the rows of `right`."""
        left, middle, right, rest = self.matrix
        basis, _ = np.linalg.qr(np.hstack([left, right.T]))
        inside = (basis.T @ left) @ middle @ (right @ basis)
        size = len(inside)
        law = Law(inside + rest * np.eye(size), np.eye(size) * self.diffusion)
        return Reduced(law, basis, rest, self.diffusion)


def _added(values: NDArray[Any], rest: float, times: NDArray[np.float64]) -> NDArray[Any]:
    """(r, T) of e^(-rest s) (e^(-a s) - 1) / a; -s e^(-rest s) where a is 0."""
    still = values == 0
    grown = np.expm1(-np.outer(values, times)) / np.where(still, 1.0, values)[:, None]
    return np.asarray(np.where(still[:, None], -times, grown) * np.exp(-rest * times))


def _quadrature(step: float, fastest: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Nodes and weights over 0..step for sums of exponentials that decay no faster than 2 `fastest`."""
    ends = [step]
    while ends[-1] * fastest > 1:
        ends.append(ends[-1] / 2)
    edges = np.array([*ends, 0.0])[::-1]
    half = np.diff(edges) / 2
    nodes = edges[:-1, None] + half[:, None] * (1 + NODES)
    return nodes.ravel(), (half[:, None] * WEIGHTS).ravel()
