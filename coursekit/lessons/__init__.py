"""The course's lessons: their quizzes as data, what they are exported to, what came of them."""
