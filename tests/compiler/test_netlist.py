"""Elaboration: ranges and containers to instances, names made on demand, routes found along nets, inert parameters."""

from __future__ import annotations

import pytest
from support_chips import chip_spec, chip_text, netlist_of
from support_errors import refused

from chipsim.compiler.netlist import elaborate
from chipsim.errors import SpecErrors

CORES = """chipsim: 1
name: cores
technology: { node: none, vdd: 1 V, temperature: 300 K }
fabric: { pattern: square, size: [4, 4] }
components:
  host: { kind: host, cycle: 1 ns }
  core[0..1]:
    kind: container
    components:
      link: { kind: link, rate: 1 Gbit/s, latency: 0 s }
      weights[0..2]: { kind: weight_memory, bits_per_cycle: 8, cycle: 1 ns }
      cells[*]: { kind: pbit, relaxation_time: 100 ns }
      rng[*]: { kind: rng, law: ideal }
      couplers: { kind: coupler, weight_bits: 8, pitch: 6 um, capacitance_per_length: 350 aF/um }
    nets: [link -> weights -> couplers <-> cells, rng -> cells]
  clock: { kind: clock, phase: 100 ns, wire_per_cell: 6 um, capacitance_per_length: 350 aF/um }
nets: [host <-> core.link, clock -> core.cells]
price_table: dtca-physical
"""


def test_a_range_is_one_component_with_a_count() -> None:
    netlist = netlist_of()
    assert {name: c.count for name, c in netlist.components.items() if c.count > 1} == {
        "inputs": 16,
        "cells": 16,
        "rng": 16,
    }
    cells = netlist.components["cells"]
    assert cells.instance_name(7) == "cells[7]"
    assert netlist.components["link"].instance_name(0) == "link"


def test_containers_multiply_what_is_in_them() -> None:
    netlist = elaborate(chip_spec(CORES))
    counts = {name: c.count for name, c in netlist.components.items()}
    assert counts == {
        "host": 1, "core.link": 2, "core.weights": 6, "core.cells": 16, "core.rng": 16, "core.couplers": 2, "clock": 1,
    }  # fmt: skip
    cells, weights = netlist.components["core.cells"], netlist.components["core.weights"]
    assert [cells.instance_name(i) for i in (0, 7, 8, 15)] == [
        "core[0].cells[0]", "core[0].cells[7]", "core[1].cells[0]", "core[1].cells[7]",
    ]  # fmt: skip
    assert [weights.instance_name(i) for i in (0, 5)] == ["core[0].weights[0]", "core[1].weights[2]"]
    assert netlist.components["core.link"].instance_name(1) == "core[1].link"
    assert [c.name for c in netlist.route("program")] == ["host", "core.link", "core.weights"]


def test_a_name_leads_back_to_its_instance() -> None:
    netlist = elaborate(chip_spec(CORES))
    for component in netlist.components.values():
        names = [component.instance_name(index) for index in range(component.count)]
        assert [component.index_of(name) for name in names] == list(range(component.count))
    cells = netlist.components["core.cells"]
    for wrong in ("core[0].cells[8]", "core[2].cells[0]", "cells[3]", "core[0].cells", "core[0].cells[01]", "host"):
        assert cells.index_of(wrong) is None


def test_instances_by_glob_take_brackets_literally() -> None:
    netlist = elaborate(chip_spec(CORES))
    assert [name for name, _ in netlist.instances("core[1].link")] == ["core[1].link"]
    assert [name for name, _ in netlist.instances("core[*].link")] == ["core[0].link", "core[1].link"]
    assert len(list(netlist.instances("*cells[3]"))) == 2
    assert len(list(netlist.instances("*"))) == 44
    assert not list(netlist.instances("core[2].link"))


def test_cells_that_do_not_divide_into_containers_are_refused() -> None:
    with refused("spec.array-parts", "16 sites do not divide into 3 containers"):
        elaborate(chip_spec(CORES.replace("core[0..1]", "core[0..2]")))


ROUTES = {
    "program": ["host", "link", "controller", "weights"],
    "clamp": ["host", "link", "controller", "inputs"],
    "bias": ["host", "link", "controller", "bias_dac"],
    "read": ["readout", "controller", "link", "host"],
}


def test_routes_follow_the_nets() -> None:
    netlist = netlist_of()
    assert {purpose: [c.name for c in route] for purpose, route in netlist.routes.items()} == ROUTES


