"""Published models, and how they learn a task."""
