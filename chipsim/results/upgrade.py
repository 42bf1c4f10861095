"""Results that earlier versions wrote, in today's shape.

What does not depend on prices is brought into shape; before schema 5, what does is made from it again, with the prices
that are stored.

chipsim-run-5   times and request in the summary and the trace, without the processor
chipsim-run-4   besides: hosts that count machine words without where they live; platforms that cover groups of the
                ledger
chipsim-run-3   besides: parts and deeds in the pricing, which does not say what a host is; what lanes have in common
                under /shared, by names in words; figures of the workload among those of the run, and `workload` its
                name; records that do not say which cells stay
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipsim.engine.trace import MachineTime, Trace
from chipsim.ledger.cost import priced
from chipsim.results.layout import SCHEMA, attribute, from_json, put_attribute, put_json, put_packed
from chipsim.results.machine import write_machine
from chipsim.results.pricing_codec import of_json
from chipsim.results.summary import Summary, block_of, core_of, entry_names
from chipsim.results.trace_codec import read_trace, write_findings
from chipsim.units import to_seconds
from chipsim.workloads.outcome import Outcome

READABLE = ("chipsim-run-3", "chipsim-run-4", "chipsim-run-5")


def upgrade(file: Any) -> None:
    """Bring a file with a schema of `READABLE` into today's, in place: it is one in memory, the original stays.

    Raises:
        ValueError, KeyError: an entry is missing, or not what it should be.
    """
    summary, pricing = {**from_json(file, "summary"), "machine": ""}, from_json(file, "pricing")
    summary["platforms"] = [{**row, "wall_time": _is_of_wall_time(row)} for row in summary["platforms"]]
    measured = file["trace"].attrs
    machine = MachineTime(float(measured.pop("wall_s")), float(measured.pop("kernel_s")))
    if attribute(file, "schema") != "chipsim-run-5":
        summary, pricing = _of_run_4(summary, pricing, file, machine)
    # Only trainings have a history.
    if "training" in summary["workload"]["figures"]:
        summary["is_training"] = True
    write_machine(file, summary, pricing)
    _replace(file, "pricing", pricing)
    _replace(file, "summary", summary)
    put_attribute(file, "schema", SCHEMA)


def _of_run_4(
    summary: dict[str, Any], pricing: dict[str, Any], file: Any, machine: MachineTime
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Summary and pricing of schema 3 or 4 in the shape of 5; everything else in place."""
    if attribute(file, "schema") == "chipsim-run-3":
        arrays = {name: held[()] for name, held in file["arrays"].items()}
        summary, pricing = upgraded(summary, arrays), _pricing(pricing)
        shared = {name: held[()] for name, held in file.get("shared", {}).items()}
        write_findings(_findings(shared) if shared else {}, file)
        if "records" in file:
            put_packed(file["records"], "stuck", np.zeros((2, 0), np.int64))
    # What one die may show was not said, nor doubted that readings had settled.
    found = file["findings"]
    for name, value, of in (("variances", {}, "predicted_parts"), ("doubts", "", "independent_samples")):
        if of in found:
            put_json(found, name, value)
    pricing["components"] = [{**part, "on_chip": _is_on_chip(part)} for part in pricing["components"]]
    return _priced_again(summary, pricing, read_trace(file, machine)), pricing


def _is_of_wall_time(platform: dict[str, Any]) -> bool:
    """Of the platforms that shipped with these versions, one."""
    return platform["name"] == "this-cpu" and platform["energy_j"] is not None


def _replace(file: Any, name: str, value: Any) -> None:
    del file[name]
    put_json(file, name, value)


def _priced_again(held: dict[str, Any], pricing: dict[str, Any], trace: Trace) -> dict[str, Any]:
    """The JSON of a summary with today's figures at the prices that it had."""
    sheet, prices, comparisons, _ = of_json(pricing)
    load_s = to_seconds(trace.timing.occupancy.loading_fs)
    core = core_of({**held, "load_s": load_s, "platforms": []})
    batch = core.request.batch.longest(core.work.elapsed_s, load_s)
    core = replace(core, work=replace(core.work, batch_elapsed_s=batch))
    return Summary(core, priced(core, trace, sheet, prices, comparisons), block_of(held)).to_json()


def _is_on_chip(part: dict[str, Any]) -> bool:
    links = any(action["group"] == "link" for action in part["actions"])
    return not (part["is_host"] or links or part["kind"] == "mac_unit")


def upgraded(summary: dict[str, Any], arrays: Mapping[str, NDArray[Any]]) -> dict[str, Any]:
    """The JSON of a summary as `Summary.from_json` takes it; the workload is asked for what reports draw."""
    # Workloads load the kernels: only old results wait for that.
    from chipsim.workloads.registry import find_workload

    own, kind = entry_names(), summary["workload_resolved"]["workload"]
    figures = {name: value for name, value in summary.items() if name not in own}
    outcome = Outcome(figures, sampling=summary["sampling"], arrays=dict(arrays))
    sections = [asdict(section) for section in find_workload(kind).report(outcome)]
    block = {"name": summary["workload"], "kind": kind, "figures": figures, "sections": sections}
    return {**{name: value for name, value in summary.items() if name in own}, "workload": block}


def _pricing(held: dict[str, Any]) -> dict[str, Any]:
    def table(old: dict[str, Any]) -> dict[str, Any]:
        return _renamed(old, "asked", "requested_name")

    return {
        **_renamed(held, "parts", "components"),
        "components": [
            {**_renamed(part, "deeds", "actions"), "is_host": part["kind"] == "host"} for part in held["parts"]
        ],
        "prices": table(held["prices"]),
        "comparisons": [table(old) for old in held["comparisons"]],
    }


def _renamed(held: dict[str, Any], old: str, new: str) -> dict[str, Any]:
    return {new if key == old else key: value for key, value in held.items()}


def _findings(shared: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the workloads of linear algebra and of natural gradients: no others had any."""
    told = "predicted "
    parts = {name.removeprefix(told): float(value) for name, value in shared.items() if name.startswith(told)}
    rest = {
        name.replace(" ", "_"): value if value.ndim else value.item()
        for name, value in shared.items()
        if not name.startswith(told)
    }
    missing = {"predicted_parts": parts} if parts else {"kappa0": None}
    return {"rescalings": 0, **missing, **rest}
