"""Fixed-point p-bits: bit by bit against a plain Python model of DSIM-1, and against the exact law of their chain.

A million independent snapshots of lanes; a right law is rejected for one seed in a million.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from support_digital import DSIM_TABLE, digital_law, dsim_update, shared_law
from support_errors import refused
from support_policies import RING

import chipsim
from chipsim.compiler.program import Program, compile_program
from chipsim.components.cells.digital_pbit import DigitalPBit
from chipsim.components.noise.bit_generator import BitGenerator
from chipsim.engine.device import Device
from chipsim.engine.latched.array import LatchedArray
from chipsim.engine.packing import lanes_of_words
from chipsim.problems.problem import Problem
from chipsim.testing.array_rules import chi_square
from chipsim.testing.exact import boltzmann, total_variation
from chipsim.testing.trial import BIASES, COUPLINGS, held_problem, trial_netlist, trial_program, with_kind

LANES, SNAPSHOTS = 2**16, 16
DSIM_WEIGHTS = {"couplers.weight_bits": 6, "couplers.weight_range": 15.5, "couplers.overflow": "saturate"}


def program_of(integer_bits: int, fraction_bits: int, noise: dict[str, Any], changes: dict[str, Any]) -> Program:
    """The trial chip with fixed-point cells, and these generators instead of ideal noise."""
    given = {"kind": "digital_pbit", "integer_bits": integer_bits, "fraction_bits": fraction_bits}
    netlist = trial_netlist(DigitalPBit.model_validate(given), changes)
    if noise:
        netlist = with_kind(netlist, BitGenerator.model_validate({"kind": "bit_generator", **noise}))
    return compile_program(netlist)


def dsim(fabric: dict[str, Any]) -> Program:
    """The cells of DSIM-1 on a graph."""
    return program_of(4, 1, {"law": "lfsr"}, {**DSIM_WEIGHTS, "fabric": fabric})


def test_the_table_of_dsim_is_that_of_its_source() -> None:
    cell = DigitalPBit.model_validate({"kind": "digital_pbit", "integer_bits": 4, "fraction_bits": 1})
    assert cell.table().astype(np.int64).tolist() == DSIM_TABLE


def dsim_array(lanes: int) -> tuple[LatchedArray, list[tuple[int, int, int]], list[int]]:
    """A torus of 27 cells with degree 6, its couplings (i, j, code) and biases in halves; some fields saturate."""
    program = dsim({"pattern": "cubic", "size": [3, 3, 3], "borders": "torus"})
    random = np.random.default_rng(1)
    edges = program.netlist.fabric.edges
    codes, biases = random.integers(-7, 8, len(edges)), random.integers(-31, 32, program.cells)
    array = LatchedArray(program, lanes, seed=2)
    coupler = program.netlist.domain.coupler.kind
    array.load(program.field(coupler.quantise(codes / 2, biases / 2)))
    array.set_beta(1.0)
    return array, [(int(i), int(j), int(code)) for (i, j), code in zip(edges, codes, strict=True)], biases.tolist()


def registers(array: LatchedArray) -> NDArray[np.uint32]:
    """(cells, 64) by site, of the first group."""
    held: NDArray[np.uint32] = array.state.own[0].view(np.uint32).reshape(-1, 64)[array.program.slot_of].copy()
    return held


def test_dsim_is_a_plain_python_model_over_10_000_updates() -> None:
    lanes, sweeps = 6, 375
    array, edges, biases = dsim_array(lanes)
    program = array.program
    assert sweeps * program.cells >= 10_000
    neighbours: list[list[tuple[int, int]]] = [[] for _ in range(program.cells)]
    for i, j, code in edges:
        neighbours[i].append((j, code))
        neighbours[j].append((i, code))
    spins = (lanes_of_words(array.words(program.slot_of), lanes) > 0).astype(int).tolist()
    shifted = registers(array)[:, :lanes].T.astype(int).tolist()
    colours = program.colour_of[program.slot_of]
    saturated = 0
    for lane in range(lanes):
        s, r = spins[lane], shifted[lane]
        for _ in range(sweeps):
            for colour in range(program.colours):
                for cell in np.flatnonzero(colours == colour).tolist():
                    field = biases[cell] + sum(code if s[j] else -code for j, code in neighbours[cell])
                    saturated += abs(field) > 31
                    s[cell], r[cell] = dsim_update(field, r[cell])
    array.advance(0, sweeps * program.sweep_fs)
    assert (lanes_of_words(array.words(program.slot_of), lanes) > 0).astype(int).tolist() == spins
    assert registers(array)[:, :lanes].T.astype(int).tolist() == shifted
    assert saturated > 1000


@pytest.mark.parametrize("field", [-3, -1, 0, 1, 5])
def test_a_tie_gives_minus_one(field: int) -> None:
    """The register holds the entry of the table, and its neighbours on both sides."""
    program = dsim({"uncoupled": 3})
    array = LatchedArray(program, 64, seed=1)
    array.load(program.field(program.netlist.domain.coupler.kind.quantise(np.zeros(0), np.full(3, field / 2))))
    array.set_beta(1.0)
    entry = DSIM_TABLE[abs(field)]
    values = np.repeat(np.array([entry - 1, entry, entry + 1], np.uint32), 64)
    array.state.own[0][:] = values.view(np.int32)
    array.advance(0, program.sweep_fs)
    spins = lanes_of_words(array.words(np.arange(3)), 64)
    wanted = [1, -1, -1] if field >= 0 else [-1, -1, 1]
    assert (spins == wanted).all()
    assert registers(array)[program.site_of][:, 0].tolist() == [dsim_update(field, int(v))[1] for v in values[::64]]


def snapshots(
    format_: tuple[int, int], noise: dict[str, Any], changes: dict[str, Any], sweeps: int = 50
) -> tuple[NDArray[np.float64], Problem]:
    """Counts of the states of the 4-ring, and the problem that it holds."""
    return snapshots_of(program_of(*format_, noise, changes), sweeps)


def snapshots_of(
    program: Program, sweeps: int = 50, couplings: Any = COUPLINGS, biases: Any = BIASES
) -> tuple[NDArray[np.float64], Problem]:
    """The same of a program of the 4-ring, or of another with these weights."""
    array = LatchedArray(program, LANES, seed=3)
    array.load(program.field(program.netlist.domain.coupler.kind.quantise(couplings, biases)))
    array.set_beta(1.0)
    counts = np.zeros(2**program.cells)
    for shot in range(SNAPSHOTS):
        array.advance(shot * sweeps * program.sweep_fs, (shot + 1) * sweeps * program.sweep_fs)
        index = (lanes_of_words(array.words(program.slot_of), LANES) > 0) @ (1 << np.arange(program.cells))
        counts += np.bincount(index, minlength=len(counts))
    return counts, held_problem(program, couplings, biases)


def agrees(counts: Any, law: Any) -> bool:
    excess, limit = chi_square(counts, law * counts.sum())
    print(f"chi-square {excess:.1f} of {limit:.1f}, total variation {total_variation(counts / counts.sum(), law):.4f}")
    return excess < limit


EVEN_ODD = [(0, 2), (1, 3)]
GENERATORS = [{}, {"law": "lfsr", "steps": 32}, {"law": "xorshift"}]


@pytest.mark.parametrize("noise", GENERATORS, ids=["ideal", "lfsr, 32 steps", "xorshift"])
def test_quantised_chips_sample_their_quantised_coefficients(noise: dict[str, Any]) -> None:
    """Weights of 8 bits with a step of 1/64, fields of the same step that fit: Boltzmann of what is held."""
    changes = {"couplers.weight_bits": 8, "couplers.weight_range": 127 / 64}
    counts, held = snapshots((1, 6), noise, changes)
    assert np.array_equal(held.couplings * 64, np.rint(COUPLINGS * 64))
    assert agrees(counts, boltzmann(held, 1.0))
    assert not agrees(counts, digital_law(held, EVEN_ODD, 1, 2))


@pytest.mark.parametrize("noise", GENERATORS, ids=["ideal", "lfsr, 32 steps", "xorshift"])
def test_saturation_and_table_follow_their_own_chain(noise: dict[str, Any]) -> None:
    """s{0}{2}: fields saturate at 0.75 and have steps of a quarter."""
    counts, held = snapshots((0, 2), noise, {})
    assert agrees(counts, digital_law(held, EVEN_ODD, 0, 2))
    assert not agrees(counts, boltzmann(held, 1.0))


@pytest.mark.parametrize("table_bits", [1, 2, 3])
def test_a_small_table_follows_its_own_chain(table_bits: int) -> None:
    """s{1}{2}: of 8 magnitudes, 8 / 2**table_bits share an entry, that of the smallest."""
    given = {"kind": "digital_pbit", "integer_bits": 1, "fraction_bits": 2, "table_bits": table_bits}
    cell = DigitalPBit.model_validate(given)
    assert len(cell.table()) == 2**table_bits
    counts, held = snapshots_of(trial_program(cell, {"couplers.weight_bits": 8}))
    whole = digital_law(held, EVEN_ODD, 1, 2)
    assert agrees(counts, digital_law(held, EVEN_ODD, 1, 2, 2 ** (3 - table_bits)))
    assert agrees(counts, whole) == (table_bits == 3)


@pytest.mark.parametrize("bias_bits", [2, 3, 12])
def test_biases_of_few_bits_sample_the_boltzmann_law_of_what_is_held(bias_bits: int) -> None:
    """Codes of -(2**(b-1) - 1) to 2**(b-1) - 1 over the range of 1, while couplings keep 16 bits."""
    counts, held = snapshots_of(trial_program(None, {"couplers.weight_bits": 16, "couplers.bias_bits": bias_bits}))
    largest = 2 ** (bias_bits - 1) - 1
    assert np.allclose(held.biases, np.rint(BIASES * largest) / largest, rtol=0, atol=1e-12)
    assert np.allclose(held.couplings, COUPLINGS, rtol=0, atol=2**-15)
    assert agrees(counts, boltzmann(held, 1.0))
    assert agrees(counts, boltzmann(Problem("asked", held.edges, COUPLINGS, BIASES), 1.0)) == (bias_bits == 12)


def test_biases_take_the_words_that_they_need() -> None:
    sizes = {}
    for bits in (None, 4, 6, 7, 12, 13):
        changes = {"couplers.weight_bits": 6, **({"couplers.bias_bits": bits} if bits else {})}
        sizes[bits] = trial_program(None, changes).netlist.domain.coupler.kind.program_bits(10, 5)
    assert sizes == {None: (25, 6), 4: (25, 6), 6: (25, 6), 7: (30, 6), 12: (30, 6), 13: (35, 6)}


def test_a_register_that_shifts_once_per_update_is_no_source_of_independent_numbers() -> None:
    """Consecutive numbers share 31 bits: the law is off, as it is on the machine."""
    counts, held = snapshots((1, 3), {"law": "lfsr", "steps": 1}, {})
    law = digital_law(held, EVEN_ODD, 1, 3)
    assert not agrees(counts, law)
    assert total_variation(counts / counts.sum(), law) == pytest.approx(0.03, abs=0.003)


# --- cells that share a generator -----------------------------------------------------------------------------------


STAR: dict[str, Any] = {"edges": [[0, 1], [0, 2], [0, 3], [0, 4]]}
SHARED = {"xorshift": {"law": "xorshift"}, "lfsr": {"law": "lfsr", "steps": 32}}


@pytest.mark.parametrize("law", SHARED)
@pytest.mark.parametrize(("fabric", "each", "order"), [
    (RING, 2, [[(0, 2)], [(1, 3)]]),
    (RING, 64, [[(0, 2)], [(1, 3)]]),
    (STAR, 3, [[(0,)], [(1, 2, 3), (4,)]]),
    (STAR, 4, [[(0,)], [(1, 2, 3, 4)]]),
])  # fmt: skip
def test_cells_that_share_a_generator_follow_the_chain_of_a_shared_number(
    fabric: dict[str, Any], each: int, order: Any, law: str
) -> None:
    """s{1}{3}; the law differs from that of numbers of their own, and from that of other cells together."""
    program = program_of(1, 3, {**SHARED[law], "cells_each": each}, {"fabric": fabric})
    cells = program.cells
    sources = program.netlist.latched.noise.kind.sources(program.colour_of)
    assert sources is not None
    groups = [tuple(np.flatnonzero(sources[program.slot_of] == slot).tolist()) for slot in np.unique(sources)]
    assert sorted(groups) == sorted(group for phase in order for group in phase)
    couplings, biases = np.array([0.6, 0.5, 0.4, 0.7]), np.append(BIASES, -0.2)[:cells]
    counts, held = snapshots_of(program, couplings=couplings, biases=biases)
    own = [[(cell,) for group in phase for cell in group] for phase in order]
    assert agrees(counts, shared_law(held, order, 1, 3))
    assert not agrees(counts, shared_law(held, own, 1, 3))
    if each == 4:
        assert not agrees(counts, shared_law(held, [[(0,)], [(1, 2, 3), (4,)]], 1, 3))


def test_the_law_of_numbers_of_their_own_is_that_of_the_chain() -> None:
    held = held_problem(program_of(1, 3, {}, {}), COUPLINGS, BIASES)
    own = shared_law(held, [[(0,), (2,)], [(1,), (3,)]], 1, 3)
    assert total_variation(own, digital_law(held, EVEN_ODD, 1, 3)) < 1e-9


@pytest.mark.parametrize("fault", ["each cell shifts", "never shifts"])
def test_generators_that_step_at_the_wrong_time_are_caught(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    exact = BitGenerator.noise

    def faulty(self: BitGenerator, context: Any) -> Any:
        params: Any = exact(self, context)
        last = np.ones_like(params.last) if fault == "each cell shifts" else np.zeros_like(params.last)
        return params._replace(last=last)

    monkeypatch.setattr(BitGenerator, "noise", faulty)
    with pytest.raises(AssertionError):
        test_cells_that_share_a_generator_follow_the_chain_of_a_shared_number(RING, 2, [[(0, 2)], [(1, 3)]], "xorshift")


SMALL_DSIM = {"fabric.size": [6, 6, 6], "schedule.beta_by": "hard_wired", "schedule.sweeps": 100, "rng.steps": 32}


def test_shared_generators_are_counted_once_and_give_no_effective_samples() -> None:
    """6 x 6 x 6 cells in two colours of 108: 4 each make 27 generators of a colour; 10 each 11, one for 8 cells."""
    powered = {}
    for each, many in ((1, 216), (4, 54), (10, 22)):
        run = chipsim.run("dsim-1", "spin-glass", set={**SMALL_DSIM, "rng.cells_each": each}, lanes=64)
        activity = run.trace.activity
        assert (activity.total("draw"), activity.total("update")) == (many * 100 * 64, 216 * 100 * 64)
        told = f"{each} cells of a colour compare the same random number" in run.summary["sampling"]
        assert told == (each > 1)
        assert run.summary["effective_samples"] is None or not told
        powered[each] = activity.total("on", "rng")
    assert powered[1] == 4 * powered[4]


def test_a_generator_with_a_held_cell_draws_for_the_others() -> None:
    """A cell of two is held, both of another two: draws are those of one generator of two."""
    program = program_of(1, 3, {"law": "xorshift", "cells_each": 2}, {})
    for held, draws in ((np.array([0]), 2), (np.array([0, 2]), 1), (np.array([], int), 2)):
        device = Device(program, lanes=64, seed=1)
        device.write(COUPLINGS, BIASES)
        device.hard_wire_beta(1.0)
        if len(held):
            device.clamp(held, np.ones(len(held), np.int8))
        device.sample(10)
        assert device.finish().activity.total("draw") == draws * 10 * 64


@pytest.mark.parametrize("order", ["sequential", "random-sequential"])
def test_cells_that_latch_one_after_another_share_no_generator(order: str) -> None:
    with refused("chip.unsuitable", "generators are shared by cells of a colour; use updates: colours, or cells_each"):
        program_of(1, 3, {"law": "xorshift", "cells_each": 2}, {"clock.updates": order})


# --- what does not go together ---------------------------------------------------------------------------------------


def test_weights_saturate() -> None:
    coupler = dsim(RING).netlist.domain.coupler.kind
    held = coupler.quantise(np.array([20.0, -99.0, 0.7, 0.0]), np.array([0.2, 16.0, -40.0, 0.0]))
    assert held.couplings.tolist() == [15.5, -15.5, 0.5, 0.0]
    assert held.biases.tolist() == [0.0, 15.5, -15.5, 0.0]
    assert (held.stretch, held.error) == (1.0, 99 - 15.5)


def test_bits_need_cells_that_compare_them() -> None:
    with refused("spec.array-parts", "bit_generator goes with cells that compare bits"):
        trial_program(BitGenerator.model_validate({"kind": "bit_generator", "law": "xorshift"}))


@pytest.mark.parametrize(("steps", "law", "withheld"), [(1, "lfsr", True), (32, "lfsr", False), (1, "xorshift", False)])
def test_correlated_numbers_give_no_effective_samples(steps: int, law: str, withheld: bool) -> None:
    """A register that moves by one bit biases the ring by a total variation of .030: no samples of Boltzmann's law."""
    changes = {"fabric.size": [6, 6, 6], "schedule.beta_by": "hard_wired", "schedule.sweeps": 400}
    run = chipsim.run("dsim-1", "spin-glass", set={**changes, "rng.law": law, "rng.steps": steps}, lanes=64)
    assert ("numbers of an LFSR" in run.summary["sampling"]) == withheld
    assert withheld == (run.summary["effective_samples"] is None)
