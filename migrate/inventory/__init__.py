"""Stations 2 and 3: what an organization holds, and which of it is in scope."""
