"""Station 1: text of a plan file -> ``Plan``."""
