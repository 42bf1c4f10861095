"""Ising problems as plain arrays: generated, read from files, or regenerated from the recipes of the G-set."""
