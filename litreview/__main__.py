"""`python -m litreview` is `litreview`."""

from litreview.cli import main

if __name__ == "__main__":
    main()
