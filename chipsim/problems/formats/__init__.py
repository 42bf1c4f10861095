"""Readers of problem files, one module per format: `read(file)` makes a `Problem` of a `ProblemFile`."""
