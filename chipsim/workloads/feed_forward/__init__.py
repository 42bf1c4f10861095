"""Feed-forward nets of p-bits: trained by backpropagation, inferred by sampling."""
