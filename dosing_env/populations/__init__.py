"""One population per file, found by its file name."""
