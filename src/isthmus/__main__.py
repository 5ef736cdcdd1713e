"""`python -m isthmus` does what `isthmus` does."""

import sys

from isthmus.cli import main

if __name__ == "__main__":
    sys.exit(main())
