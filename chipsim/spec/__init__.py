"""Specs as written: YAML with places, quantities with units, and models that validate them."""
