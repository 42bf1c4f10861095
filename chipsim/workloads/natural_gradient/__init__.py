"""Training of a classifier by natural gradients solved on a chip, compared with digital optimizers."""
