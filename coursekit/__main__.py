"""`python -m coursekit` is `coursekit`."""

from coursekit.cli import main

if __name__ == "__main__":
    main()
