"""Numba only: vectors, random numbers, the shared update, observers. No units, no files, no joules."""

# Defined here so that kinds can be listed without loading numba.
COMPONENT_ENTRY_POINTS = "chipsim.components"
