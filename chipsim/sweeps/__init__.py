"""Parameter sweeps: points, the executors that compute them, and the folder that stores them."""
