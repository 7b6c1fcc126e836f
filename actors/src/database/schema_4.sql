-- Who may do what. An account is never removed, since submissions name it; it is disabled.
CREATE TABLE accounts (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    name          TEXT NOT NULL UNIQUE COLLATE NOCASE,
    display_name  TEXT NOT NULL,
    role          TEXT NOT NULL CHECK (role IN ('admin', 'jury', 'team', 'spectator', 'api')),
    password      TEXT,                 -- PHC string of argon2id; NULL: nobody signs in by password
    disabled      INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1)),
    created_at_ms INTEGER NOT NULL
) STRICT;

-- Whoever reads this file has no session by it: of a secret there is only the SHA-256 here, hex.
CREATE TABLE sessions (
    secret        TEXT PRIMARY KEY,
    account       INTEGER NOT NULL REFERENCES accounts (id),
    expires_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX sessions_of_account ON sessions (account);

CREATE TABLE api_tokens (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    secret        TEXT NOT NULL UNIQUE, -- SHA-256, hex
    account       INTEGER NOT NULL REFERENCES accounts (id),
    label         TEXT NOT NULL,
    scopes        TEXT NOT NULL,        -- names, with blanks between them
    created_at_ms INTEGER NOT NULL,
    expires_at_ms INTEGER
) STRICT;

CREATE INDEX api_tokens_of_account ON api_tokens (account);

-- The links with which an account gets its password: each works once.
CREATE TABLE password_links (
    secret        TEXT PRIMARY KEY,     -- SHA-256, hex
    account       INTEGER NOT NULL REFERENCES accounts (id),
    expires_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- NULL: nobody had signed in.
ALTER TABLE submissions ADD COLUMN account INTEGER REFERENCES accounts (id);
CREATE INDEX submissions_by_account ON submissions (account, id) WHERE account IS NOT NULL;
