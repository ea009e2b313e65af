"""What the pages show of the lessons: their quizzes."""
