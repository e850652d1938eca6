"""Parts of the role `measured`, one kind in each file."""
