"""Sources of modules, named by what they mean: the ground of all ids and of the cache of compiled kernels."""
