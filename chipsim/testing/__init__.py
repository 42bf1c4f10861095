"""Exact references for samplers, and conformance tests for users' component kinds."""
