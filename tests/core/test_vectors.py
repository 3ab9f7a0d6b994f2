"""The published vectors in the repository are the files that ORIGIN.md describes, to the byte."""

from __future__ import annotations

import hashlib

SHA256 = {
    "aia/LICENSE": "e3aa7fd2573b9fbe812cfc1da69909fb2ecef427e6960d38ce5ab534e4dc08c3",
    "aia/cases.json": "bab397510daef60aa88c8e0704ef612a445359e45292752dab1e1c21bb346d8a",
    "aia/random100.json": "caed43a3129034e2b02af1a054c1f76f312b4864c3afbf02a95c9c0ad158ae85",
    "aia/survey-enfr.json": "2438b9020a1d8f8c536dcf40ea95842479c447deb59dae919e48ea30567142a8",
    "fairness/adult.parquet": "b83b758f62ba3a8f10f552c032b21bcd43f2432e205d4c74cb8ac020d372ab4c",
    "fairness/aequitas-compas.csv": "91e245a5d267e082daf500443c4672a5cb00e089974d53527929fba0ab030580",
    "fairness/berkeley.csv": "92ae5a362fd3a09847ee388823286381b847b48fd1c9a1eca387c987a1b5eba3",
    "fairness/compas-two-years-violent.csv": "182cec4fa915627ebe2602561580887a9d8a5d8795064ade0f48ad6986c600dc",
    "fairness/compas-two-years.csv": "a32cd78dc0820f0519b5a0b23384a5a3c053f7661af52cfaf905624503a0040d",
    "fairness/german.csv": "61effc34f9ef78ffeeb350141608c2e8ec9bf8978b64c29dbd16bb7a19bf763f",
    "fairness/published_tables.csv": "7167d84fbc52aedca234321c8a1ccf7390dfb570d049e4cc57d4e1f8f8cc00cf",
    "merkle/LICENSE.transparency-dev-merkle": "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30",
    "merkle/proofs.json": "3722645e941fdb1b5aaaf2d15a3eefdbfc9a0a1e8b6f21db180da3c3f6065005",
    "merkle/rfc6962_roots.json": "e17a59b5642d808226fdc954081a237723ee9325c743c0bcbd3bbb3caa6825ac",
    "merkle/signed_note_vectors.json": "43e30881ede84091d4aa24addd4c4cd549e83a7fdc451a3efb91800b12f4bcab",
}


def test_every_vector_is_the_published_one(vectors):
    files = [path for path in vectors.rglob("*") if path.is_file() and path.name != "ORIGIN.md"]
    digests = {
        path.relative_to(vectors).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }
    assert digests == SHA256


def test_origin_names_every_folder_and_file(vectors):
    origin = (vectors / "ORIGIN.md").read_text()
    for name in SHA256:
        folder, file = name.split("/")
        named = file in origin or f"{folder}/ |" in origin or file.startswith(("LICENSE", "compas"))
        assert named, name
