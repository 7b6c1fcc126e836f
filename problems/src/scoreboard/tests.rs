//! What the boards show.

mod properties;

use super::*;
use crate::contest::IoiScore;

const ICPC: ContestKind = ContestKind::Icpc {
    penalty_minutes: 20,
};

fn board(kind: ContestKind, freeze_minute: Option<u64>) -> Scoreboard {
    let rules = ScoreboardRules {
        kind,
        problems: 2,
        freeze_at_ms: freeze_minute.map(|minute| minute * 60_000),
    };
    Scoreboard::new(rules, [TeamId(1), TeamId(2), TeamId(3)])
}

fn entry(submission: i64, team: i64, problem: usize, minute: u64, verdict: Verdict) -> Entry {
    Entry {
        submission,
        team: TeamId(team),
        problem,
        at_ms: minute * 60_000 + 30_000,
        result: Some(EntryResult {
            verdict,
            score: None,
            subtasks: Vec::new(),
        }),
    }
}

fn pending(submission: i64, team: i64, problem: usize, minute: u64) -> Entry {
    Entry {
        result: None,
        ..entry(submission, team, problem, minute, Verdict::AC)
    }
}

fn points(submission: i64, team: i64, subtasks: &[u32]) -> Entry {
    let subtasks: Vec<Points> = subtasks.iter().map(|&points| points.into()).collect();
    Entry {
        result: Some(EntryResult {
            verdict: Verdict::PT,
            score: Some(subtasks.iter().copied().sum()),
            subtasks,
        }),
        ..pending(submission, team, 0, 0)
    }
}

/// The rows in short: rank, team, and of each cell the judged, the pending and, where it is solved, its minutes.
fn shown(board: &Scoreboard, viewer: Viewer) -> String {
    let cell = |cell: &Cell| {
        let first = if cell.first { "!" } else { "" };
        let solved = cell
            .solved_at_ms
            .map_or_else(String::new, |_| format!("={}{first}", cell.penalty_minutes));
        format!("{}+{}{solved}", cell.judged, cell.pending)
    };
    let row = |row: Row| {
        let cells: Vec<_> = row.cells.iter().map(cell).collect();
        let Score {
            solved,
            penalty_minutes,
            points,
            ..
        } = row.score;
        let total = format!("{solved} in {penalty_minutes}, {points}");
        format!(
            "{}. team {} [{total}] {}",
            row.rank,
            row.team.0,
            cells.join(" ")
        )
    };
    let rows: Vec<_> = board.rows(viewer).into_iter().map(row).collect();
    rows.join("\n")
}

