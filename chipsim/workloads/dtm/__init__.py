"""Denoising thermodynamic models: training on a simulated chip, and image generation."""
