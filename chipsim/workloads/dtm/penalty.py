"""The controller of the total-correlation penalty of a training."""

from __future__ import annotations


def next_penalty(penalty: float, now: float, before: float, target: float, change: float, smallest: float) -> float:
    """The total-correlation penalty for the next epoch (arXiv 2510.23972 app. H).

    Mixed well enough (r_yy `now` under `target`): less. No worse than `before`: the same. Worse: more.
    """
    raised = max(penalty, smallest)
    if now < target:
        raised *= 1 - change
    elif now > before:
        raised *= 1 + change
    return raised if raised >= smallest else 0.0
