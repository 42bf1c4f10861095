"""Where points are computed: processes of this machine, or a Dask cluster. Both are `concurrent.futures.Executor`s."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import wait
from typing import Any

from chipsim.errors import ChipsimError, RunError

CONNECT_TIMEOUT_S = 10
# Variables that limit the threads of libraries in each worker.
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


@dataclass(frozen=True)
class Workers:
    """An executor and its number of concurrent tasks."""

    executor: Executor
    width: int


def check_executor(name: str) -> None:
    """Reject unknown executors.

    Raises:
        ChipsimError: names the valid ones.
    """
    if name != "local" and not name.startswith("dask://"):
        raise ChipsimError(f'--executor "{name}" is neither local nor dask://host:port', code="run.argument")


@contextmanager
def workers(name: str, jobs: int) -> Iterator[Workers]:
    """Context with the workers of an executor.

    Args:
        name: "local" or "dask://host:port".
        jobs: number of processes, for local ones.

    Raises:
        RunError: the cluster cannot be reached, or `dask.distributed` is not installed.
    """
    check_executor(name)
    made = _local(jobs) if name == "local" else _dask(name.removeprefix("dask://"))
    with made as found:
        yield found


@contextmanager
def _local(jobs: int) -> Iterator[Workers]:
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    pool = ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn"), _start_worker)
    try:
        yield Workers(pool, jobs)
        pool.shutdown(wait=True)
    except BaseException:
        # Running tasks are abandoned: their claims are released for other processes.
        pool.shutdown(wait=False, cancel_futures=True)
        for child in multiprocessing.active_children():
            child.terminate()
        raise
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _start_worker() -> None:
    """Ignore Ctrl-C, which the parent handles, and end with the parent even if it is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()

    def follow() -> None:
        if parent is not None:
            wait([parent.sentinel])
            os._exit(1)

    threading.Thread(target=follow, daemon=True).start()


@contextmanager
def _dask(address: str) -> Iterator[Workers]:
    try:
        from distributed import Client
    except ImportError:
        raise RunError(
            "dask://... requires dask.distributed: pip install 'chipsim[dask]'", code="sweep.no-executor"
        ) from None
    try:
        client: Any = Client(f"tcp://{address}", timeout=CONNECT_TIMEOUT_S)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise RunError(
            f"no Dask scheduler answers at {address}: {str(error).splitlines()[0]}", code="sweep.no-executor"
        ) from None
    with client:
        width = sum(client.nthreads().values())
        if not width:
            raise RunError(
                f"the Dask scheduler at {address} has no workers; start some with dask worker {address}",
                code="sweep.no-executor",
            )
        yield Workers(client.get_executor(), width)
