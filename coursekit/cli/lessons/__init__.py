"""What is played in a lesson."""
