"""The stages of an array. A component kind supplies its own with `@stage(...)`, by the type of its parameters.

Of each cell that updates, in this order:

    sight       how the cell sees the others; without one, as they are                   a NamedTuple for `seen`
    field       (coupler kind)  h = sum_j J_ij s_j + b_i, neighbours by `seen`           64 float32
    activation  (cell kind)     y, the exponent of p = 1 / (1 + 2**y)                    64 float32
    exponent    (cell kind)     y once more, where a rare decision is refined            float64, one lane
    noise       (noise kind)    what the cell would latch                                (word, random)
    commit      (noise kind)    told what the cell held and what it holds now

and around them, for noise kinds that need it:

    prepare     before a block of cells: draws into `at.scratch`                         random
    drift       all cells, before each colour latches: what runs between latches         random
    settle      all cells, before a write, a pause or another look from outside          random

`field`, `activation` and `noise` are required; an absent one of the others costs nothing. What the kernel does with a
latched word (clamps, counters) is its own business: `update.py`. Observers have stages of their own: `observers.py`.

A stage gets one context. A field that is added to the context later changes no stage: contexts are made by `context_of`
and `with_sight` alone.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from numba.extending import register_jitable

from chipsim.kernels.jit import INLINED, optional, stage


class Context(NamedTuple):
    """What a stage may look at.

    words: (slots,) uint64, the group's state; cells are seen through `seen(at.sight, edge, slot)`, not from here.
    own: state that the noise kind declares as its own, see `NoiseKind.own_state`.
    scratch: (n,) uint64 that `prepare` fills for this cell; 0 where there is no `prepare`.
    tick: phases since the array was switched on. beta: 64 float32. cell: its slot.
    random: the generator; who draws returns the one after.
    sight: how this cell sees the others.
    exact: what `decisions.decide` looks at where a draw alone cannot decide.
    """

    words: Any
    own: Any
    scratch: Any
    tick: Any
    beta: Any
    cell: Any
    random: Any
    sight: Any
    exact: Any


class Exact(NamedTuple):
    """Parameters of the kinds that make the exponent of a cell, and the key of the group's extra random bits."""

    coupler: Any
    cells: Any
    stream: Any


class Plain(NamedTuple):
    """The cells as they are."""

    words: Any


@register_jitable(**INLINED)
def context_of(words: Any, own: Any, scratch: Any, tick: Any, beta: Any, cell: Any, random: Any, exact: Any) -> Context:
    """The context of a cell that sees the others as they are."""
    return Context(words, own, scratch, tick, beta, cell, random, Plain(words), exact)


@register_jitable(**INLINED)
def with_sight(at: Any, sight: Any) -> Context:
    """The context of a cell that sees the others in another way."""
    return Context(at.words, at.own, at.scratch, at.tick, at.beta, at.cell, at.random, sight, at.exact)


def field(params: Any, at: Any) -> Any:
    """`field(params, at)` -> 64 float32: the local field of `at.cell`."""
    raise TypeError(f"no field stage for {type(params).__name__}")


def activation(params: Any, h: Any, at: Any) -> Any:
    """`activation(params, h, at)` -> 64 float32 `y`: the cell is +1 with probability 1/(1 + 2**y)."""
    raise TypeError(f"no activation stage for {type(params).__name__}")


def exponent(params: Any, y: Any, h: Any, beta: Any, cell: Any) -> Any:
    """`exponent(params, y, h, beta, cell)` -> float64: the exponent of one lane again, from h and beta in float64.

    Without one, y as `activation` rounded it.
    """
    raise TypeError("chosen while a kernel is compiled")


def noise(params: Any, y: Any, at: Any) -> Any:
    """`noise(params, y, at)` -> (word, random): what the cell latches, as a rule `decisions.decide` of a fresh draw."""
    raise TypeError(f"no noise stage for {type(params).__name__}")


def sight(params: Any, at: Any) -> Any:
    """`sight(params, at)` -> a NamedTuple with a stage `seen`; `at.sight` is what it may build on."""
    raise TypeError("chosen while a kernel is compiled")


def seen(sight: Any, edge: Any, slot: Any) -> Any:
    """`seen(sight, edge, slot)` -> the word of a neighbour: the one in `slot`, along directed coupling `edge`."""
    raise TypeError(f"no seen stage for {type(sight).__name__}")


def commit(params: Any, old: Any, new: Any, at: Any) -> Any:
    """`commit(params, old, new, at)`: the cell held `old` and holds `new`."""
    raise TypeError("chosen while a kernel is compiled")


def prepare(params: Any, at: Any) -> Any:
    """`prepare(params, at)` -> random: draws for `at.cell` into `at.scratch`, whose length is `scratch_words`."""
    raise TypeError(f"no prepare stage for {type(params).__name__}")


def drift(params: Any, y: Any, at: Any) -> Any:
    """`drift(params, y, at)` -> random: what runs in `at.cell` between two latches of the array, under exponent y."""
    raise TypeError(f"no drift stage for {type(params).__name__}")


def settle(params: Any, array: Any, at: Any) -> Any:
    """`settle(params, array, at)` -> random: draw what `at.cell` owes up to now; the words stay as they are.

    `array.coupler` and `array.cells` are the parameters of the other kinds, for a field under a view of its own.
    """
    raise TypeError(f"no settle stage for {type(params).__name__}")


def settled(params: Any, at: Any) -> Any:
    """`settled(params, at)`: told of each cell after all cells have settled."""
    raise TypeError("chosen while a kernel is compiled")


optional(sight, lambda params, at: at.sight)
optional(exponent, lambda params, y, h, beta, cell: y)
optional(commit, lambda params, old, new, at: None)
optional(settled, lambda params, at: None)


@stage(seen, Plain)
def seen_as_it_is(sight: Any, edge: Any, slot: Any) -> Any:
    """The word in the slot."""
    return sight.words[slot]
