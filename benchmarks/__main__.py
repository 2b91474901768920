"""`make bench`: every measurement, one table. Each row is a ratio against a reference in the same run."""

import asyncio

from benchmarks import prompt, slack
from benchmarks.turns import HEAD, measure


def main() -> None:
    """Print the table."""
    print(HEAD)
    print(prompt.measure(repeats=5))
    for row in asyncio.run(measure(stories=8, turns=4, rounds=3)):
        print(row)
    asyncio.run(slack.show())
    print("\nStart-up: python -m benchmarks.startup · moderation: python -m benchmarks.moderation --data FOLDER")


if __name__ == "__main__":
    main()
