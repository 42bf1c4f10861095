"""Exact answers that a sampler can be held against, shipped for the tests of users' own component kinds."""
