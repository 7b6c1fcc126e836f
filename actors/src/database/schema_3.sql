-- Outputs of runs that are longer than what a report has of them, kept for a rejudging. The oldest go first.
CREATE TABLE outputs (
    blob        TEXT PRIMARY KEY,       -- hex
    bytes       INTEGER NOT NULL,
    named_at_ms INTEGER NOT NULL        -- since 1970; when the last judgement named it
) STRICT;

CREATE INDEX outputs_by_age ON outputs (named_at_ms);
