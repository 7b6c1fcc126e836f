//! What of a contest survives a restart, in SQL.

use rusqlite::{Connection, OptionalExtension, params};
use tribunal_problems::{EntryResult, Points, TeamId, Verdict};

use super::clarifications::Clarification;
use super::clock::ClockRecord;
use crate::database::{Database, DatabaseError};
use crate::ids::SubmissionId;
use crate::report::{BuildReport, GroupReport};

/// The stored side of one contest.
#[derive(Debug, Clone)]
pub(super) struct ContestRecords {
    db: Database,
    contest: String,
}

/// A submission of a team, as the database has it.
#[derive(Debug, Clone)]
pub(super) struct StoredEntry {
    pub(super) submission: SubmissionId,
    pub(super) team: TeamId,
    /// The problem's short name.
    pub(super) problem: String,
    pub(super) created_at_ms: i64,
    pub(super) contest_time_ms: u64,
    pub(super) result: Option<EntryResult>,
}

/// All that a start needs.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) clock: ClockRecord,
    pub(super) entries: Vec<StoredEntry>,
    pub(super) clarifications: Vec<Clarification>,
}

impl ContestRecords {
    pub(super) fn new(db: Database, contest: &str) -> Self {
        Self {
            db,
            contest: contest.to_owned(),
        }
    }

    pub(super) async fn load(&self) -> Result<Loaded, DatabaseError> {
        let contest = self.contest.clone();
        self.db
            .read(move |db| {
                Ok(Loaded {
                    clock: select_clock(db, &contest)?,
                    entries: select_entries(db, &contest)?,
                    clarifications: select_clarifications(db, &contest)?,
                })
            })
            .await
    }

    /// Stores the clock, unless a newer one is there already.
    pub(super) async fn save_clock(&self, record: ClockRecord) -> Result<(), DatabaseError> {
        let contest = self.contest.clone();
        self.db
            .write(move |tx| {
                let json = serde_json::to_string(&record).map_err(to_sql)?;
                let revision = i64::try_from(record.revision).unwrap_or(i64::MAX);
                tx.prepare_cached(
                    "INSERT INTO contests (short_name, revision, clock) VALUES (?1, ?2, ?3) \
                     ON CONFLICT (short_name) DO UPDATE \
                     SET revision = excluded.revision, clock = excluded.clock \
                     WHERE excluded.revision > contests.revision",
                )?
                .execute(params![contest, revision, json])?;
                Ok(())
            })
            .await
    }

