"""What a plan asks the target before anything is decided."""
