"""YAML in one place: ``read`` gives JSON, ``places`` a tree that knows its lines, ``write`` text for all readers."""
