"""Parts of the role `watched`, one kind in each file."""
