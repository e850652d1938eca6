"""One clinical baseline per file, found by its file name."""
