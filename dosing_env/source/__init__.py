"""Source text of models: executed once, hashed, and found again by another process."""
