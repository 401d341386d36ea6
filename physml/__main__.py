"""``python -m physml``, which ``torchrun -m physml`` starts in several processes."""

from physml.cli import main

raise SystemExit(main())
