"""``python -m physml``, which ``torchrun -m physml`` starts in several processes."""

from physml.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
