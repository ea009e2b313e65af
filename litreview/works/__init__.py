"""Works that a review may cite, and how they are asked for, joined and ranked."""
