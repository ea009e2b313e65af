"""What the staff write down: the course, its schedule, its roster, its teams."""
