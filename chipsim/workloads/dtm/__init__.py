"""Denoising thermodynamic models: training them on a simulated chip, and drawing images from them."""
