"""Stations 8 and 9: what landed is read back, compared and counted."""
