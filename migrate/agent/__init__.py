"""The toolkit for an agent over the Model Context Protocol: reading, and apply only where a person allowed it."""
