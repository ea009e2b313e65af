"""What a team's repository says: what it received, its milestones, results and slides."""
