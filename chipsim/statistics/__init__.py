"""Effective samples, success and intervals."""
