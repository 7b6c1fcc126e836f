-- Contents that somebody has sent once, to be named in later requests. Account 0: nobody had signed in.
CREATE TABLE uploads (
    blob       TEXT NOT NULL,
    account    INTEGER NOT NULL,
    bytes      INTEGER NOT NULL,
    used_at_ms INTEGER NOT NULL,
    PRIMARY KEY (blob, account)
) STRICT, WITHOUT ROWID;

CREATE INDEX uploads_by_use ON uploads (used_at_ms);
