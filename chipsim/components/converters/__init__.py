"""Converters and read-outs between cells and numbers."""
