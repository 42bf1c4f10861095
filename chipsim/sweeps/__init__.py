"""Many runs as one question: points, the executors that compute them, and the folder that keeps them."""
