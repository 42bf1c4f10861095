"""Independent samples of single cells: categorical, Gaussian, mixtures of Gaussians."""
