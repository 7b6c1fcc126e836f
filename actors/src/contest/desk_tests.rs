//! A desk with two teams, two problems and ten minutes, the last three of them frozen; times given by hand.

use std::path::Path;

use tribunal_problems::Verdict;

use super::super::records::StoredEntry;
use super::*;

const ANTS: TeamId = TeamId(11);
const BEES: TeamId = TeamId(12);
const MINUTE: i64 = 60_000;

fn desk_with(keys: &str, loaded: Loaded, now_ms: i64) -> Desk {
    let text = format!(
        "name: Finals\nshort_name: finals\nduration: 0:10:00\nfreeze: 0:03:00\nkind: icpc\n\
         problems: [{{label: A, package: sum}}, {{label: B, package: primes}}]\n{keys}"
    );
    let contest = Contest::parse(&text, Path::new("contest.yaml")).unwrap();
    let problems = [("sum", "Sum of Two"), ("primes", "Primes")];
    let problems = problems.map(|(id, name)| (id.to_owned(), name.to_owned()));
    let teams = [(ANTS, "ants"), (BEES, "bees")].map(|(id, name)| {
        let view = TeamView {
            name: name.to_owned(),
            display_name: name.to_uppercase(),
        };
        (id, view)
    });
    Desk::new(contest, problems.into(), teams.into(), loaded, now_ms)
}

fn nothing() -> Loaded {
    Loaded {
        clock: ClockRecord::default(),
        entries: Vec::new(),
        clarifications: Vec::new(),
    }
}

/// Begun at 0.
fn begun(keys: &str) -> Desk {
    let mut desk = desk_with(keys, nothing(), 0);
    desk.order(ClockOrder::Start, 0).unwrap();
    news(&mut desk);
    desk
}

fn admit(desk: &mut Desk, viewer: Viewer, minute: i64) -> Result<Admission, ContestRefusal> {
    desk.admit(viewer, "sum", &LanguageId::new("c"), minute * MINUTE)
}

/// What there is to tell, and to whom.
fn news(desk: &mut Desk) -> Vec<(ContestNews, Audience)> {
    let actions = std::iter::from_fn(|| desk.poll_action());
    let told = actions.filter_map(|action| match action {
        Action::Tell(news, audience) => Some((news, audience)),
        Action::Save(_) => None,
    });
    told.collect()
}

fn verdict(verdict: Verdict) -> EntryResult {
    EntryResult {
        verdict,
        score: None,
        subtasks: Vec::new(),
    }
}

/// Submits and has it judged.
fn judged(desk: &mut Desk, id: i64, team: TeamId, minute: i64, word: Verdict) {
    let admission = admit(desk, Viewer::Team(team), minute).unwrap();
    desk.entered(SubmissionId(id), &admission);
    desk.judged(SubmissionId(id), verdict(word));
}

/// Who has solved how much, the first first.
fn solved(desk: &Desk, viewer: Viewer, minute: i64) -> Vec<(TeamId, u32)> {
    let board = desk.scoreboard(viewer, minute * MINUTE);
    let short = |row: &tribunal_problems::Row| (row.team, row.score.solved);
    board.rows.iter().map(short).collect()
}

#[test]
fn before_the_start_only_the_jury_sees_problems_and_submits() {
    let mut desk = desk_with("", nothing(), 0);
    let ants = Viewer::Team(ANTS);
    for viewer in [Viewer::Public, ants] {
        assert_eq!(admit(&mut desk, viewer, 0), Err(ContestRefusal::NotStarted));
        assert!(desk.view(viewer, 0).problems.is_empty());
        assert!(desk.scoreboard(viewer, 0).rows[0].cells.is_empty());
    }
    assert_eq!(desk.view(Viewer::Jury, 0).problems.len(), 2);
    let of_jury = admit(&mut desk, Viewer::Jury, 0).unwrap();
    assert_eq!(of_jury.contest_time_ms, None);
    desk.order(ClockOrder::Start, MINUTE).unwrap();
    assert_eq!(desk.view(ants, MINUTE).problems.len(), 2);
    let of_team = admit(&mut desk, ants, 2).unwrap();
    assert_eq!(of_team.contest_time_ms, Some(60_000));
}

