"""Ising problems as plain arrays: made from a recipe, read from a file, or regenerated from the G-set's own recipe."""
