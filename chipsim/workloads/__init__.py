"""What a chip is asked to do, one file per workload."""
