"""What the tests of the simulated address register share: DAWA's published ids, and reading an answer of the wash."""

from __future__ import annotations

from typing import Any

MARGRETHE = "91b21c97-fb07-4aac-98c5-61bcb4689f78"
OESTERGADE = "ccc160cf-668c-45e7-af22-f80d5b0f9e26"
AFTER_ELIASGADE = "f481e7d5-989e-4372-86a2-58e72cf64e44"
GIRO = "633c235a-4cd9-4309-b1ce-24ef3caeec6a"
BORGMESTER = "0a3f509d-747c-32b8-e044-0003ba298018"
TOFTHOEJ = "0a3f50ab-bd7c-32b8-e044-0003ba298018"

Place = dict[str, Any]


def told(answer: Place) -> tuple[str, str]:
    """Category and id of the best candidate, as it is today; no id where there is none."""
    return answer["kategori"], answer["resultater"][0]["aktueladresse"]["id"] if answer["resultater"] else ""
