"""What comes from users and goes to them: numbers, text, files, folders. Imports nothing of the project."""
