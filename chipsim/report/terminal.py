"""The ledger in a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from chipsim.results.diff import Diff
from chipsim.results.explain import limit_step
from chipsim.units import show, show_area, show_count

# Limits that a line has room for.
MAX_LIMITS = 3


def render(summary: dict[str, Any]) -> RenderableType:
    """Everything that a person wants to see after a run."""
    parts: list[RenderableType] = [
        *headline(summary),
        Text(),
        ledger_table(summary),
        Text(),
        groups_table(summary),
        Text(),
        *notes(summary),
    ]
    return Group(*parts)


def headline(summary: dict[str, Any]) -> list[Text]:
    """Cost per repetition, time, samples."""
    ci = summary["energy_ci95_j"]
    low, high = summary["energy_price_range_j"]
    interval = f" +- {show(ci, 'J', 2)} (95 %, lanes)" if ci is not None else ""
    lanes = f"{summary['lanes']} lane{'' if summary['lanes'] == 1 else 's'}"
    of = f"prices {summary['prices']}, {lanes}, seed {summary['seed']}"
    span = f"{show(low, 'J', 3)} to {show(high, 'J', 3)} (prices)"
    simulated = f"{show(summary['elapsed_s'], 's')} simulated"
    done = f"{summary['updates']:,} updates, {_share(summary)} of them toggles" if summary["updates"] else "relaxation"
    lines = [
        f"{summary['chip']} on {summary['workload']}, {of}",
        f"energy   {show(summary['energy_j'], 'J')} per repetition{interval}, {span}",
        f"time     {simulated}; {done}",
        *_work(summary),
        *_solution(summary),
        f"answer   {_answers(summary)}",
        f"limit    {_limit(summary)}",
        *key_lines(summary),
    ]
    return [Text(line, style="bold" if i == 0 else "", overflow="fold") for i, line in enumerate(lines)]


def _work(summary: dict[str, Any]) -> list[str]:
    """What the workload found: samples, a trained network, or the errors of linear algebra beside other methods."""
    if "optimizer" in summary:
        return _training(summary)
    if "methods" not in summary:
        return [f"samples  {_samples(summary)}"]
    parts = ", ".join(f"{name} {value:.3g}" for name, value in summary["predicted_parts"].items() if value)
    lines = [f"error    {summary['error']:.3g} relative; predicted {summary['predicted_error']:.3g} ({parts})"]
    if summary["rescalings"]:
        lines.append(f"scaled   beyond full scale: input halved {summary['rescalings']} times, each time billed")
    for method in summary["methods"]:
        told = [f"error {method['error']:.3g}"] if method["error"] is not None else []
        costs = ((method["energy_j"], "J"), (method["time_s"], "s"))
        told += [show(cost, unit) for cost, unit in costs if cost is not None]
        told += [f"{method['macs']:,} multiply-adds"] if method["macs"] is not None else []
        lines.append(f"method   {method['method']}: {', '.join(told)}")
    if summary["effective_samples"]:
        lines.append(f"samples  {_samples(summary)}")
    return lines


def _training(summary: dict[str, Any]) -> list[str]:
    """How well and how fast a network was trained, and what an iteration cost."""
    many, target, reached = summary["iterations"], summary["target_accuracy"], summary["iterations_to_target"]
    goal = f"{target:.1%} " + ("not reached" if reached is None else f"reached after {reached:,}")
    costs = ((summary["energy_j"], "J"), (summary["elapsed_s"], "s"))
    lines = [
        f"trained  {summary['parameters']:,} weights by {summary['optimizer']}: accuracy {summary['accuracy']:.1%} "
        f"(best {summary['best_accuracy']:.1%}) after {many:,} iterations; {goal}",
        f"step     {', '.join(show(cost / many, unit) for cost, unit in costs)} an iteration",
    ]
    if summary["kappa0"] is not None:
        scaled = f"inputs halved {summary['rescalings']} times beyond full scale, each time billed"
        lines.append(f"noise    kappa0 {summary['kappa0']:.3g} (median of the solves); {scaled}")
    return lines


def _answers(summary: dict[str, Any]) -> str:
    """Energy with its range, and time, of one answer at each number of jobs per load."""
    parts = []
    for jobs, energy in summary["energy_per_job_j"].items():
        low, high = summary["energy_per_job_range_j"][jobs]
        span = f"{show(energy, 'J')} ({show(low, 'J', 3)} to {show(high, 'J', 3)})"
        parts.append(f"{span}, {show(summary['time_per_job_s'][jobs], 's')} at {int(jobs):,}")
    return "; ".join(parts) + " jobs per load"


def _limit(summary: dict[str, Any]) -> str:
    """What the run waits for, and the next limits; more than a line of them stand on the page."""
    steps = summary["limit"]["steps"]
    if not steps:
        return "not known: the bill was put together from parts" if summary["elapsed_s"] else "nothing takes time"
    return "; then ".join(limit_step(step) for step in steps[:MAX_LIMITS])


def key_lines(summary: dict[str, Any]) -> list[str]:
    """The four figures without which a low-power claim means little."""
    figures = summary["key_figures"]
    samples, quality = figures["samples_per_answer"], figures["single_sample_quality"]
    mapping, auxiliary = figures["mapping_cost"], figures["auxiliary_digital"]
    texts = {
        "reads": _defined(samples, ("value",), lambda v: f"{v:,}"),
        "single": _defined(quality, ("value",), lambda v: f"{v:.4g}"),
        "mapping": _defined(
            mapping,
            ("cells_per_spin", "couplers_per_edge"),
            lambda c, k: f"{c:.3g} cells a spin, {k:.3g} couplers an edge",
        ),
        "digital": _defined(
            auxiliary, ("energy_share", "time_share"), lambda e, t: f"{_percent(e)} of energy, {_percent(t)} of time"
        ),
    }
    return [f"{name:8} {text}" for name, text in texts.items()]


def _defined(figure: dict[str, Any], keys: tuple[str, ...], text: Any) -> str:
    """Values with what they mean, or why there are none."""
    values = [figure[key] for key in keys]
    return str(figure["meaning"]) if None in values else f"{text(*values)} ({figure['meaning']})"


def _share(summary: dict[str, Any]) -> str:
    return f"{summary['toggles'] / summary['updates']:.1%}" if summary["updates"] else "none"


def _samples(summary: dict[str, Any]) -> str:
    if summary["effective_samples"]:
        on_chip = f"{show_count(round(summary['effective_samples']))} effective on the chip"
        ci = summary["joules_per_effective_sample_ci95_j"]
        cost = f"{show(summary['joules_per_effective_sample'], 'J')}"
        cost += f" +- {show(ci, 'J', 2)} each" if ci is not None else " each"
        text = f"{on_chip}, {cost}"
        if "tau_int_sweeps" in summary:
            text += f", tau_int {summary['tau_int_sweeps']:.3g} sweeps ({summary['slowest_observable']})"
    elif summary["sampling"] == "unresolved":
        tau = summary["tau_int_sweeps"]
        known = "too few records, or chains that stand still" if tau is None else f"tau_int {tau:.3g} sweeps or more"
        text = f"unresolved: chains shorter than 50 tau_int ({known})"
    else:
        text = f"effective samples {summary['sampling']}"
    if summary["delivered_samples"]:
        text += f"; {show_count(round(summary['delivered_samples']))} delivered to the host, "
        text += f"{show(summary['joules_per_delivered_sample'], 'J')} each"
    return text


def _solution(summary: dict[str, Any]) -> list[str]:
    lines = []
    if "best_cut" in summary:
        target = f", target {summary['target_cut']:g}" if summary["target_cut"] is not None else ""
        known = f", best known {summary['best_known_cut']:g}" if summary["best_known_cut"] is not None else ""
        seen = summary["true_best_cut_unbilled"]
        lines.append(f"best     cut {summary['best_cut']:g} read{target}{known}; the simulator saw {seen:g} (unbilled)")
    elif "best_energy" in summary:
        seen = summary["true_best_energy_unbilled"]
        lines.append(f"best     energy {summary['best_energy']:g} read; the simulator saw {seen:g} (unbilled)")
    if "success_probability" in summary:
        p = summary["success_probability"]
        tts, ets = summary["time_to_solution_s"], summary["energy_to_solution_j"]
        lines.append(
            f"solved   {p['value']:.1%} of repetitions ({p['low']:.1%} to {p['high']:.1%}); to solution at 99 %: "
            f"{_span(tts, 's')}, {_span(ets, 'J')}"
        )
    return lines


def _span(cost: dict[str, float | None], unit: str) -> str:
    if cost["value"] is None:
        return f"more than {show(cost['low'], unit, 3)}"
    high = "unbounded" if cost["high"] is None else show(cost["high"], unit, 3)
    return f"{show(cost['value'], unit, 3)} ({show(cost['low'], unit, 3)} to {high})"


def ledger_table(summary: dict[str, Any]) -> Table:
    """One line for each component and action."""
    table = Table(title="ledger, per repetition", title_justify="left", pad_edge=False, box=None)
    for name, right in (
        ("component", False), ("action", False), ("count", True), ("", False), ("energy", True), ("share", True),
        ("busy", True), ("grade", False), ("seen", False),
    ):  # fmt: skip
        table.add_column(name, justify="right" if right else "left", no_wrap=True)
    total = summary["energy_j"]
    for row in summary["ledger"]:
        energy = row["energy_j"]
        cost = row["note"] if energy is None else show(energy, "J")
        share = "" if energy is None or not total else _percent(energy / total)
        name = f"{row['component']} x{row['instances']:,}" if row["instances"] > 1 else row["component"]
        count = show(row["count"], "s") if row["unit"] == "s" else show_count(row["count"])
        unit = "" if row["unit"] == "s" else row["unit"]
        grade = "" if row["note"].startswith("included") else row["grade"]
        seen = "" if row["note"] else row["seen"]
        style = "yellow" if row["note"] == "unpriced" else "dim" if row["note"] else ""
        table.add_row(
            name,
            row["action"],
            count,
            unit,
            _shorter(cost),
            share,
            show(row["busy_s"], "s", 3),
            grade,
            seen,
            style=style,
        )
    table.add_row("total", "", "", "", show(total, "J"), "100.0%" if total else "", "", "", "", style="bold")
    return table


def _percent(share: float) -> str:
    """A share that is not rounded away while it is there."""
    if share == 0 or share >= 0.1:
        return f"{share:.1%}"
    return f"{share:.2%}" if share >= 0.0001 else "<0.01%"


def _shorter(text: str) -> str:
    """A note that fits into the energy column."""
    return "included" if text.startswith("included") else text


def groups_table(summary: dict[str, Any]) -> Table:
    """Energy by group as a bar chart of characters."""
    table = Table(title="energy by group", title_justify="left", pad_edge=False, box=None, show_header=False)
    for right in (False, True, True, False):
        table.add_column(justify="right" if right else "left", no_wrap=True)
    total = summary["energy_j"]
    for group, energy in summary["energy_by_group_j"].items():
        if not energy:
            continue
        share = energy / total if total else 0.0
        table.add_row(group, show(energy, "J"), _percent(share), "#" * round(40 * share))
    return table


def notes(summary: dict[str, Any]) -> list[Text]:
    """What the total rests on, what it leaves out, what others would have said."""
    shares = ", ".join(f"{_percent(share)} {grade}" for grade, share in summary["share_by_grade"].items())
    lines = [f"grade of prices: {shares} (of the energy)"]
    lines += _quality(summary["quality"])
    if summary["unpriced"]:
        lines.append(f"unpriced, not in the total: {', '.join(summary['unpriced'])}")
    priced = "" if not summary["without_area"] else f"; without {', '.join(summary['without_area'])}"
    lines.append(f"area: {show_area(summary['area_m2'])}{priced}")
    for other in summary["flat_accounting"]:
        fabric, total = show(other["fabric_j"], "J"), show(other["energy_j"], "J")
        lines.append(f"by prices {other['prices']}: fabric {fabric}, total {total}")
    known = [f"{p['name']} {p['ratio']:.3g}x ({p['ratio_grade']})" for p in summary["platforms"] if p["ratio"]]
    if known:
        lines.append(f"others for the same work, against what they cover here: {', '.join(known)}")
    lines += [f"lint {found['rule']}: {found['where']}: {found['says']}" for found in summary["lint"]]
    return [Text(line, overflow="fold") for line in lines]


def _quality(quality: dict[str, Any]) -> list[str]:
    if not quality:
        return []
    lines = [
        f"quality: largest error of a weight {quality['weight_error']:.3g}, of beta {quality['beta_error']:.3g}; "
        f"a read bit is wrong with probability {quality['read_error_probability']:.3g}"
    ]
    if quality["full_scale_stretch"] > 1:
        lines.append(
            f"weights ask for {quality['full_scale_stretch']:.4g} times the range of the couplers; "
            "what a ladder of that range would cost is not in the prices"
        )
    return lines


def print_summary(summary: dict[str, Any], console: Console) -> None:
    """Print to a console."""
    console.print(render(summary), soft_wrap=False)


def diff_lines(found: Diff) -> Iterator[str]:
    """The difference of two runs, the largest changes first."""

    def change(value: float, unit: str) -> str:
        return f"{'-' if value < 0 else '+'}{show(abs(value), unit)}"

    def causes(parts: dict[str, float]) -> str:
        return ", ".join(f"{change(value, 'J')} by {name}" for name, value in parts.items() if value) or "no change"

    totals = found.causes_j()
    totals = {"counts": totals["counts"], "powered time": totals["time"], "prices": totals["prices"]}
    before, after = show(found.energy_a_j, "J"), show(found.energy_b_j, "J")
    yield f"energy {before} -> {after} per repetition: {causes(totals)}"
    for row in sorted(found.rows, key=lambda r: -abs(r.energy_b_j - r.energy_a_j)):
        parts = {"counts": row.counts_j, "powered time": row.time_j, "prices": row.prices_j}
        if any(parts.values()):
            ends = f"{show(row.energy_a_j, 'J')} -> {show(row.energy_b_j, 'J')}"
            yield f"  {row.component}.{row.action}: {ends}: {causes(parts)}"
    yield f"time {show(found.elapsed_a_s, 's')} -> {show(found.elapsed_b_s, 's')}"
    for phase in sorted(found.phases, key=lambda p: -abs(p.change_s)):
        if phase.change_s:
            ends = f"{show(phase.time_a_s, 's')} -> {show(phase.time_b_s, 's')}"
            yield f"  {phase.phase}: {ends}: {change(phase.change_s, 's')}"
