"""Numba only: vectors, random numbers, the shared update, observers. No units, no files, no joules."""
