"""The wire: one client an organization, its lane, and the calls. Knows no plans beyond who an org is."""
