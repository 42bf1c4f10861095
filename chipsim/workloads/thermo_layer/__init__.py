"""A random layer of cells in quartic potentials, read after a window, with a fitted read-out."""
