"""What is done to all repositories of a course at once."""
