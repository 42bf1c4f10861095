"""Couplers: the weights and wires between cells."""
