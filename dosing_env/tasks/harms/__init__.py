"""Parts of the role `harms`, one kind in each file."""
