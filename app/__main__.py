"""`python -m app` is `nuee`."""

import sys


def main() -> int:
    if len(sys.argv) == 3 and sys.argv[1] == "--worker":
        from app import services  # a worker has no use for the command line, and three of them start with a vault

        return services.run(sys.argv[2])
    from app import cli

    return cli.main()


if __name__ == "__main__":
    raise SystemExit(main())
