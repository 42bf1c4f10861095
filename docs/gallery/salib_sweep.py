# %% [markdown]
# # Which price dominates the uncertainty: Sobol indices with SALib
#
# Each price has bounds. SALib draws prices between them, chipsim prices the run again at all points, and SALib tells
# which share of the variance of the energy each price explains. Install with `pip install 'chipsim[data,search]'`.

# %%
import warnings

import numpy as np

import chipsim

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from SALib.analyze import sobol as analysis
    from SALib.sample import sobol as sampling

settings = {"schedule.sweeps": 200}
run = chipsim.run("tiny", "spin-glass", set=settings, scope="chip")
widest = chipsim.explain(run).prices[:3]
axes = {f"prices.{one.price}.{one.row.form}": {"from": one.row.low, "to": one.row.high} for one in widest}
for path, bounds in axes.items():
    print(path, bounds)

# %% [markdown]
# `bounds` of a search are numbers in the unit of each axis, which is what SALib draws from. Points that differ only in
# prices share one simulation, so this sweep simulates once.

# %%
spec = {"chipsim": 1, "name": "salib", "chip": "tiny", "workload": "spin-glass", "scope": "chip", "axes": axes}
search = chipsim.Search({**spec, "metrics": ["energy_j"]}, "salib-sweep", set=settings)
problem = {"num_vars": len(search.axes), "names": list(search.axes), "bounds": list(search.bounds.values())}
points = sampling.sample(problem, 64, calc_second_order=False, seed=1)
found = search.evaluate_all((dict(zip(search.axes, row, strict=True)) for row in points), jobs=1)
energies_j = np.array([metrics["energy_j"] for metrics in found])

# %%
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    indices = analysis.analyze(problem, energies_j, calc_second_order=False, seed=1)
total_effects = dict(zip(search.axes, indices["ST"], strict=True))
for path, share in total_effects.items():
    print(f"{path}: total effect {share:.2f}")

result = search.result()
print(result)
