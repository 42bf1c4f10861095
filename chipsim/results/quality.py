"""How good a result is beside its data."""

from __future__ import annotations

from chipsim.errors import RunError
from chipsim.results.result import Run
from chipsim.workloads.registry import find_workload
from chipsim.workloads.sections import Assessment


def quality(run: Run) -> Assessment:
    """How a result compares with the data of its workload, as `chipsim quality` shows it.

    Args:
        run: for example of a denoising model, whose `arrays` hold the images that it drew.

    Returns:
        Its `sections` (facts, tables, images), and the `arrays` that they draw beside those of the run.

    Raises:
        RunError: the result holds nothing that its workload compares with data.
        ChipsimError: the data are missing, or do not fit the result.

    Example:
        >>> import chipsim
        >>> run = chipsim.run("dtca-70", "fashion-dtm-small", lanes=8)  # doctest: +SKIP
        >>> for section in chipsim.quality(run).sections:  # doctest: +SKIP
        ...     print(section)
    """
    block = run.summary.workload
    found = find_workload(block.kind).assess(block.figures, run.arrays)
    if found is None:
        raise RunError(
            f"the result holds nothing that a workload {block.kind} compares with data", code="result.not-comparable"
        )
    return found