#[test]
fn problems_count_first_and_then_time_with_penalties() {
    let mut board = board(ICPC, None);
    board.record(entry(1, 1, 0, 10, Verdict::WA));
    board.record(entry(2, 1, 0, 12, Verdict::CE));
    board.record(entry(3, 1, 0, 15, Verdict::AC));
    board.record(entry(4, 1, 0, 16, Verdict::WA));
    board.record(entry(5, 2, 0, 20, Verdict::AC));
    board.record(entry(6, 3, 1, 21, Verdict::TLE));
    insta::assert_snapshot!(shown(&board, Viewer::Public), @"
    1. team 2 [1 in 20, 0] 1+0=20 0+0
    2. team 1 [1 in 35, 0] 2+0=35! 0+0
    3. team 3 [0 in 0, 0] 0+0 1+0
    ");
}

#[test]
fn equal_teams_share_a_rank_and_the_next_has_its_place() {
    let mut board = board(ICPC, None);
    board.record(entry(1, 2, 0, 5, Verdict::AC));
    board.record(entry(2, 3, 0, 5, Verdict::AC));
    let ranks: Vec<_> = board
        .rows(Viewer::Jury)
        .iter()
        .map(|row| row.rank)
        .collect();
    assert_eq!(ranks, [1, 1, 3]);
}

#[test]
fn with_equal_minutes_the_earlier_last_solution_is_ahead() {
    let mut board = board(ICPC, None);
    board.record(Entry {
        at_ms: 5 * 60_000 + 2,
        ..entry(1, 2, 0, 0, Verdict::AC)
    });
    board.record(Entry {
        at_ms: 5 * 60_000 + 1,
        ..entry(2, 3, 0, 0, Verdict::AC)
    });
    assert_eq!(board.rows(Viewer::Jury)[0].team, TeamId(3));
}

#[test]
fn a_frozen_board_counts_what_comes_and_a_thawed_one_shows_it() {
    let mut board = board(ICPC, Some(60));
    board.record(entry(1, 1, 0, 59, Verdict::AC));
    let changed = board.record(pending(2, 2, 0, 60));
    assert_eq!((changed.jury, changed.public), (true, true));
    let changed = board.record(entry(2, 2, 0, 60, Verdict::AC));
    assert_eq!((changed.jury, changed.public), (true, false));
    board.record(entry(3, 2, 1, 70, Verdict::AC));
    insta::assert_snapshot!(shown(&board, Viewer::Public), @"
    1. team 1 [1 in 59, 0] 1+0=59! 0+0
    2. team 2 [0 in 0, 0] 0+1 0+1
    2. team 3 [0 in 0, 0] 0+0 0+0
    ");
    insta::assert_snapshot!(shown(&board, Viewer::Jury), @"
    1. team 2 [2 in 130, 0] 1+0=60 1+0=70!
    2. team 1 [1 in 59, 0] 1+0=59! 0+0
    3. team 3 [0 in 0, 0] 0+0 0+0
    ");
    board.thaw();
    assert_eq!(shown(&board, Viewer::Public), shown(&board, Viewer::Jury));
}

#[test]
fn a_team_sees_its_own_verdicts_in_the_freeze_but_not_that_nobody_else_was_earlier() {
    let mut board = board(ICPC, Some(60));
    board.record(entry(1, 1, 1, 65, Verdict::AC));
    board.record(entry(2, 2, 1, 70, Verdict::AC));
    insta::assert_snapshot!(shown(&board, Viewer::Team(TeamId(2))), @"
    1. team 1 [0 in 0, 0] 0+0 0+1
    1. team 2 [1 in 70, 0] 0+0 1+0=70
    1. team 3 [0 in 0, 0] 0+0 0+0
    ");
}

#[test]
fn an_extended_contest_moves_its_freeze() {
    let mut board = board(ICPC, Some(60));
    board.record(entry(1, 1, 0, 65, Verdict::AC));
    assert_eq!(board.rows(Viewer::Public)[0].score.solved, 0);
    board.freeze_at(Some(70 * 60_000));
    assert_eq!(board.rows(Viewer::Public)[0].score.solved, 1);
}

#[test]
fn a_rejudging_moves_the_row_and_the_first_solver() {
    let mut board = board(ICPC, None);
    board.record(entry(1, 1, 0, 10, Verdict::AC));
    board.record(entry(2, 2, 0, 20, Verdict::AC));
    board.record(entry(1, 1, 0, 10, Verdict::WA));
    insta::assert_snapshot!(shown(&board, Viewer::Jury), @"
    1. team 2 [1 in 20, 0] 1+0=20! 0+0
    2. team 1 [0 in 0, 0] 1+0 0+0
    2. team 3 [0 in 0, 0] 0+0 0+0
    ");
}

#[test]
fn what_the_judge_has_failed_is_pending() {
    let mut board = board(ICPC, None);
    board.record(entry(1, 1, 0, 10, Verdict::JE));
    let cell = &board.rows(Viewer::Jury)[0].cells[0];
    assert_eq!((cell.judged, cell.pending), (0, 1));
}

#[test]
fn who_is_not_on_the_board_changes_nothing() {
    let mut board = board(ICPC, None);
    let stranger = board.record(entry(1, 9, 0, 10, Verdict::AC));
    let column = board.record(entry(2, 1, 2, 10, Verdict::AC));
    assert_eq!((stranger, column), (Changed::default(), Changed::default()));
}

#[test]
fn the_best_of_each_subtask_counts_or_the_best_submission() {
    let of = |score| {
        let mut board = board(ContestKind::Ioi { score }, None);
        board.record(points(1, 1, &[10, 0, 20]));
        board.record(points(2, 1, &[0, 30, 10]));
        board.record(points(3, 2, &[0, 45, 0]));
        let rows = board.rows(Viewer::Public);
        let short = |row: &Row| {
            let subtasks = row.cells[0].subtasks.iter();
            let subtasks: Vec<String> = subtasks.map(ToString::to_string).collect();
            let points = row.score.points.to_string();
            (row.rank, row.team.0, points, subtasks.join(" "))
        };
        rows.iter().map(short).collect::<Vec<_>>()
    };
    let row = |rank, team, points: &str, subtasks: &str| {
        (rank, team, points.to_owned(), subtasks.to_owned())
    };
    assert_eq!(
        of(IoiScore::Subtasks),
        [
            row(1, 1, "60", "10 30 20"),
            row(2, 2, "45", "0 45 0"),
            row(3, 3, "0", "")
        ]
    );
    assert_eq!(
        of(IoiScore::Best),
        [
            row(1, 2, "45", "0 45 0"),
            row(2, 1, "40", "0 30 10"),
            row(3, 3, "0", "")
        ]
    );
}

#[test]
fn a_problem_without_points_gives_a_hundred_once_it_is_accepted() {
    let mut board = board(
        ContestKind::Ioi {
            score: IoiScore::Subtasks,
        },
        None,
    );
    board.record(entry(1, 1, 0, 5, Verdict::WA));
    assert_eq!(board.rows(Viewer::Jury)[0].score.points, Points::ZERO);
    board.record(entry(2, 1, 0, 6, Verdict::AC));
    assert_eq!(board.rows(Viewer::Jury)[0].score.points, 100.into());
}
