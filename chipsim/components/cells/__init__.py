"""Cells: latched p-bits and continuous cells."""
