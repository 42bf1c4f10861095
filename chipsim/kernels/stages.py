"""The stages of an array. Component kinds supply them with `@stage(...)`, by the type of their parameters.

For each cell that updates, in this order:

    sight       view of the other cells; by default their words                         a NamedTuple for `seen`
    field       (coupler kind)  h = sum_j J_ij s_j + b_i, neighbours by `seen`           64 float32
    activation  (cell kind)     y, the exponent of p = 1 / (1 + 2**y)                    64 float32
    threshold   (cell kind)     what random bits are compared with, for noise of that form
    exponent    (cell kind)     y in double precision, for refined decisions             float64, one lane
    noise       (noise kind)    new word of the cell                                     (word, random)
    commit      (noise kind)    notified of the old and new word

and around them, for noise kinds that require it:

    prepare     before a block of cells: draws into `at.scratch`                         random
    drift       all cells, before each colour latches: evolution between latches         random
    settle      all cells, before a write, a pause or an external read                   random

and for coupler kinds whose cells see what neighbours were some time ago:

    keep_past   before cells latch: keep the words that are still on their way
    charge      after the noise: what the node that sums the couplings carries over to the next latch
    rest        all cells, where nothing has changed for long: the node has settled

and where cells latch in random order, so that memory is slow:

    ahead       hint that a cell will update soon: fetch its parameters
    near        hint that it is next but a few: fetch the words of its neighbours

`field`, `activation` and `noise` are required; the others are optional at no cost. Clamps and counters are handled by
the kernel in `update.py`. Observers have separate stages: `observers.py`.

A stage gets one context. New fields of the context do not affect existing stages: contexts are created by `context_of`
and its companions only.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from numba.extending import register_jitable

from chipsim.kernels.jit import INLINED, optional, stage


class Context(NamedTuple):
    """The context of a stage.

    words: (slots,) uint64, the group's state; read neighbours through `seen(at.sight, edge, slot)`, not from here.
    own: state declared by the noise kind, see `NoiseKind.own_state`.
    scratch: (n,) uint64 filled by `prepare` for this cell; 0 without `prepare`.
    tick: phases since the array was switched on. beta: 64 float32. cell: its slot.
    random: the generator; stages that draw return its successor.
    sight: view of the other cells.
    exact: data for `decisions.decide` if a draw alone cannot decide.
    field: 64 float32, the field of the cell, in stage `noise`; 0 before.
    nodes: state of the couplers' nodes, see `NodeField` in `components/couplers/late.py`.
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
    field: Any = 0
    nodes: Any = 0


class Exact(NamedTuple):
    """Parameters of the kinds that determine the exponent of a cell, and the key of the group's extra random bits."""

    coupler: Any
    cells: Any
    stream: Any


class Plain(NamedTuple):
    """The default view: the words of the cells."""

    words: Any


@register_jitable(**INLINED)
def context_of(
    words: Any, own: Any, scratch: Any, tick: Any, beta: Any, cell: Any, random: Any, exact: Any, nodes: Any
) -> Context:
    """The context of a cell with the default view."""
    return Context(words, own, scratch, tick, beta, cell, random, Plain(words), exact, 0, nodes)


@register_jitable(**INLINED)
def with_sight(at: Any, sight: Any) -> Context:
    """The context of a cell with another view."""
    return Context(
        at.words, at.own, at.scratch, at.tick, at.beta, at.cell, at.random, sight, at.exact, at.field, at.nodes
    )


@register_jitable(**INLINED)
def with_field(at: Any, field: Any) -> Context:
    """The context of a cell whose field is known."""
    return Context(
        at.words, at.own, at.scratch, at.tick, at.beta, at.cell, at.random, at.sight, at.exact, field, at.nodes
    )


def field(params: Any, at: Any) -> Any:
    """`field(params, at)` -> 64 float32: the local field of `at.cell`."""
    raise TypeError(f"no field stage for {type(params).__name__}")


def activation(params: Any, h: Any, at: Any) -> Any:
    """`activation(params, h, at)` -> 64 float32 `y`: the cell is +1 with probability 1/(1 + 2**y)."""
    raise TypeError(f"no activation stage for {type(params).__name__}")


