"""Training a classifier by natural gradients that a chip solves for, beside digital optimizers."""
