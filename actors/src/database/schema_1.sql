-- A submission is written once and never changed. Its numbers are never used again.
CREATE TABLE submissions (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    problem         TEXT NOT NULL,
    language        TEXT NOT NULL,
    entry           TEXT NOT NULL,      -- JSON: whether a function is called
    created_at_ms   INTEGER NOT NULL,   -- since 1970
    idempotency_key TEXT UNIQUE
) STRICT;

CREATE INDEX submissions_by_problem ON submissions (problem, id);
CREATE INDEX submissions_by_language ON submissions (language, id);

CREATE TABLE submission_files (
    submission INTEGER NOT NULL REFERENCES submissions (id),
    position   INTEGER NOT NULL,        -- from 0; the main file is the first
    name       TEXT NOT NULL,
    content    BLOB NOT NULL,
    PRIMARY KEY (submission, position),
    UNIQUE (submission, name)
) STRICT;

-- All judgements a submission ever had; the one that counts is current.
CREATE TABLE judgements (
    id            INTEGER PRIMARY KEY,
    submission    INTEGER NOT NULL REFERENCES submissions (id),
    verdict       TEXT NOT NULL,
    score         REAL,
    report        TEXT NOT NULL,        -- JSON: BuildReport
    current       INTEGER NOT NULL CHECK (current IN (0, 1)),
    created_at_ms INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX one_current_judgement ON judgements (submission) WHERE current = 1;
CREATE INDEX judgements_of_submission ON judgements (submission);

-- What jobs made and any build may use again. The files are in blobs/.
CREATE TABLE artifacts (
    id            TEXT PRIMARY KEY,     -- the job's id, hex
    manifest      TEXT NOT NULL,        -- JSON: Artifact
    created_at_ms INTEGER NOT NULL
) STRICT;

-- Artifacts that are published under a name, and never evicted.
CREATE TABLE releases (
    name          TEXT PRIMARY KEY,
    artifact      TEXT NOT NULL REFERENCES artifacts (id),
    created_at_ms INTEGER NOT NULL
) STRICT;

CREATE INDEX releases_of_artifact ON releases (artifact);
