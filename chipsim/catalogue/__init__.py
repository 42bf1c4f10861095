"""Catalogue of kinds, keys of specs and metrics of results, as listings, pages and JSON Schemas."""
