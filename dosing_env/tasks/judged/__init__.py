"""Parts of the role `judged`, one kind in each file."""
