"""The tasks: what each one asks for, how it is learned, and how it is measured."""
