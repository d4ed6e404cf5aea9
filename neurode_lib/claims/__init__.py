"""The scorecard: every checkable claim of the article, measured.

Each claim is a record of what is claimed, how it is measured and when it holds. Results and
verdicts are computed from the study and the library; none is written down.
"""

from neurode_lib.claims import models, outcomes, simulator, training
from neurode_lib.claims.record import VERDICTS, Assessed, Claim, Verdict, assess, table_html

CLAIMS: tuple[Claim, ...] = simulator.CLAIMS + models.CLAIMS + training.CLAIMS + outcomes.CLAIMS

__all__ = ["CLAIMS", "VERDICTS", "Assessed", "Claim", "Verdict", "assess", "table_html"]
