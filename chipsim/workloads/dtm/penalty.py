"""The controller of the total-correlation penalty of a training."""

from __future__ import annotations


def next_penalty(penalty: float, now: float, before: float, target: float, change: float, smallest: float) -> float:
    """The total-correlation penalty for the next epoch (arXiv 2510.23972 app. H).

    Decreases if the layer mixes well (r_yy `now` below `target`), stays if it is no worse than `before`, else
    increases.
    """
    raised = max(penalty, smallest)
    if now < target:
        raised *= 1 - change
    elif now > before:
        raised *= 1 + change
    return raised if raised >= smallest else 0.0