    /// Stores what was said, and answers with its number.
    pub(super) async fn insert(&self, new: Clarification) -> Result<i64, DatabaseError> {
        let contest = self.contest.clone();
        self.db
            .write(move |tx| {
                tx.prepare_cached(
                    "INSERT INTO clarifications (contest, from_team, to_team, reply_to, problem, text, \
                     created_at_ms, contest_time_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                )?
                .execute(params![
                    contest,
                    new.from.map(|team| team.0),
                    new.to.map(|team| team.0),
                    new.reply_to,
                    new.problem,
                    new.text,
                    new.at_ms,
                    new.time_ms.map(|time| i64::try_from(time).unwrap_or(i64::MAX)),
                ])?;
                Ok(tx.last_insert_rowid())
            })
            .await
    }
}

/// What a judgement is to a scoreboard.
pub(crate) fn entry_result(report: &BuildReport) -> EntryResult {
    result(report.verdict, report.score, &report.groups)
}

fn result(verdict: Verdict, score: Option<f64>, groups: &[GroupReport]) -> EntryResult {
    // A group of groups has no points but theirs; unless a grader makes other points of those in it.
    let counted = groups.iter().filter(|group| !group.within_graded);
    let is_inner = |group: &GroupReport| {
        let below = format!("{}/", group.name);
        let mut others = counted.clone();
        others.any(|other| other.name.starts_with(&below))
    };
    // Where all or nothing counts, groups are no subtasks.
    let is_scored = score.is_some();
    let subtasks = counted.clone();
    let subtasks = subtasks.filter(|group| is_scored && !is_inner(group));
    EntryResult {
        verdict,
        score: score.map(Points::nearest),
        subtasks: subtasks.map(|group| Points::nearest(group.score)).collect(),
    }
}

fn select_clock(db: &Connection, contest: &str) -> rusqlite::Result<ClockRecord> {
    let found = db
        .query_row(
            "SELECT clock FROM contests WHERE short_name = ?1",
            [contest],
            |row| row.get::<_, String>(0),
        )
        .optional()?;
    match found {
        Some(json) => serde_json::from_str(&json).map_err(|error| from_sql(0, error.into())),
        None => Ok(ClockRecord::default()),
    }
}

fn select_entries(db: &Connection, contest: &str) -> rusqlite::Result<Vec<StoredEntry>> {
    db.prepare(
        "SELECT s.id, account, problem, s.created_at_ms, contest_time_ms, verdict, score, \
         json_extract(report, '$.groups') FROM submissions AS s \
         LEFT JOIN judgements AS j ON j.submission = s.id AND j.current = 1 \
         WHERE contest = ?1 AND contest_time_ms IS NOT NULL AND account IS NOT NULL ORDER BY s.id",
    )?
    .query_map([contest], |row| {
        let verdict = row.get::<_, Option<String>>(5)?;
        let verdict = verdict.map(|word| word.parse()).transpose();
        let verdict = verdict
            .map_err(|error: tribunal_problems::UnknownVerdict| from_sql(5, error.into()))?;
        let groups: Vec<GroupReport> = match row.get::<_, Option<String>>(7)? {
            Some(json) => serde_json::from_str(&json).map_err(|error| from_sql(7, error.into()))?,
            None => Vec::new(),
        };
        let score = row.get(6)?;
        let time: i64 = row.get(4)?;
        Ok(StoredEntry {
            submission: SubmissionId(row.get(0)?),
            team: TeamId(row.get(1)?),
            problem: row.get(2)?,
            created_at_ms: row.get(3)?,
            contest_time_ms: u64::try_from(time).unwrap_or(0),
            result: verdict.map(|verdict| result(verdict, score, &groups)),
        })
    })?
    .collect()
}

fn select_clarifications(db: &Connection, contest: &str) -> rusqlite::Result<Vec<Clarification>> {
    db.prepare(
        "SELECT id, from_team, to_team, reply_to, problem, text, created_at_ms, contest_time_ms \
         FROM clarifications WHERE contest = ?1 ORDER BY id",
    )?
    .query_map([contest], |row| {
        let time: Option<i64> = row.get(7)?;
        Ok(Clarification {
            id: row.get(0)?,
            from: row.get::<_, Option<i64>>(1)?.map(TeamId),
            to: row.get::<_, Option<i64>>(2)?.map(TeamId),
            reply_to: row.get(3)?,
            problem: row.get(4)?,
            text: row.get(5)?,
            at_ms: row.get(6)?,
            time_ms: time.and_then(|time| u64::try_from(time).ok()),
        })
    })?
    .collect()
}

fn to_sql(source: serde_json::Error) -> rusqlite::Error {
    rusqlite::Error::ToSqlConversionFailure(source.into())
}

fn from_sql(column: usize, source: Box<dyn std::error::Error + Send + Sync>) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, source)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subtasks_are_the_groups_that_have_no_groups() {
        let group = |name: &str, score| GroupReport {
            name: name.to_owned(),
            score,
            passed: true,
            within_graded: false,
        };
        let groups = [
            group("sample", 0.0),
            group("secret", 33.5),
            group("secret/1", 13.5),
            group("secret/10", 20.0),
        ];
        let result = result(Verdict::PT, Some(33.5), &groups);
        let shown: Vec<_> = result.subtasks.iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["0", "13.5", "20"]);
        assert_eq!(result.score, Some(Points::nearest(33.5)));
    }

    #[test]
    fn what_a_grader_makes_other_points_of_is_no_subtask() {
        let group = |name: &str, score, within_graded| GroupReport {
            name: name.to_owned(),
            score,
            passed: true,
            within_graded,
        };
        let mut groups = vec![
            group("secret", 40.0, false),
            group("secret/1", 30.0, false),
            group("secret/1/a", 4.0, true),
            group("secret/2", 10.0, false),
        ];
        let subtasks = |groups: &[GroupReport]| {
            let result = result(Verdict::PT, Some(40.0), groups);
            result
                .subtasks
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
        };
        assert_eq!(subtasks(&groups), ["30", "10"]);
        // The whole is for the grader: there is nothing but the score.
        groups
            .iter_mut()
            .for_each(|group| group.within_graded = true);
        assert_eq!(subtasks(&groups), [""; 0]);
    }

    #[test]
    fn a_problem_without_points_has_no_subtasks() {
        let groups = [GroupReport {
            name: "secret".to_owned(),
            score: 1.0,
            passed: true,
            within_graded: false,
        }];
        assert_eq!(result(Verdict::AC, None, &groups).subtasks, []);
    }
}
