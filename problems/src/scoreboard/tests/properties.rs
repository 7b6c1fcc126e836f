//! However the news comes, the boards are what a naive count of the last news says.

use proptest::prelude::*;

use super::*;

const TEAMS: i64 = 4;
const PROBLEMS: usize = 3;
const FREEZE_MS: u64 = 40 * 60_000;

fn kinds() -> impl Strategy<Value = ContestKind> {
    prop_oneof![
        Just(ICPC),
        Just(ContestKind::Ioi {
            score: IoiScore::Best
        }),
        Just(ContestKind::Ioi {
            score: IoiScore::Subtasks
        }),
    ]
}

fn results() -> impl Strategy<Value = Option<EntryResult>> {
    let verdicts = prop::sample::select(&Verdict::ALL[..]);
    let subtasks = prop::collection::vec((0_u32..4).prop_map(Points::from), 0..3);
    let result = (verdicts, subtasks).prop_map(|(verdict, subtasks)| EntryResult {
        verdict,
        score: (!subtasks.is_empty()).then(|| subtasks.iter().copied().sum()),
        subtasks,
    });
    prop::option::of(result)
}

/// News of submissions: each is always of the same team, problem and time, but may be told again with another result.
fn news() -> impl Strategy<Value = Vec<Entry>> {
    let submission = (1..=TEAMS, 0..PROBLEMS, 0..60 * 60_000_u64);
    let submissions = prop::collection::vec(submission, 1..25);
    submissions.prop_flat_map(|submissions| {
        let told = (0..submissions.len(), results());
        prop::collection::vec(told, 0..60).prop_map(move |told| {
            let entry = |(index, result): (usize, Option<EntryResult>)| {
                let (team, problem, at_ms) = submissions[index];
                Entry {
                    submission: i64::try_from(index).unwrap(),
                    team: TeamId(team),
                    problem,
                    at_ms,
                    result,
                }
            };
            told.into_iter().map(entry).collect()
        })
    })
}

fn empty(kind: ContestKind) -> Scoreboard {
    let rules = ScoreboardRules {
        kind,
        problems: PROBLEMS,
        freeze_at_ms: Some(FREEZE_MS),
    };
    Scoreboard::new(rules, (1..=TEAMS).map(TeamId))
}

fn told(kind: ContestKind, news: &[Entry]) -> Scoreboard {
    let mut board = empty(kind);
    for entry in news {
        board.record(entry.clone());
    }
    board
}

/// The last that was said of each submission.
fn last(news: &[Entry]) -> Vec<Entry> {
    let last: BTreeMap<i64, &Entry> = news.iter().map(|entry| (entry.submission, entry)).collect();
    last.into_values().cloned().collect()
}

/// What is hidden from the public, taken away.
fn censored(entries: &[Entry]) -> Vec<Entry> {
    let hide = |entry: &Entry| Entry {
        result: entry.result.clone().filter(|_| entry.at_ms < FREEZE_MS),
        ..entry.clone()
    };
    entries.iter().map(hide).collect()
}

/// Team, problems solved, minutes, points: counted from nothing, in the order of rank.
fn naive(kind: ContestKind, entries: &[Entry]) -> Vec<(i64, u32, u64, Points)> {
    let mut rows: Vec<_> = (1..=TEAMS)
        .map(|team| {
            let (mut solved, mut minutes, mut points, mut latest) = (0, 0, Points::ZERO, 0);
            for problem in 0..PROBLEMS {
                let mut own: Vec<_> = entries
                    .iter()
                    .filter(|entry| entry.team.0 == team && entry.problem == problem)
                    .filter_map(|entry| {
                        Some((entry.at_ms, entry.submission, entry.result.as_ref()?))
                    })
                    .filter(|(.., result)| {
                        use Verdict::{CE, CTL, JE, SK};
                        ![CE, CTL, JE, SK].contains(&result.verdict)
                    })
                    .collect();
                own.sort_by_key(|(at_ms, submission, _)| (*at_ms, *submission));
                let accepted = own
                    .iter()
                    .position(|(.., result)| result.verdict == Verdict::AC);
                if let Some(tries) = accepted {
                    solved += 1;
                    latest = latest.max(own[tries].0);
                    if kind == ICPC {
                        minutes += own[tries].0 / 60_000 + 20 * tries as u64;
                    }
                }
                points = points + naive_points(kind, own.iter().map(|(.., result)| *result));
            }
            (team, solved, minutes, points, latest)
        })
        .collect();
    rows.sort_by_key(|&(team, solved, minutes, points, latest)| {
        let icpc = kind == ICPC;
        let order = if icpc {
            (solved, minutes, latest)
        } else {
            (0, 0, 0)
        };
        let (solved, minutes, latest) = order;
        (std::cmp::Reverse((points, solved)), minutes, latest, team)
    });
    let short = |(team, solved, minutes, points, _)| (team, solved, minutes, points);
    rows.into_iter().map(short).collect()
}

