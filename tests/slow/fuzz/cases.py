"""Projects in which random ones brought a fault to light, each as small as it became. They are held in every run."""

from __future__ import annotations

from dataclasses import replace

from slow.fuzz.description import Kept, Project, Revision, Seen, Stage, Tracked, Values, View

_TRAIN = Stage("train", metrics=(Values("scores.json", {"acc": 0.5}),))

CASES = {
    "a stage that writes a pointer of Git LFS was called outdated": Project(
        base := Revision(stages=(replace(_TRAIN, metrics=(Values("scores.json", {"acc": 0.5}, Kept.LFS),)),)),
        base,
    ),
    "a stage whose params file holds nothing was called outdated": Project(
        base := Revision(
            stages=(replace(_TRAIN, tracks=(Tracked("conf.py"),)),),
            params=(Values("conf.py", {}), Values("params.yaml", {})),
        ),
        base,
    ),
    "metrics that git wrote with the line ends of Windows were in doubt": Project(
        base := Revision(stages=(_TRAIN,)), base, Seen(View.WINDOWS)
    ),
}
