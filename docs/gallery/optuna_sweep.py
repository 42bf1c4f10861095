# %% [markdown]
# # Search a design with Optuna
#
# Optuna proposes values, chipsim computes the point. How long should a clock phase be? The noise of a p-bit is renewed
# every relaxation time: short phases repeat it, long ones cost power and time. Every point is kept in the folder, so a
# search that goes on, or another one over the same axes, computes no point twice. Install with
# `pip install 'chipsim[data,search]'`.

# %%
import optuna

import chipsim

spec = {
    "chipsim": 1,
    "name": "optuna",
    "chip": chipsim.Chip("tiny", set={"rng.law": "redraw"}),
    "workload": "spin-glass",
    "set": {"schedule.sweeps": 2000},
    "axes": {
        "clock.phase": {"from": "20 ns", "to": "500 ns", "spacing": "log"},
        "weights.buffers": [1, 2],
    },
    "metrics": ["joules_per_effective_sample"],
}
search = chipsim.Search(spec, "optuna-sweep")

# %% [markdown]
# An axis that is a range has bounds, numbers in its own unit; one that is a list has values.


# %%
def proposed(trial: optuna.Trial) -> dict[str, object]:
    """Values of all axes of the search."""
    values: dict[str, object] = {}
    for path, axis in search.axes.items():
        if path in search.bounds:
            low, high = search.bounds[path]
            values[path] = trial.suggest_float(path, low, high, log=axis.spacing == "log")
        else:
            values[path] = trial.suggest_categorical(path, axis.values)
    return values


optuna.logging.set_verbosity(optuna.logging.WARNING)
study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=1))
for _ in range(20):
    trial = study.ask()
    joules = search.evaluate(proposed(trial))["joules_per_effective_sample"]
    # None where the chains are too short to certify a number of effective samples.
    study.tell(trial, joules, state=optuna.trial.TrialState.FAIL if joules is None else None)

# %% [markdown]
# The points are a sweep like any other, with a best point, a Pareto front and tables for other libraries.

# %%
result = search.result()
print(result)
print({path: result.best[path] for path in result.axes})
