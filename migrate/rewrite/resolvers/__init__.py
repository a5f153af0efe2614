"""How each kind of reference finds its counterpart in the target."""
