"""Languages inside strings: formulas, SQL, addresses, layouts. Text in, positions and texts out."""
