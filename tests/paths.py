"""Where the shared real data lies: beside the project's root, or at BACKCHANNEL_SHARED_DATA."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SHARED_DATA = Path(os.environ.get("BACKCHANNEL_SHARED_DATA", ROOT.parent / "shared" / "data"))

needs_shared_data = pytest.mark.skipif(
    not SHARED_DATA.is_dir(), reason=f"the shared real data is not at {SHARED_DATA}; set BACKCHANNEL_SHARED_DATA"
)
