"""One drug per file, found by its file name."""
