"""Parts of the role `given`, one kind in each file."""
