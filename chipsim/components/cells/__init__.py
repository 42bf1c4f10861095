"""Cells: p-bits that latch, and continuous cells that relax."""