def exponent(params: Any, y: Any, h: Any, beta: Any, cell: Any) -> Any:
    """`exponent(params, y, h, beta, cell)` -> float64: the exponent of one lane, from h and beta in float64.

    The default is y as rounded by `activation`.
    """
    raise TypeError("chosen while a kernel is compiled")


def threshold(params: Any, h: Any, at: Any) -> Any:
    """`threshold(params, h, at)` -> (64 int32, word): what 32 random bits are compared with, unsigned: the cell is +1
    if they are below it, in the lanes of the word if they are above it. For cell kinds that declare `has_thresholds`.
    """
    raise TypeError(f"no threshold stage for {type(params).__name__}")


def noise(params: Any, y: Any, at: Any) -> Any:
    """`noise(params, y, at)` -> (word, random): the new word of the cell, usually `decisions.decide` of a new draw."""
    raise TypeError(f"no noise stage for {type(params).__name__}")


def sight(params: Any, at: Any) -> Any:
    """`sight(params, at)` -> a NamedTuple with a stage `seen`; `at.sight` is the underlying view."""
    raise TypeError("chosen while a kernel is compiled")


def seen(sight: Any, edge: Any, slot: Any) -> Any:
    """`seen(sight, edge, slot)` -> the word of a neighbour: the one in `slot`, along directed coupling `edge`."""
    raise TypeError(f"no seen stage for {type(sight).__name__}")


def commit(params: Any, old: Any, new: Any, at: Any) -> Any:
    """`commit(params, old, new, at)`: the cell changed from `old` to `new`."""
    raise TypeError("chosen while a kernel is compiled")


def prepare(params: Any, at: Any) -> Any:
    """`prepare(params, at)` -> random: draws for `at.cell` into `at.scratch`, whose length is `scratch_words`."""
    raise TypeError(f"no prepare stage for {type(params).__name__}")


def drift(params: Any, y: Any, at: Any) -> Any:
    """`drift(params, y, at)` -> random: evolution of `at.cell` between two latches of the array, under exponent y."""
    raise TypeError(f"no drift stage for {type(params).__name__}")


def settle(params: Any, array: Any, at: Any) -> Any:
    """`settle(params, array, at)` -> random: make the pending draws of `at.cell`; words are unchanged.

    `array.coupler` and `array.cells` are the parameters of the other kinds, for a field under a view of its own.
    """
    raise TypeError(f"no settle stage for {type(params).__name__}")


def settled(params: Any, at: Any) -> Any:
    """`settled(params, at)`: called for each cell after all cells have settled."""
    raise TypeError("chosen while a kernel is compiled")


def keep_past(params: Any, words: Any, begin: Any, end: Any) -> Any:
    """`keep_past(params, words, begin, end)`: cells `begin` to `end` are about to latch."""
    raise TypeError("chosen while a kernel is compiled")


def charge(params: Any, at: Any) -> Any:
    """`charge(params, at)`: the cell has latched under the field that stage `field` returned last."""
    raise TypeError("chosen while a kernel is compiled")


def rest(params: Any, at: Any) -> Any:
    """`rest(params, at)`: all words have been as they are for long, and have arrived everywhere."""
    raise TypeError("chosen while a kernel is compiled")


def ahead(params: Any, cell: Any) -> Any:
    """`ahead(params, cell)`: fetch what a field will read of `cell`, without words."""
    raise TypeError("chosen while a kernel is compiled")


def near(params: Any, words: Any, cell: Any) -> Any:
    """`near(params, words, cell)`: fetch the words that the field of `cell` will read."""
    raise TypeError("chosen while a kernel is compiled")


optional(sight, lambda params, at: at.sight)
optional(keep_past, lambda params, words, begin, end: None)
optional(charge, lambda params, at: None)
optional(rest, lambda params, at: None)
optional(ahead, lambda params, cell: None)
optional(near, lambda params, words, cell: None)
optional(exponent, lambda params, y, h, beta, cell: y)
optional(commit, lambda params, old, new, at: None)
optional(settled, lambda params, at: None)


@stage(seen, Plain)
def seen_as_it_is(sight: Any, edge: Any, slot: Any) -> Any:
    """The word of the slot."""
    return sight.words[slot]
