"""What became of asking for a case reaches xdist's workers as it was, whatever the words of its reason."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from front_door import ROOT
from hypothesis import given
from hypothesis import strategies as st

from conformance.outcomes import Faulted, NotRun, Outcome, Recorded, Troubled
from conformance.pytest_plugin.handover import read, write
from conformance.run.matrix_run import open_matrix
from conformance.run.plan import Slug

# A reason may be what a service said: half a surrogate pair, or words of our own.
WORDS = st.one_of(
    st.text(st.characters(exclude_categories=())),
    st.sampled_from(["", "\ud800", "fault: ", "not run: x", "network: gone", "recorded"]),
)
OUTCOMES: st.SearchStrategy[Outcome] = st.one_of(
    st.builds(Recorded), st.builds(NotRun, WORDS), st.builds(Troubled, WORDS, WORDS), st.builds(Faulted, WORDS)
)
SLUGS: st.SearchStrategy[Slug] = st.tuples(WORDS, WORDS, WORDS)
MATRIX = open_matrix(ROOT / "matrix.yaml", "matrix.yaml", ROOT / "cassettes", [], live=True)


@given(st.dictionaries(SLUGS, OUTCOMES, max_size=4), WORDS)
def test_every_outcome_is_handed_over_as_it_was(outcomes: dict[Slug, Outcome], stopped: str) -> None:
    with TemporaryDirectory() as directory:
        file = Path(directory) / "recorded.json"
        write(file, {MATRIX.path: replace(MATRIX, outcomes=outcomes, stopped=stopped)})
        assert read(file, MATRIX.path) == (stopped, outcomes)
        assert read(file, Path("another.yaml")) == ("", {})


def test_every_outcome_is_a_sentence() -> None:
    said = [Recorded(), NotRun("interrupted"), Troubled("network", "gone"), Faulted("no key")]
    assert list(map(str, said)) == ["recorded", "not run: interrupted", "network: gone", "fault: no key"]
