"""What an abstract says: its sentences' roles, its summary, and its evidence."""
