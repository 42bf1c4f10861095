"""Noise sources of cells."""
