"""Where points are computed: this process, processes of this machine, or a Dask cluster.

All are `concurrent.futures.Executor`s.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import wait
from multiprocessing.context import SpawnContext, SpawnProcess
from multiprocessing.popen_spawn_posix import Popen
from types import ModuleType
from typing import Any, TypeVar

from chipsim.errors import ChipsimError, RunError

CONNECT_TIMEOUT_S = 10
# How long a Dask cluster may be without workers, and how often it is asked.
WORKERS_TIMEOUT_S = 60.0
CHECK_S = 2.0
_KEPT = "all finished points are kept, and the same command resumes the sweep"
# Variables that limit the threads of libraries in each worker.
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


@dataclass(frozen=True)
class Workers:
    """An executor and its number of concurrent tasks.

    Attributes:
        check: raises a RunError once the executor cannot finish its tasks any more; asks at once where it is True.
    """

    executor: Executor
    width: int
    check: Callable[[bool], None] = lambda now: None


def check_executor(name: str) -> None:
    """Reject unknown executors.

    Raises:
        ChipsimError: names the valid ones.
    """
    if name not in ("local", "inline") and not name.startswith("dask://"):
        complaint = f'--executor "{name}" is neither local nor inline nor dask://host:port'
        raise ChipsimError(complaint, code="run.argument")


@contextmanager
def workers(name: str, jobs: int) -> Iterator[Workers]:
    """Context with the workers of an executor.

    Args:
        name: "local", "inline" for this process, or "dask://host:port".
        jobs: number of processes, for local ones.

    Raises:
        RunError: the cluster cannot be reached, or `dask.distributed` is not installed.
    """
    check_executor(name)
    if name == "inline":
        yield Workers(InProcess(), 1)
        return
    made = _local(jobs) if name == "local" else _dask(name.removeprefix("dask://"))
    with made as found:
        yield found


Result = TypeVar("Result")


class InProcess(Executor):
    """Does each task in this process, when it is submitted."""

    def submit(self, function: Callable[..., Result], /, *arguments: Any, **named: Any) -> Future[Result]:
        """The result of a function, which is known when this returns."""
        future: Future[Result] = Future()
        future.set_result(function(*arguments, **named))
        return future


class _Process(SpawnProcess):
    """A worker that does not import the script that started it: a script needs no `if __name__ == "__main__"`."""

    @staticmethod
    def _Popen(process_obj: Any) -> Any:
        main = sys.modules["__main__"]
        sys.modules["__main__"] = ModuleType("__main__")
        try:
            return Popen(process_obj)
        finally:
            sys.modules["__main__"] = main


class _Spawning(SpawnContext):
    Process = _Process


@contextmanager
def _local(jobs: int) -> Iterator[Workers]:
    if getattr(multiprocessing.current_process(), "_inheriting", False):
        raise RunError(
            "this process is still importing the script that started it, so it starts no workers; put the sweep under "
            'if __name__ == "__main__":, or use executor="inline"',
            code="sweep.no-executor",
        )
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    pool = ProcessPoolExecutor(jobs, _Spawning(), _start_worker)
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
        # What it says of a lost connection is told in the error.
        logging.getLogger("distributed").setLevel(logging.CRITICAL)
        yield Workers(client.get_executor(), width, _Watch(client, address).check)


class _Watch:
    """Whether a Dask cluster still has a scheduler and workers."""

    def __init__(self, client: Any, address: str) -> None:
        self._client, self._address = client, address
        self._asked = self._alive = time.monotonic()

    def check(self, now: bool) -> None:
        """Ask the scheduler, at most every CHECK_S unless `now`.

        Raises:
            RunError: it does not answer, or has been without workers for WORKERS_TIMEOUT_S.
        """
        if not now and time.monotonic() < self._asked + CHECK_S:
            return
        try:
            workers = self._client.nthreads()
        except Exception:  # of the connection, by Dask's transport
            raise RunError(
                f"the Dask scheduler at {self._address} no longer answers; {_KEPT}", code="sweep.no-executor"
            ) from None
        self._asked = time.monotonic()
        if workers:
            self._alive = self._asked
        elif self._asked > self._alive + WORKERS_TIMEOUT_S:
            raise RunError(
                f"the Dask scheduler at {self._address} has had no workers for {WORKERS_TIMEOUT_S:g} s; start some "
                f"with dask worker {self._address}; {_KEPT}",
                code="sweep.no-executor",
            )