fn naive_points<'a>(
    kind: ContestKind,
    results: impl Iterator<Item = &'a EntryResult> + Clone,
) -> Points {
    let whole = |result: &EntryResult| match result.score {
        Some(score) => score,
        None if result.verdict == Verdict::AC => 100.into(),
        None => Points::ZERO,
    };
    match kind {
        ContestKind::Icpc { .. } => Points::ZERO,
        ContestKind::Ioi {
            score: IoiScore::Best,
        } => results.map(whole).max().unwrap_or_default(),
        ContestKind::Ioi {
            score: IoiScore::Subtasks,
        } => {
            let part = |result: &EntryResult, at: usize| match result.subtasks.get(at) {
                Some(points) => *points,
                None if at == 0 && result.subtasks.is_empty() => whole(result),
                None => Points::ZERO,
            };
            let best = |at| results.clone().map(|result| part(result, at)).max();
            (0..3).filter_map(best).sum()
        }
    }
}

fn short(rows: &[Row]) -> Vec<(i64, u32, u64, Points)> {
    let short = |row: &Row| {
        let score = row.score;
        (
            row.team.0,
            score.solved,
            score.penalty_minutes,
            score.points,
        )
    };
    rows.iter().map(short).collect()
}

proptest! {
    #[test]
    fn news_by_news_the_boards_are_what_counting_from_nothing_says(kind in kinds(), news in news()) {
        let board = told(kind, &news);
        let last = last(&news);
        prop_assert_eq!(short(&board.rows(Viewer::Jury)), naive(kind, &last));
        prop_assert_eq!(short(&board.rows(Viewer::Public)), naive(kind, &censored(&last)));
        let anew = told(kind, &last);
        for viewer in [Viewer::Jury, Viewer::Public, Viewer::Team(TeamId(1))] {
            prop_assert_eq!(board.rows(viewer), anew.rows(viewer));
        }
    }

    #[test]
    fn the_order_of_arrival_does_not_matter(
        kind in kinds(),
        (one, other) in news().prop_flat_map(|news| {
            let last = last(&news);
            (Just(last.clone()), Just(last).prop_shuffle())
        }),
    ) {
        let (one, other) = (told(kind, &one), told(kind, &other));
        for viewer in [Viewer::Jury, Viewer::Public, Viewer::Team(TeamId(1))] {
            prop_assert_eq!(one.rows(viewer), other.rows(viewer));
        }
    }

    #[test]
    fn a_frozen_board_never_depends_on_a_verdict_after_the_freeze(
        kind in kinds(),
        news in news(),
        others in prop::collection::vec(results(), 60),
    ) {
        let changed = |own: Option<TeamId>| -> Vec<Entry> {
            let change = |(entry, other): (&Entry, &Option<EntryResult>)| {
                let is_secret = entry.at_ms >= FREEZE_MS && Some(entry.team) != own;
                let result = if is_secret { other } else { &entry.result };
                Entry { result: result.clone(), ..entry.clone() }
            };
            news.iter().zip(&others).map(change).collect()
        };
        let board = told(kind, &news);
        prop_assert_eq!(board.rows(Viewer::Public), told(kind, &changed(None)).rows(Viewer::Public));
        let own = TeamId(1);
        let viewer = Viewer::Team(own);
        prop_assert_eq!(board.rows(viewer), told(kind, &changed(Some(own))).rows(viewer));
    }

    #[test]
    fn a_thawed_board_is_the_jurys(kind in kinds(), news in news()) {
        let mut board = told(kind, &news);
        board.thaw();
        prop_assert_eq!(board.rows(Viewer::Public), board.rows(Viewer::Jury));
    }
}
