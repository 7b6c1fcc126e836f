//! The tables, and how older files get them.

use rusqlite::{Connection, TransactionBehavior};

use super::DatabaseError;

/// Each brings a file from the schema of its index to the next one. Only ever appended to.
const MIGRATIONS: &[&str] = &[
    include_str!("schema_1.sql"),
    include_str!("schema_2.sql"),
    include_str!("schema_3.sql"),
    include_str!("schema_4.sql"),
    include_str!("schema_5.sql"),
    include_str!("schema_6.sql"),
];

/// Applies what is missing, each step in a transaction of its own.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), DatabaseError> {
    apply(connection, MIGRATIONS)
}

/// Says what is wrong where the file has not the newest schema.
pub(super) fn check(connection: &Connection) -> Result<(), DatabaseError> {
    let known = u32::try_from(MIGRATIONS.len()).expect("there are a handful of migrations");
    let found = version(connection).map_err(DatabaseError::Read)?;
    match found.cmp(&known) {
        std::cmp::Ordering::Equal => Ok(()),
        std::cmp::Ordering::Less => Err(DatabaseError::OlderSchema { found, known }),
        std::cmp::Ordering::Greater => Err(DatabaseError::NewerSchema { found, known }),
    }
}

fn apply(connection: &mut Connection, migrations: &[&str]) -> Result<(), DatabaseError> {
    let known = u32::try_from(migrations.len()).expect("there are a handful of migrations");
    let found =
        version(connection).map_err(|source| DatabaseError::Migrate { to: known, source })?;
    if found > known {
        return Err(DatabaseError::NewerSchema { found, known });
    }
    for (to, script) in (1..).zip(migrations).skip(found as usize) {
        step(connection, script, to).map_err(|source| DatabaseError::Migrate { to, source })?;
    }
    Ok(())
}

fn version(connection: &Connection) -> rusqlite::Result<u32> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

fn step(connection: &mut Connection, script: &str, to: u32) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(script)?;
    transaction.pragma_update(None, "user_version", to)?;
    transaction.commit()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_file_gets_the_newest_schema() {
        let mut db = Connection::open_in_memory().unwrap();
        migrate(&mut db).unwrap();
        assert_eq!(version(&db).unwrap() as usize, MIGRATIONS.len());
        migrate(&mut db).unwrap();
    }

    #[test]
    fn an_older_file_gets_only_what_it_lacks() {
        let mut db = Connection::open_in_memory().unwrap();
        let first = "CREATE TABLE a(x)";
        apply(&mut db, &[first]).unwrap();
        apply(&mut db, &[first, "CREATE TABLE b(x)"]).unwrap();
        assert_eq!(version(&db).unwrap(), 2);
        db.execute_batch("SELECT * FROM a, b").unwrap();
    }

    #[test]
    fn a_newer_file_is_refused_and_left_alone() {
        let mut db = Connection::open_in_memory().unwrap();
        db.pragma_update(None, "user_version", 99).unwrap();
        let refused = migrate(&mut db).unwrap_err();
        assert!(matches!(
            refused,
            DatabaseError::NewerSchema { found: 99, .. }
        ));
        let tables: u32 = db
            .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
            .unwrap();
        assert_eq!(tables, 0);
    }

    #[test]
    fn a_step_that_fails_leaves_the_schema_before_it() {
        let mut db = Connection::open_in_memory().unwrap();
        let failed = apply(
            &mut db,
            &["CREATE TABLE a(x)", "CREATE TABLE b(x); CREATE nonsense"],
        );
        assert!(matches!(failed, Err(DatabaseError::Migrate { to: 2, .. })));
        assert_eq!(version(&db).unwrap(), 1);
        assert!(db.execute_batch("SELECT * FROM b").is_err());
    }
}
