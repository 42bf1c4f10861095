"""Hashes of module sources by meaning: the basis of all ids and of the cache of compiled kernels."""
