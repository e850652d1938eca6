"""Parts of the role `known`, one kind in each file."""
