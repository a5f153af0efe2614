"""Stations 6 and 7: drafts become a change set; the change set becomes writes."""
