"""Data models as something to point at: what a service made of their ids, and which existing one they match."""
