"""One solution of each exercise. Staff can leave this folder out; see the course's course.toml."""
