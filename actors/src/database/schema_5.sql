-- How far each contest is. What it asks for is in its contest.yaml.
CREATE TABLE contests (
    short_name TEXT PRIMARY KEY,
    revision   INTEGER NOT NULL,        -- counts the changes of the clock
    clock      TEXT NOT NULL            -- JSON: ClockRecord
) STRICT;

-- NULL: outside of any contest.
ALTER TABLE submissions ADD COLUMN contest TEXT;
-- Of a team; NULL: it cannot count, as those of the jury.
ALTER TABLE submissions ADD COLUMN contest_time_ms INTEGER;
CREATE INDEX submissions_by_contest ON submissions (contest, id) WHERE contest IS NOT NULL;

-- Questions to the jury, its answers, and what it tells all.
CREATE TABLE clarifications (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    contest         TEXT NOT NULL,
    from_team       INTEGER REFERENCES accounts (id), -- NULL: from the jury
    to_team         INTEGER REFERENCES accounts (id), -- NULL: to the jury, or from the jury to all
    reply_to        INTEGER REFERENCES clarifications (id),
    problem         TEXT,                             -- NULL: about none
    text            TEXT NOT NULL,
    created_at_ms   INTEGER NOT NULL,                 -- since 1970
    contest_time_ms INTEGER                           -- NULL: before the start
) STRICT;

CREATE INDEX clarifications_by_contest ON clarifications (contest, id);
