"""A run that several processes work on: its source read once, a ticket a target, all gathered into one report."""
