"""Git: its program, its objects, and repositories read without a checkout."""
