"""Exact laws in numpy: motion, networks, averages, errors, quadrature."""
