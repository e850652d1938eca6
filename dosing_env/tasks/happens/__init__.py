"""Parts of the role `happens`, one kind in each file."""
