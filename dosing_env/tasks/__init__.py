"""A task as a file: put together from parts, compiled for its drug and population."""
