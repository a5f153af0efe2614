"""The durable record of every intended and finished write, and of every source id -> target id."""
