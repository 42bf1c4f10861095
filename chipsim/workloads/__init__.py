"""Workloads, one file or folder each."""
