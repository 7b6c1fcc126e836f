//! A contest on a real server, from its start to its thaw, with a crash in the middle.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::server::{Answer, Server, SignedIn, examples};

const FACTORIAL: &str = include_str!("../../examples/factorial/submissions/accepted/factorial.py");

/// A contest of one problem, beside one that is outside of it.
fn serve(dir: &Path, keys: &str) -> Server {
    serve_problem(dir, "factorial", &format!("kind: icpc\n{keys}"))
}

/// The same of this example.
fn serve_problem(dir: &Path, problem: &str, keys: &str) -> Server {
    let examples = examples().display();
    let contest = format!(
        "name: Finals\nshort_name: finals\n\
         problems: [{{label: A, package: '{examples}/{problem}', colour: red}}]\n\
         teams:\n- {{name: ants, display_name: The Ants, password: ants-password}}\n\
         - {{name: bees, password: bees-password}}\n\
         accounts: [{{name: jury, role: jury, password: jury-password}}]\n{keys}"
    );
    Server::of_contest(dir, &contest)
}

fn submit(who: &SignedIn<'_>, source: &str) -> Answer {
    let problem = json!({ "problem": "factorial", "language": "python", "source": source });
    who.post("/api/submissions", &problem)
}

/// Submits, and waits for the verdict.
fn judged(who: &SignedIn<'_>, source: &str) -> (i64, Value) {
    let accepted = submit(who, source);
    assert_eq!(accepted.status, 202, "{accepted:?}");
    let id = accepted.json()["id"].as_i64().unwrap();
    let shown = who.get(&format!("/api/submissions/{id}?wait=60")).json();
    assert_eq!(shown["status"], "done", "{shown}");
    (id, shown["verdict"].clone())
}

fn order(jury: &SignedIn<'_>, order: &Value) -> Answer {
    jury.post("/api/contest/control", order)
}

fn state(server: &Server) -> String {
    let contest = server.get("/api/contest").json();
    contest["state"].as_str().unwrap().to_owned()
}

/// Solved, judged and pending of the one cell of a team's row.
fn cell(board: &Value, team: &str) -> (bool, u64, u64) {
    let rows = board["rows"].as_array().unwrap();
    let row = rows.iter().find(|row| row["team"] == team).unwrap();
    let cell = &row["problems"][0];
    (
        cell["solved"].as_bool().unwrap(),
        cell["num_judged"].as_u64().unwrap(),
        cell["num_pending"].as_u64().unwrap(),
    )
}

/// The names of the events until everybody is told that the board is thawed.
fn told(feed: impl Iterator<Item = String>) -> Vec<String> {
    let mut names = Vec::new();
    for line in feed {
        names.extend(line.strip_prefix("event: ").map(str::to_owned));
        if line.contains("\"thawed\"") {
            return names;
        }
    }
    panic!("the feed ended: {names:?}");
}

