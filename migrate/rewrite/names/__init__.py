"""How things in a document are called, and what follows when a name changes."""
