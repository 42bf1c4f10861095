"""Ising problems: sampled or annealed."""
