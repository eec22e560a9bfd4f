"""`python -m app` is `nuee`."""

from app.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
