"""A workload for chipsim: a restricted Boltzmann machine trained by contrastive divergence."""
