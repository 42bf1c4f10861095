"""The ledger in a terminal."""

from __future__ import annotations

from typing import Any

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from chipsim.units import show, show_area, show_count


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
    of = f"prices {summary['prices']}, {summary['lanes']} lanes, seed {summary['seed']}"
    span = f"{show(low, 'J', 3)} to {show(high, 'J', 3)} (prices)"
    simulated = f"{show(summary['elapsed_s'], 's')} simulated"
    lines = [
        f"{summary['chip']} on {summary['workload']}, {of}",
        f"energy   {show(summary['energy_j'], 'J')} per repetition{interval}, {span}",
        f"time     {simulated}; {summary['updates']:,} updates, {_share(summary)} of them toggles"
        if summary["updates"]
        else f"time     {simulated}",
        *_work(summary),
        *_solution(summary),
    ]
    return [Text(line, style="bold" if i == 0 else "", overflow="fold") for i, line in enumerate(lines)]


def _work(summary: dict[str, Any]) -> list[str]:
    """What the workload found: samples of a latched array, or the errors of linear algebra beside other methods."""
    if "methods" not in summary:
        return [f"samples  {_samples(summary)}"]
    parts = ", ".join(f"{name} {value:.3g}" for name, value in summary["predicted_parts"].items())
    lines = [f"error    {summary['error']:.3g} relative; predicted {summary['predicted_error']:.3g} ({parts})"]
    if summary.get("rescalings"):
        lines.append(f"scaled   beyond full scale: input halved {summary['rescalings']} times, each time billed")
    for method in summary["methods"]:
        error = "-" if method["error"] is None else f"{method['error']:.3g}"
        macs = "" if method["macs"] is None else f", {method['macs']:,} multiply-adds"
        cost = f"{show(method['energy_j'], 'J')}, {show(method['time_s'], 's')}"
        lines.append(f"method   {method['method']}: error {error}, {cost}{macs}")
    return lines


def _share(summary: dict[str, Any]) -> str:
    return f"{summary['toggles'] / summary['updates']:.1%}" if summary["updates"] else "none"


def _samples(summary: dict[str, Any]) -> str:
    if summary["effective_samples"]:
        on_chip = f"{show_count(round(summary['effective_samples']))} effective on the chip"
        cost = f"{show(summary['joules_per_effective_sample'], 'J')} each"
        tau = f"tau_int {summary['tau_int_sweeps']:.3g} sweeps ({summary['slowest_observable']})"
        text = f"{on_chip}, {cost}, {tau}"
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
        count = show(row["count"], "s") if row["action"] == "on" else show_count(row["count"])
        unit = "" if row["action"] == "on" else row["unit"]
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
        share = energy / total if total else 0.0
        table.add_row(group, show(energy, "J"), _percent(share), "#" * round(40 * share))
    return table


def notes(summary: dict[str, Any]) -> list[Text]:
    """What the total rests on, what it leaves out, what others would have said."""
    shares = ", ".join(f"{_percent(share)} {grade}" for grade, share in summary["share_by_grade"].items())
    lines = [f"grade of prices: {shares} (of the energy)"]
    quality = summary["quality"]
    if quality:
        text = f"quality: largest error of a weight {quality['weight_error']:.3g}"
        if "beta_error" in quality:
            wrong = f"a read bit is wrong with probability {quality['read_error_probability']:.3g}"
            text += f", of beta {quality['beta_error']:.3g}; {wrong}"
        lines.append(text)
    lines += [f"caution: {text}" for text in summary["cautions"]]
    if summary["unpriced"]:
        lines.append(f"unpriced, not in the total: {', '.join(summary['unpriced'])}")
    priced = "" if not summary["without_area"] else f"; without {', '.join(summary['without_area'])}"
    lines.append(f"area: {show_area(summary['area_m2'])}{priced}")
    jobs = ", ".join(f"{show(e, 'J')} at {int(n):,}" for n, e in summary["energy_per_job_j"].items())
    lines.append(f"energy per answer by jobs per load: {jobs}")
    for other in summary["flat_accounting"]:
        fabric, total = show(other["fabric_j"], "J"), show(other["energy_j"], "J")
        lines.append(f"by prices {other['prices']}: fabric {fabric}, total {total}")
    return [Text(line, overflow="fold") for line in lines]


def print_summary(summary: dict[str, Any], console: Console) -> None:
    """Print to a console."""
    console.print(render(summary), soft_wrap=False)
