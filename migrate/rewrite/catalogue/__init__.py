"""The catalogue of references: its rows, their examples, and the walk that finds them in a document."""
