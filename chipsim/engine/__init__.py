"""program -> trace: the device that a workload drives, its timeline and its counts."""
