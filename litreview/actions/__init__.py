"""What the commands do, each as a function."""
