-- Files of packages that are in the store: a file with the same stamp is not read again, and a blob that the disk has
-- lost can be had from it once more.
CREATE TABLE package_files (
    path        TEXT PRIMARY KEY,
    size        INTEGER NOT NULL,
    modified_ns INTEGER NOT NULL,       -- since 1970, as is the next
    changed_ns  INTEGER NOT NULL,
    blob        TEXT NOT NULL           -- hex
) STRICT;

-- What is kept is bounded: what was used longest ago goes first.
ALTER TABLE artifacts ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE artifacts ADD COLUMN used_at_ms INTEGER NOT NULL DEFAULT 0;

CREATE INDEX artifacts_by_use ON artifacts (used_at_ms);

-- Which blobs are named by which artifacts, so that one that nobody names any more can go.
CREATE TABLE artifact_blobs (
    blob     TEXT NOT NULL,             -- hex
    artifact TEXT NOT NULL REFERENCES artifacts (id) ON DELETE CASCADE,
    PRIMARY KEY (blob, artifact)
) STRICT, WITHOUT ROWID;

CREATE INDEX artifact_blobs_of_artifact ON artifact_blobs (artifact);

INSERT INTO artifact_blobs (blob, artifact)
SELECT DISTINCT json_extract(file.value, '$.blob'), artifacts.id
FROM artifacts, json_each(artifacts.manifest, '$.files') AS file;

UPDATE artifacts SET used_at_ms = created_at_ms, bytes =
    (SELECT coalesce(sum(json_extract(file.value, '$.size')), 0) FROM json_each(manifest, '$.files') AS file);

-- The newest time that was ever written down, also where the clock has been set back since.
CREATE INDEX submissions_by_time ON submissions (created_at_ms);
CREATE INDEX judgements_by_time ON judgements (created_at_ms);
