"""What a person types and sees: options, commands, progress, questions, and everything as text."""
