"""A rule and a report format of Acme's own for sigma-migrate: an example to begin with."""