fn problems(answer: &Answer) -> Vec<String> {
    let all = answer.json();
    let ids = all.as_array().unwrap().iter().map(|one| &one["id"]);
    ids.map(|id| id.as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_verdict_of_the_freeze_is_hidden_until_the_jury_thaws() {
    let dir = tempfile::tempdir().unwrap();
    // All of it frozen.
    let server = serve(dir.path(), "duration: 0:00:03\nfreeze: 0:00:03\n");
    let jury = server.sign_in("jury", "jury-password");
    let ants = server.sign_in("ants", "ants-password");
    let bees = server.sign_in("bees", "bees-password");

    assert_eq!(state(&server), "not_started");
    let contest = server.get("/api/contest").json();
    assert_eq!(contest["teams"][0]["name"], "The Ants");
    assert_eq!(contest["problems"], json!([]));
    assert_eq!(ants.get("/metrics").status, 403);
    assert_eq!(problems(&server.get("/api/problems")), ["sum"]);
    assert_eq!(problems(&ants.get("/api/problems")), ["sum"]);
    assert_eq!(problems(&jury.get("/api/problems")), ["factorial", "sum"]);
    assert!(!server.get("/").text.contains("factorial"));
    let early = submit(&ants, FACTORIAL);
    assert_eq!(
        (early.status, &early.json()["field"]),
        (422, &json!("problem"))
    );
    assert_eq!(judged(&jury, FACTORIAL).1, "AC");

    let path = "/api/contest/events";
    let feeds = (
        server.listen(path, ""),
        bees.listen(path),
        ants.listen(path),
    );
    let started = order(&jury, &json!({ "order": "start" }));
    assert_eq!(started.status, 200, "{started:?}");
    assert_eq!(started.json()["problems"][0]["rgb"], "#ff0000");
    let page = server.get("/scoreboard").text;
    assert!(
        page.contains("fill=\"#ff0000\"") && page.contains("of 0:00:03"),
        "{page}"
    );
    let home = server.get("/").text;
    assert!(home.contains("/problems/factorial"), "{home}");
    let tried = "{&#34;problem&#34;:&#34;sum&#34;";
    assert!(home.contains(tried), "what anybody may try: {home}");
    let (id, verdict) = judged(&ants, FACTORIAL);
    assert_eq!(verdict, "AC");
    assert_eq!(bees.get(&format!("/api/submissions/{id}")).status, 404);
    let board = |answer: Answer| cell(&answer.json(), "The Ants");
    assert_eq!(board(server.get("/api/contest/scoreboard")), (false, 0, 1));
    assert_eq!(board(bees.get("/api/contest/scoreboard")), (false, 0, 1));
    assert_eq!(board(ants.get("/api/contest/scoreboard")), (true, 1, 0));
    assert_eq!(board(jury.get("/api/contest/scoreboard")), (true, 1, 0));
    let frozen = "Frozen since 0:00:00: ";
    let shown = server.get("/scoreboard").text;
    assert!(
        shown.contains(&format!("{frozen}? and the tries stand")) && shown.contains(">?1<"),
        "{shown}"
    );
    let shown = ants.get("/scoreboard").text;
    assert!(
        shown.contains("your own row shows your verdicts") && shown.contains(">+<"),
        "{shown}"
    );
    let shown = jury.get("/scoreboard").text;
    assert!(shown.contains("you see everything"), "{shown}");

    let began = Instant::now();
    while state(&server) != "ended" {
        assert!(
            began.elapsed() < Duration::from_secs(60),
            "{}",
            state(&server)
        );
    }
    assert_eq!(submit(&ants, FACTORIAL).status, 403);
    assert_eq!(board(server.get("/api/contest/scoreboard")), (false, 0, 1));
    assert!(server.get("/scoreboard").text.contains(frozen));
    assert_eq!(order(&jury, &json!({ "order": "thaw" })).status, 200);
    assert_eq!(board(server.get("/api/contest/scoreboard")), (true, 1, 0));
    assert!(!server.get("/scoreboard").text.contains(frozen));

    let known = [
        "contest",
        "state",
        "submitted",
        "scoreboard",
        "state",
        "state",
    ];
    assert_eq!(told(feeds.0), known);
    assert_eq!(told(feeds.1), known);
    let own = [
        "contest",
        "state",
        "submitted",
        "scoreboard",
        "judged",
        "scoreboard",
        "state",
        "state",
    ];
    assert_eq!(told(feeds.2), own);
}

#[test]
fn a_crash_in_the_middle_keeps_clock_board_limits_and_clarifications() {
    let dir = tempfile::tempdir().unwrap();
    let keys = "duration: 1:00:00\nlimits: {per_problem: 2}\n";
    let server = serve(dir.path(), keys);
    let jury = server.sign_in("jury", "jury-password");
    let ants = server.sign_in("ants", "ants-password");
    order(&jury, &json!({ "order": "start" }));
    assert_eq!(judged(&ants, "print(0)\n").1, "WA");
    assert_eq!(judged(&ants, FACTORIAL).1, "AC");
    let said = json!({ "text": "How big is n?", "problem_id": "factorial" });
    let asked = ants.post("/api/contest/clarifications", &said);
    assert_eq!(asked.status, 201, "{asked:?}");
    let answer = json!({ "text": "As it says.", "reply_to_id": asked.json()["id"] });
    let answered = jury.post("/api/contest/clarifications", &answer);
    assert_eq!(answered.status, 201, "{answered:?}");
    let extended = order(&jury, &json!({ "order": "extend", "minutes": 30 }));
    assert_eq!(extended.json()["duration"], "1:30:00.000");
    assert_eq!(order(&jury, &json!({ "order": "pause" })).status, 200);
    let before = [
        jury.get("/api/contest/clarifications").json(),
        jury.get("/api/contest/scoreboard").json()["rows"].clone(),
        jury.get("/api/contest").json()["contest_time"].clone(),
    ];
    server.kill();

    let server = serve(dir.path(), keys);
    let jury = server.sign_in("jury", "jury-password");
    let ants = server.sign_in("ants", "ants-password");
    let bees = server.sign_in("bees", "bees-password");
    let contest = jury.get("/api/contest").json();
    assert_eq!(
        (&contest["state"], &contest["duration"]),
        (&json!("paused"), &json!("1:30:00.000"))
    );
    let after = [
        jury.get("/api/contest/clarifications").json(),
        jury.get("/api/contest/scoreboard").json()["rows"].clone(),
        contest["contest_time"].clone(),
    ];
    assert_eq!(after, before);
    assert_eq!(cell(&json!({ "rows": after[1] }), "The Ants"), (true, 2, 0));
    assert_eq!(submit(&bees, FACTORIAL).status, 403);
    assert_eq!(order(&jury, &json!({ "order": "resume" })).status, 200);
    assert_eq!(judged(&bees, FACTORIAL).1, "AC");
    let third = submit(&ants, FACTORIAL);
    assert_eq!(third.status, 403, "{third:?}");
    let seen = |who: &SignedIn<'_>| {
        who.get("/api/contest/clarifications")
            .json()
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!((seen(&ants), seen(&bees), seen(&jury)), (2, 0, 2));
}

#[test]
fn only_the_jury_leads_and_what_is_wrong_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let server = serve(dir.path(), "duration: 1:00:00\n");
    let jury = server.sign_in("jury", "jury-password");
    let ants = server.sign_in("ants", "ants-password");
    let start = json!({ "order": "start" });
    assert_eq!(server.post("/api/contest/control", &start).status, 401);
    assert_eq!(order(&ants, &start).status, 403);
    assert_eq!(state(&server), "not_started");
    let early = order(&jury, &json!({ "order": "pause" }));
    assert_eq!(early.status, 409);
    assert_eq!(early.json()["detail"], "the contest has not begun");
    assert_eq!(order(&jury, &json!({ "order": "stop" })).status, 422);
    assert_eq!(order(&jury, &json!({ "order": "extend" })).status, 422);
    let announced = json!({ "text": "Welcome." });
    assert_eq!(
        server
            .post("/api/contest/clarifications", &announced)
            .status,
        403
    );
    assert_eq!(
        ants.post("/api/contest/clarifications", &announced).status,
        403
    );
    assert_eq!(
        jury.post("/api/contest/clarifications", &announced).status,
        201
    );
    let said = server.get("/api/contest/clarifications").json();
    assert_eq!(said[0]["text"], "Welcome.");
    // Without a contest there is none.
    let plain = Server::start();
    assert_eq!(plain.get("/api/contest").status, 404);
    assert_eq!(plain.get("/api/contest/scoreboard").status, 404);
}

#[test]
fn the_board_of_points_shows_the_best_of_each_subtask() {
    let dir = tempfile::tempdir().unwrap();
    let keys = "kind: ioi\nscore: subtasks\nstart: now\nduration: 5:00:00\n";
    let server = serve_problem(dir.path(), "kinds/sum-groups", keys);
    let ants = server.sign_in("ants", "ants-password");
    let hand_in = |source: &str| {
        let new = json!({"problem": "sum-groups", "language": "python", "source": source});
        let id = ants.post("/api/submissions", &new).json()["id"].clone();
        let shown = ants.get(&format!("/api/submissions/{id}?wait=60")).json();
        assert_eq!(shown["status"], "done", "{shown}");
    };
    let board = |expected: &Value| {
        // The board hears of a judgement a moment after the verdict is there.
        let began = Instant::now();
        loop {
            let board = server.get("/api/contest/scoreboard").json();
            let cell = &board["rows"][0]["problems"][0];
            if cell["subtasks"] == *expected {
                return cell["score"].clone();
            }
            assert!(began.elapsed() < Duration::from_secs(60), "{board}");
            std::thread::yield_now();
        }
    };
    hand_in(
        "a, b = map(int, open('sum.in').read().split())\nprint(a + b if a + b < 1000 else 0, file=open('sum.out', 'w'))\n",
    );
    assert_eq!(board(&json!([0.0, 40.0, 0.0])), 40.0);
    hand_in("print(sum(map(int, open('sum.in').read().split())), file=open('sum.out', 'w'))\n");
    assert_eq!(board(&json!([0.0, 40.0, 60.0])), 100.0);
    let page = ants.get("/scoreboard").text;
    assert!(page.contains("100<small>0 + 40 + 60</small>"), "{page}");
}
