"""A local Sigma, written from the recorded facts. It imports nothing of the client side."""