#[test]
fn who_is_no_team_of_the_contest_is_refused() {
    let mut desk = begun("");
    let refused = |desk: &mut Desk, viewer| admit(desk, viewer, 1).unwrap_err();
    assert_eq!(
        refused(&mut desk, Viewer::Public),
        ContestRefusal::Anonymous
    );
    let stranger = Viewer::Team(TeamId(99));
    assert_eq!(refused(&mut desk, stranger), ContestRefusal::NotATeam);
}

#[test]
fn nothing_is_taken_in_a_pause_and_a_pause_takes_no_time() {
    let mut desk = begun("");
    let ants = Viewer::Team(ANTS);
    desk.order(ClockOrder::Pause, 2 * MINUTE).unwrap();
    assert_eq!(admit(&mut desk, ants, 5), Err(ContestRefusal::Paused));
    desk.order(ClockOrder::Resume, 30 * MINUTE).unwrap();
    let admission = admit(&mut desk, ants, 31).unwrap();
    assert_eq!(admission.contest_time_ms, Some(180_000));
}

#[test]
fn after_the_end_nothing_is_taken_unless_there_is_practice_which_does_not_count() {
    let ants = Viewer::Team(ANTS);
    assert_eq!(admit(&mut begun(""), ants, 10), Err(ContestRefusal::Over));
    let mut desk = begun("practice: true\nlimits: {per_problem: 1}\n");
    for id in 1..4 {
        judged(&mut desk, id, ANTS, 10, Verdict::AC);
    }
    assert_eq!(solved(&desk, Viewer::Jury, 11), [(ANTS, 0), (BEES, 0)]);
    assert_eq!(news(&mut desk), []);
}

#[test]
fn a_language_that_the_contest_has_not_is_refused() {
    let mut desk = begun("languages: [python]\n");
    let ants = Viewer::Team(ANTS);
    let refusal = ContestRefusal::Language(LanguageId::new("c"));
    assert_eq!(admit(&mut desk, ants, 1), Err(refusal));
    assert!(admit(&mut desk, Viewer::Jury, 1).is_ok());
    let python = desk.admit(ants, "sum", &LanguageId::new("python"), MINUTE);
    assert!(python.is_ok());
}

#[test]
fn limits_count_what_is_admitted_and_not_what_is_taken_back() {
    let mut desk = begun("limits: {per_problem: 2}\n");
    let ants = Viewer::Team(ANTS);
    let first = admit(&mut desk, ants, 1).unwrap();
    admit(&mut desk, ants, 1).unwrap();
    let refusal = Err(ContestRefusal::TooMany { max: 2 });
    assert_eq!(admit(&mut desk, ants, 1), refusal);
    desk.take_back(&first);
    assert!(admit(&mut desk, ants, 1).is_ok());
    assert!(admit(&mut desk, Viewer::Team(BEES), 1).is_ok());
}

#[test]
fn everybody_hears_of_a_submission_and_in_the_freeze_only_the_team_of_its_verdict() {
    let mut desk = begun("");
    let of = |minute: i64, id: i64, desk: &mut Desk| {
        judged(desk, id, ANTS, minute, Verdict::AC);
        let is_verdict = |news: &ContestNews| matches!(news, ContestNews::Judged { .. });
        let told = news(desk);
        let verdict = told.iter().find(|(news, _)| is_verdict(news)).unwrap().1;
        let board: Vec<_> = told
            .iter()
            .filter(|(news, _)| *news == ContestNews::Scoreboard)
            .map(|(_, audience)| *audience)
            .collect();
        assert_eq!(told[0].1, Audience::Everyone, "{told:?}");
        (verdict, board)
    };
    let everyone = Audience::Everyone;
    assert_eq!(of(1, 1, &mut desk), (everyone, vec![everyone, everyone]));
    desk.handle_timeout(7 * MINUTE);
    let told = news(&mut desk);
    let state = ContestState::Frozen;
    assert_eq!(told, [(ContestNews::State { state }, everyone)]);
    // The other problem, so that the cell changes.
    let admission = desk
        .admit(
            Viewer::Team(BEES),
            "primes",
            &LanguageId::new("c"),
            8 * MINUTE,
        )
        .unwrap();
    desk.entered(SubmissionId(2), &admission);
    news(&mut desk);
    desk.judged(SubmissionId(2), verdict(Verdict::AC));
    let told = news(&mut desk);
    assert_eq!(told.len(), 2, "{told:?}");
    assert_eq!(told[0].1, Audience::TeamAndJury(BEES));
    assert_eq!(
        told[1],
        (ContestNews::Scoreboard, Audience::TeamAndJury(BEES))
    );
}

