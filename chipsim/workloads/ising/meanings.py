"""Meanings of the figures of workload `ising`."""

from __future__ import annotations

MEANINGS = {
    "mean_energy": "mean energy of the sampled states, or of the last states of an anneal, in the problem's units",
    "mean_energy_ci95": "half width of the 95 % interval of mean_energy over lanes",
    "best_energy": "lowest energy that the host read",
    "best_cut": "largest cut that the host read",
    "best_known_cut": "best known cut of the graph",
    "target_energy": "energy that counts as a solution",
    "target_cut": "cut that counts as a solution",
    "true_best_energy_unbilled": "lowest energy that any lane visited, read or not",
    "true_best_cut_unbilled": "largest cut that any lane visited, read or not",
    "gap_to_true_best": "best_energy minus true_best_energy_unbilled",
    "tau_int_sweeps": "integrated autocorrelation time of the slowest observable, in sweeps",
    "slowest_observable": "observable with the longest autocorrelation time",
    "rhat": "largest split R-hat of all observables; above 1.05 no samples are counted",
    "stuck_cells": "cells that stay up in some lanes and down in others",
    "beta_realised": "beta that the chip set, in the problem's units",
    "relative_beta_error": "relative deviation of beta_realised from the requested beta",
    "weight_scale": "factor by which weights were multiplied, and beta divided, before the chip rounded them",
    "lost_couplings": "couplings that the chip rounded to 0",
    "lost_biases": "biases that the chip rounded to 0",
    "relative_coupling_error": "rms error of the stored couplings over the rms of the requested ones",
    "relative_bias_error": "rms error of the stored biases over the rms of the requested ones",
    "energy": "why no energy is defined (directed couplings)",
    "problem": "name of the problem",
    "cells": "spins of the problem",
    "couplers": "couplers of the array",
}
