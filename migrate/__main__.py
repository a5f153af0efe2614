"""``python -m migrate``: the command line."""

from migrate.cli import main

main()
