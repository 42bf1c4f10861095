"""A command and a spec for every key that names a file."""

from __future__ import annotations

from typing import NamedTuple

HEAD = "chipsim: 1\nname: x\n"
ISING = f"{HEAD}workload: ising\nschedule: {{mode: sample, sweeps: 4, beta: 1}}\n"
IMAGES = "source: null, images: a.npy, labels: c.npy, test_images: a.npy, test_labels: c.npy, size: [2, 2], classes: 2"
NET = (
    f"{HEAD}workload: feed-forward\ndata: {{{IMAGES}, threshold: 0.5}}\nplacement: {{order: image}}\n"
    "net: {hidden: [rest], outputs: 2}\ntraining: {epochs: 1, batch: 2, rate: 0.1, sharpness: 1}\n"
    "inference: {samples: 2}\n"
)
PERCEPTRON = f"{HEAD}extends: fashion-classifier\ndata: {{{IMAGES}, pool: 1}}\nnetwork: {{hidden: [3]}}\n"
DTM = (
    f"{HEAD}workload: dtm\nnoise: [0.3]\nbeta: 1\nimages: {{source: a.npy, size: [2, 2], thresholds: [0.5]}}\n"
    "training: {epochs: 1, steps: 1, batch: 2, warmup: 1, samples: 2, spacing: 1, rate: 0.1, inputs: 2, chains: 2}\n"
    "generation: {sweeps: 5}\n"
)
SMALL = "dtca-70 SPEC --set fabric.size=[4,4]"
LANGEVIN = f"{HEAD}extends: shape-prototypes\n"
CHIP = f"{HEAD}extends: tiny\n"
SWEEP = f"{HEAD}chip: tiny\nworkload: spin-glass\naxes: {{cells.gain: [1, 2]}}\nmetrics: [energy_j]\n"


class Reader(NamedTuple):
    """The command that reads a file, and the spec that names it; in it stands FILE, and for a spec, SPEC."""

    spec: str
    command: str = "check any-graph SPEC"
    suffix: str = ""


def _reader_of_data(text: str, key: str, chip: str) -> Reader:
    command = "run" if chip == "tngd-10k" else "train"
    own = {"images": ", images: a.npy", "labels": ", labels: c.npy"}
    old = own.get(key, f"{key}: {'a' if key == 'test_images' else 'c'}.npy")
    return Reader(text.replace(old, f"{', ' if key in own else ''}{key}: FILE"), f"{command} {chip} SPEC", ".npy")


def _matrix(workload: str) -> Reader:
    drop = "seeded: null, size: null, condition: null, seed: null"
    return Reader(f"{HEAD}extends: {workload}\nmatrix: {{{drop}, file: FILE}}\n", "check ou-256 SPEC", ".npy")


DATA = ("images", "labels", "test_images", "test_labels")
READERS = {
    "ising.problem.file": Reader(f"{ISING}problem: {{file: FILE}}\n"),
    "ising.problem.rudy": Reader(f"{ISING}problem: {{rudy: FILE}}\n"),
    "ising.problem.edge_list": Reader(f"{ISING}problem: {{edge_list: FILE}}\n"),
    "ising.mapping.file": Reader(
        f"{ISING}problem: {{rudy: r.txt}}\nmapping: {{method: given, file: FILE}}\n", "check tiny SPEC"
    ),
    **{f"ising.schedule.start.file{suffix}": Reader(
        ISING.replace("beta: 1", "beta: 1, start: {file: FILE}") + "problem: {rudy: r.txt}\n",
        "check any-graph SPEC", suffix) for suffix in (".csv", ".json", ".h5")},
    **{f"{name}.matrix.file": _matrix(name) for name in ("linear-solve", "inverse", "gaussian-sample")},
    "linear-solve.right_side": Reader(f"{HEAD}extends: linear-solve\nright_side: FILE\n", "check ou-256 SPEC", ".npy"),
    **{f"natural-gradient.data.{key}": _reader_of_data(PERCEPTRON, key, "tngd-10k") for key in DATA},
    **{f"feed-forward.data.{key}": _reader_of_data(NET, key, "tiny") for key in DATA},
    "feed-forward.inference.weights": Reader(
        NET.replace("samples: 2", "samples: 2, weights: FILE"), "check tiny SPEC", ".h5"
    ),
    "dtm.images.source": Reader(DTM.replace("source: a.npy", "source: FILE"), f"train {SMALL}", ".npy"),
    "dtm.labels.source": Reader(
        f"{DTM}labels: {{source: FILE, classes: 2, spots: 1}}\n", f"train {SMALL}", ".npy"
    ),
    "dtm.generation.weights": Reader(DTM.replace("sweeps: 5", "sweeps: 5, weights: FILE"), "check dtca-70 SPEC", ".h5"),
    "dtm.training.start": Reader(DTM.replace("epochs: 1", "epochs: 1, start: FILE"), f"train {SMALL}", ".h5"),
    "langevin-images.images.source": Reader(
        f"{LANGEVIN}images: {{source: FILE}}\ngeneration: null\n", "train langevin-small SPEC", ".npy"
    ),
    "langevin-images.generation.weights": Reader(
        f"{LANGEVIN}generation: {{weights: FILE}}\n", "check langevin-small SPEC", ".h5"
    ),
    "samplers.file": Reader(
        f"{HEAD}workload: samplers\nfile: FILE\nschedule: {{settle: 1 us, samples: 2, spacing: 1 us}}\n",
        "check pdit-16 SPEC", ".npy",
    ),
    "chip.fabric.colouring": Reader(
        f"{CHIP}fabric: {{pattern: square, size: [4, 4], colouring: FILE}}\n", "check SPEC spin-glass", ".npy"
    ),
    "chip.price_table": Reader(f"{CHIP}price_table: FILE\n", "check SPEC", ".yaml"),
    "chip.compare_prices.*": Reader(f"{CHIP}compare_prices: [FILE]\n", "check SPEC", ".yaml"),
    "sweep.chip": Reader(SWEEP.replace("chip: tiny", "chip: FILE"), "check SPEC", ".yaml"),
    "sweep.workload": Reader(SWEEP.replace("workload: spin-glass", "workload: FILE"), "check SPEC", ".yaml"),
    "sweep.prices": Reader(f"{SWEEP}prices: FILE\n", "check SPEC", ".yaml"),
}  # fmt: skip