#[test]
fn a_verdict_of_the_freeze_is_seen_when_the_board_is_thawed() {
    let mut desk = begun("");
    judged(&mut desk, 1, ANTS, 8, Verdict::AC);
    assert_eq!(solved(&desk, Viewer::Public, 8), [(ANTS, 0), (BEES, 0)]);
    assert_eq!(solved(&desk, Viewer::Team(BEES), 8), [(ANTS, 0), (BEES, 0)]);
    assert_eq!(solved(&desk, Viewer::Team(ANTS), 8)[0], (ANTS, 1));
    assert_eq!(solved(&desk, Viewer::Public, 10), [(ANTS, 0), (BEES, 0)]);
    desk.order(ClockOrder::Thaw, 10 * MINUTE).unwrap();
    assert_eq!(solved(&desk, Viewer::Public, 10)[0], (ANTS, 1));
    let told = news(&mut desk);
    assert!(told.contains(&(ContestNews::Scoreboard, Audience::Everyone)));
}

#[test]
fn a_desk_made_of_what_is_stored_shows_the_same() {
    let mut before = begun("limits: {per_problem: 2}\n");
    judged(&mut before, 1, ANTS, 1, Verdict::WA);
    judged(&mut before, 2, ANTS, 2, Verdict::AC);
    judged(&mut before, 3, BEES, 8, Verdict::AC);
    let stored = |submission, team, minute: i64, word| StoredEntry {
        submission: SubmissionId(submission),
        team,
        problem: "sum".to_owned(),
        created_at_ms: minute * MINUTE,
        contest_time_ms: (minute * MINUTE).unsigned_abs(),
        result: Some(verdict(word)),
    };
    let loaded = Loaded {
        clock: before.clock.record().clone(),
        entries: vec![
            stored(1, ANTS, 1, Verdict::WA),
            stored(2, ANTS, 2, Verdict::AC),
            stored(3, BEES, 8, Verdict::AC),
        ],
        clarifications: Vec::new(),
    };
    let mut after = desk_with("limits: {per_problem: 2}\n", loaded, 9 * MINUTE);
    for viewer in [Viewer::Public, Viewer::Team(BEES), Viewer::Jury] {
        let now = 9 * MINUTE;
        assert_eq!(
            after.scoreboard(viewer, now),
            before.scoreboard(viewer, now)
        );
    }
    let refusal = Err(ContestRefusal::TooMany { max: 2 });
    assert_eq!(admit(&mut after, Viewer::Team(ANTS), 9), refusal);
    assert!(admit(&mut after, Viewer::Team(BEES), 9).is_ok());
}

#[test]
fn the_next_deadline_is_the_freeze_and_then_the_end() {
    let mut desk = begun("");
    assert_eq!(desk.poll_timeout(MINUTE), Some(7 * MINUTE));
    desk.handle_timeout(7 * MINUTE);
    assert_eq!(desk.poll_timeout(7 * MINUTE), Some(10 * MINUTE));
    desk.handle_timeout(10 * MINUTE);
    assert_eq!(desk.poll_timeout(10 * MINUTE), None);
    let states: Vec<_> = news(&mut desk).into_iter().map(|(news, _)| news).collect();
    let state = |state| ContestNews::State { state };
    assert_eq!(
        states,
        [state(ContestState::Frozen), state(ContestState::Ended)]
    );
}