MISSING = [
    ("cells -> readout -> controller", "readout -> controller", "read", "states cannot be read"),
    ("controller -> inputs -> cells", "controller -> inputs", "clamp", "cells cannot be clamped"),
    ("host <-> link <-> controller", "host <-> link <- controller", "program", "weights cannot be written"),
    ("host <-> link <-> controller", "host -> link -> controller", "read", "states cannot be read"),
]


@pytest.mark.parametrize(("net", "instead", "purpose", "complaint"), MISSING)
def test_without_a_net_there_is_no_route(net: str, instead: str, purpose: str, complaint: str) -> None:
    netlist = elaborate(chip_spec(chip_text().replace(net, instead)))
    assert purpose not in netlist.routes
    with refused("chip.no-route", complaint):
        netlist.route(purpose)


def test_a_shorter_way_is_taken_and_none_goes_through_another_end() -> None:
    text = chip_text().replace("  - host <-> link", "  - host -> controller\n  - host <-> link")
    assert [c.name for c in elaborate(chip_spec(text)).route("program")] == ["host", "controller", "weights"]
    # A memory is no wire: the converter behind it cannot be reached through it.
    text = chip_text().replace("controller -> bias_dac -> cells", "weights -> bias_dac -> cells")
    assert "bias" not in elaborate(chip_spec(text)).routes


def test_a_chip_needs_its_parts() -> None:
    text = chip_text().replace("  rng[*]: { kind: rng, law: ideal }\n", "").replace("  - rng -> cells\n", "")
    with refused("spec.array-parts", "a chip requires a noise source"):
        elaborate(chip_spec(text))
    two = chip_text().replace("  - rng -> cells", "  - rng -> cells\n  - other -> cells")
    two = two.replace("  rng[*]:", "  other[*]: { kind: rng, law: ideal }\n  rng[*]:")
    with refused("spec.array-parts", "other and rng: "):
        elaborate(chip_spec(two))


def test_all_complaints_of_all_components_come_at_once() -> None:
    text = (
        chip_text().replace("cycle: 1 ns, word_bits: 64", "cycle: 1, word_bits: 0").replace("law: ideal", "law: idle")
    )
    with pytest.raises(SpecErrors) as caught:
        elaborate(chip_spec(text))
    paths = [error.path for error in caught.value.errors]
    assert paths == ["host.cycle", "host.word_bits", "controller.cycle", "controller.word_bits", "rng.law"]


def test_inert_parameters_are_named_with_their_reason() -> None:
    inert = netlist_of().inert()
    assert inert["cells.relaxation_time"] == "rng does not depend on it"
    assert {f"readout.{key}" for key in ("channels", "bits", "figure_of_merit")} <= set(inert)
    # The link moves a bit a nanosecond, the memory stores 64.
    assert inert["weights.bits_per_cycle"] == "link is slower on the route of a program"
    text = chip_text().replace("bits_per_cycle: 64", "bits_per_cycle: 1").replace("1 Gbit/s", "10 Gbit/s")
    assert "weights.bits_per_cycle" not in elaborate(chip_spec(text)).inert()
    redraw = elaborate(chip_spec(chip_text(mode="adc").replace("law: ideal", "law: redraw")))
    assert "cells.relaxation_time" not in redraw.inert()
    assert not {f"readout.{key}" for key in ("bits", "figure_of_merit")} & set(redraw.inert())


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("host <-> link <-> controller", "host <-> core.link <-> controller", "spec.bad-net"),
        ("cells[*]", "cells.a[*]", "spec.bad-name"),
        ("kind: pbit, ", "", "spec.missing-key"),
        ("  link:", "  host[0..2]: { kind: host, cycle: 1 ns }\n  link:", "spec.duplicate"),
    ],
)
def test_names_and_nets_that_mean_nothing(old: str, new: str, code: str) -> None:
    with refused(code):
        elaborate(chip_spec(chip_text().replace(old, new)))


CONTAINERS = [
    ("core[0..1]", "core[*]", "spec.bad-container"),
    (
        "    kind: container\n",
        "    kind: container\n    gain: 2\n",
        "spec.unknown-key",
    ),
    (
        "      link:",
        "      inner[0..1]: { kind: container, components: {} }\n      link:",
        "spec.bad-container",
    ),
]


@pytest.mark.parametrize(("old", "new", "code"), CONTAINERS)
def test_containers_that_mean_nothing(old: str, new: str, code: str) -> None:
    with refused(code):
        elaborate(chip_spec(CORES.replace(old, new)))
