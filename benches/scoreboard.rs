//! What one judged submission costs the scoreboard of a big contest: 150 teams, 12 problems, five hours.
//!
//! `make bench`. The bound is the issue's: an event in less than a millisecond.

use std::hint::black_box;
use std::io::Write;
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tribunal_problems::{
    ContestKind, Entry, EntryResult, Scoreboard, ScoreboardRules, TeamId, Verdict, Viewer,
};

const TEAMS: i64 = 150;
const PROBLEMS: usize = 12;
const SUBMISSIONS: i64 = 10_000;
const CONTEST_MS: u64 = 5 * 60 * 60 * 1000;
const BOUND: Duration = Duration::from_millis(1);

fn main() {
    let rules = ScoreboardRules {
        kind: ContestKind::Icpc {
            penalty_minutes: 20,
        },
        problems: PROBLEMS,
        freeze_at_ms: Some(CONTEST_MS * 4 / 5),
    };
    let mut board = Scoreboard::new(rules, (1..=TEAMS).map(TeamId));
    let mut random = StdRng::seed_from_u64(7);
    let (mut updates, mut reads) = (Vec::new(), Vec::new());
    for submission in 1..=SUBMISSIONS {
        let mut entry = entry(submission, &mut random);
        for is_judged in [false, true] {
            if is_judged {
                entry.result = Some(result(&mut random));
            }
            let news = entry.clone();
            let began = Instant::now();
            black_box(board.record(news));
            updates.push(began.elapsed());
        }
        // Everything that a page shows, now and then.
        if submission % 10 == 0 {
            let began = Instant::now();
            black_box(board.rows(Viewer::Public));
            reads.push(began.elapsed());
        }
    }
    say(&format!(
        "{:<52} {:>10} {:>10} {:>10} {:>8}",
        "scoreboard of 150 teams and 12 problems", "median", "99 %", "worst", "bound"
    ));
    row("an event: a submission made or judged", &mut updates);
    row("all rows read, as for a page", &mut reads);
}

fn entry(submission: i64, random: &mut StdRng) -> Entry {
    Entry {
        submission,
        team: TeamId(random.random_range(1..=TEAMS)),
        problem: random.random_range(0..PROBLEMS),
        at_ms: u64::try_from(submission).unwrap_or(0) * CONTEST_MS / 10_000,
        result: None,
    }
}

fn result(random: &mut StdRng) -> EntryResult {
    let verdict = if random.random_bool(0.3) {
        Verdict::AC
    } else {
        Verdict::WA
    };
    EntryResult {
        verdict,
        score: None,
        subtasks: Vec::new(),
    }
}

fn row(what: &str, times: &mut [Duration]) {
    times.sort_unstable();
    let at = |share: usize| micros(times[(times.len() - 1) * share / 100]);
    let bound = format!("{} ms", BOUND.as_millis());
    let (median, high, worst) = (at(50), at(99), at(100));
    say(&format!(
        "{what:<52} {median:>10} {high:>10} {worst:>10} {bound:>8}"
    ));
}

fn micros(time: Duration) -> String {
    format!("{:.1} µs", time.as_secs_f64() * 1e6)
}

fn say(line: &str) {
    let mut out = std::io::stdout();
    // Whoever reads no further needs no more lines.
    let _ = writeln!(out, "{line}");
}
