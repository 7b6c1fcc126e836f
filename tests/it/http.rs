//! The front from outside: a real process, a real sandbox, and a client.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::server::{Answer, Server, examples};

/// A request that is right.
fn right_request() -> Value {
    json!({
        "language": "python",
        "code": "def double(n):\n    return 2 * n",
        "tests": {"visible": [{"id": "test_1", "input": "5", "expected_output": "10"}]},
    })
}

fn assert_problem(answer: &Answer, status: u16, field: Option<&str>) {
    assert_eq!(answer.status, status, "{answer:?}");
    assert!(
        answer.content_type.starts_with("application/problem+json"),
        "{answer:?}"
    );
    let problem = answer.json();
    assert_eq!(problem["status"], status, "{problem}");
    for member in ["type", "title", "detail"] {
        assert!(problem[member].is_string(), "{member}: {problem}");
    }
    assert_eq!(
        problem.get("field").and_then(Value::as_str),
        field,
        "{problem}"
    );
}

#[test]
fn bad_input_is_a_problem_that_names_the_field() {
    let server = Server::start();
    let with = |name: &str, value: Value| {
        let mut request = right_request();
        request[name] = value;
        server.post("/run", &request)
    };
    let raw = |body: &[u8]| server.post_bytes("/run", "application/json", body);
    assert_problem(&raw(b""), 400, None);
    assert_problem(&raw(b"{\"language\": "), 400, None);
    assert_problem(&raw(b"{\"language\": \"\xff\"}"), 400, None);
    assert_problem(&raw(b"[]"), 422, None);
    assert_problem(&raw(b"{}"), 422, Some("language"));
    assert_problem(&raw("[".repeat(1 << 20).as_bytes()), 400, None);
    assert_problem(&server.post_bytes("/run", "text/plain", b"{}"), 415, None);
    assert_problem(&with("language", json!("klingon")), 422, Some("language"));
    assert_problem(&with("code", json!("")), 422, Some("code"));
    assert_problem(&with("code", json!("#".repeat(1 << 20))), 413, Some("code"));
    assert_problem(&with("tests", json!({"visible": []})), 422, Some("tests"));
    for limit in ["timeout_seconds", "memory_limit_mb"] {
        for value in [json!(0), json!(-5), json!(1e12)] {
            assert_problem(&with(limit, value), 422, Some(limit));
        }
    }
    let twice = json!({"id": "test_1", "input": "", "expected_output": ""});
    assert_problem(
        &with("hidden_tests", json!([twice])),
        422,
        Some("hidden_tests[0].id"),
    );
    assert_problem(&server.get("/no/such/page"), 404, None);
    let wrong_method = server.get("/run");
    assert_problem(&wrong_method, 405, None);
    assert_eq!(
        wrong_method
            .headers
            .get("allow")
            .map(|value| value.as_bytes()),
        Some(&b"POST"[..])
    );
    assert_problem(&server.get("/api/submissions/99999"), 404, None);
    assert_problem(&server.get("/api/submissions/x"), 404, None);
    assert_problem(
        &server.get("/api/submissions/1?wait=soon"),
        422,
        Some("wait"),
    );
    let submission = json!({"problem": "no-such", "language": "c", "source": "x"});
    assert_problem(
        &server.post("/api/submissions", &submission),
        422,
        Some("problem"),
    );
    assert_eq!(server.get("/healthz").status, 200);
}

/// Bytes of the body that is far too large.
const HUGE: usize = 100 << 20;

#[test]
fn a_huge_body_is_refused_without_being_kept() {
    let server = Server::start();
    let before = resident_bytes(&server);
    let began = Instant::now();
    for chunked in [false, true] {
        let answer = send_huge(&server, chunked);
        assert!(
            answer.starts_with("HTTP/1.1 413 "),
            "chunked: {chunked}, {answer}"
        );
        assert!(answer.contains("application/problem+json"), "{answer}");
    }
    assert!(began.elapsed() < Duration::from_secs(20));
    let grown = resident_bytes(&server).saturating_sub(before);
    assert!(grown < HUGE as u64 / 2, "the judge grew by {grown} bytes");
    assert_eq!(server.get("/healthz").status, 200);
}

/// Sends the whole body before it reads the answer, as simple clients do.
fn send_huge(server: &Server, chunked: bool) -> String {
    let mut stream = TcpStream::connect(server.addr()).expect("the judge accepts");
    let framing = if chunked {
        "transfer-encoding: chunked".to_owned()
    } else {
        format!("content-length: {HUGE}")
    };
    let head = format!(
        "POST /run HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\n{framing}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).expect("the head is sent");
    let piece = vec![b' '; 1 << 20];
    for _ in 0..HUGE / piece.len() {
        if chunked {
            write!(stream, "{:x}\r\n", piece.len()).expect("the size is sent");
        }
        stream.write_all(&piece).expect("the judge reads on");
        if chunked {
            stream.write_all(b"\r\n").expect("the judge reads on");
        }
    }
    if chunked {
        stream.write_all(b"0\r\n\r\n").expect("the judge reads on");
    }
    let mut answer = String::new();
    stream
        .read_to_string(&mut answer)
        .expect("the answer is UTF-8");
    answer
}

fn resident_bytes(server: &Server) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid()))
        .expect("the process is there");
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .expect("the kernel tells it");
    let kib: u64 = line
        .trim()
        .trim_end_matches(" kB")
        .parse()
        .expect("a number");
    kib << 10
}

#[test]
fn a_submission_is_accepted_judged_and_found_again_after_a_restart() {
    let data = tempfile::tempdir().expect("a scratch directory");
    let server = Server::start_in(data.path(), &[]);
    let problems = server.get("/api/problems").json();
    let problem = problems[0]["id"].as_str().expect("examples are served");
    let source = accepted_python(problem);
    let body = json!({"problem": problem, "language": "python", "source": source});
    let answer = server.post("/api/submissions", &body);
    assert_eq!(answer.status, 202, "{answer:?}");
    let id = answer.json()["id"].as_i64().expect("an id");
    // The stream ends with the verdict.
    let live = server.get(&format!("/api/submissions/{id}/events"));
    assert!(live.text.starts_with("event: state\ndata: {"), "{live:?}");
    let view = server.get(&format!("/api/submissions/{id}?wait=60")).json();
    assert_eq!(view["status"], "done", "{view}");
    assert_eq!(view["verdict"], "AC", "{view}");
    assert_eq!(view["language"], "python", "{view}");
    assert!(
        view["tests"]
            .as_array()
            .is_some_and(|tests| !tests.is_empty()),
        "{view}"
    );
    let events = server.get(&format!("/api/submissions/{id}/events"));
    assert!(
        events.content_type.starts_with("text/event-stream"),
        "{events:?}"
    );
    assert!(events.text.contains("\"verdict\":\"AC\""), "{events:?}");
    assert!(server.stop().success());

    let again = Server::start_in(data.path(), &[]);
    let found = again.get(&format!("/api/submissions/{id}")).json();
    assert_eq!(found["verdict"], "AC", "{found}");
}

#[test]
fn what_was_accepted_is_judged_also_when_the_judge_is_killed() {
    let data = tempfile::tempdir().expect("a scratch directory");
    let server = Server::start_in(data.path(), &["--runners", "1"]);
    let source = "import time\ntime.sleep(0.2)\nprint(sum(map(int, input().split())))";
    let body = json!({"problem": "sum", "language": "python", "source": source});
    let ids: Vec<i64> = (0..5)
        .map(|_| {
            let answer = server.post("/api/submissions", &body);
            assert_eq!(answer.status, 202, "{answer:?}");
            answer.json()["id"].as_i64().expect("an id")
        })
        .collect();
    server.kill();

    let again = Server::start_in(data.path(), &[]);
    for id in ids {
        let view = again.get(&format!("/api/submissions/{id}?wait=60")).json();
        assert_eq!(view["status"], "done", "{view}");
    }
}

#[test]
fn what_a_killed_judge_has_unpacked_is_gone_after_the_next_start() {
    let data = tempfile::tempdir().expect("a scratch directory");
    let archive = data.path().join("zipped.zip");
    let packed = std::process::Command::new("/usr/bin/python3")
        .args(["-m", "zipfile", "-c"])
        .arg(&archive)
        .args(["problem.yaml", "data"])
        .current_dir(examples().join("sum"))
        .status();
    assert!(packed.expect("Python starts").success());
    let flags = ["--problems", archive.to_str().expect("UTF-8")];
    let unpacked = || -> Vec<_> {
        let entries = std::fs::read_dir(data.path().join("unpacked")).expect("it is there");
        entries
            .map(|entry| entry.expect("readable").path())
            .collect()
    };
    let server = Server::start_in(data.path(), &flags);
    let left = unpacked();
    assert_eq!(left.len(), 1);
    server.kill();
    assert_eq!(unpacked(), left, "a killed judge removes nothing");

    let again = Server::start_in(data.path(), &flags);
    let here = unpacked();
    assert_eq!(here.len(), 1);
    assert_ne!(here, left);
    let body = json!({"problem": "zipped", "language": "python", "source": "print(sum(map(int, input().split())))"});
    let id = again.post("/api/submissions", &body).json()["id"].clone();
    let view = again.get(&format!("/api/submissions/{id}?wait=60")).json();
    assert_eq!(view["verdict"], "AC", "{view}");
}

/// A run that takes about a second and prints 1.
fn slow_run() -> Value {
    json!({
        "language": "python",
        "code": "import time\ntime.sleep(1)\nprint(1)",
        "tests": {"visible": [{"id": "a", "input": "", "expected_output": "1"}]},
    })
}

#[test]
fn a_full_queue_says_when_to_come_back() {
    let data = tempfile::tempdir().expect("a scratch directory");
    let config = data.path().join("tribunal.toml");
    std::fs::write(&config, "queue_max = 1\n").expect("written");
    let server = Server::start_in(data.path(), &["--config", config.to_str().expect("UTF-8")]);
    std::thread::scope(|scope| {
        let first = scope.spawn(|| server.post("/run", &slow_run()));
        let busy = || metric(&server, "tribunal_submissions{state=\"anonymous\"}") > 0.0;
        wait_until("the first run has begun", Duration::from_secs(20), busy);
        let submission = json!({"problem": "sum", "language": "python", "source": "print(1)"});
        for refused in [
            server.post("/run", &slow_run()),
            server.post("/api/submissions", &submission),
        ] {
            assert_problem(&refused, 503, None);
            assert!(refused.headers.contains_key("retry-after"), "{refused:?}");
        }
        assert_eq!(first.join().expect("it is answered").status, 200);
    });
}

#[test]
fn a_stop_lets_what_runs_finish() {
    let server = Server::start();
    let (addr, request) = (server.addr(), slow_run().to_string());
    let client = std::thread::spawn(move || {
        let mut stream = TcpStream::connect(addr).expect("the judge accepts");
        write!(
            stream,
            "POST /run HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{request}",
            request.len()
        )
        .expect("the request is sent");
        let mut answer = String::new();
        stream
            .read_to_string(&mut answer)
            .expect("the answer is UTF-8");
        answer
    });
    let busy = || metric(&server, "tribunal_jobs{state=\"running\"}") > 0.0;
    wait_until("the run has begun", Duration::from_secs(20), busy);
    assert!(server.stop().success());
    let answer = client.join().expect("the client is answered");
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(answer.contains("\"visible_passed\":1"), "{answer}");
}

#[test]
fn a_client_that_goes_away_takes_its_run_with_it() {
    let server = Server::start();
    let request = json!({
        "language": "python",
        "code": "while True: pass",
        "tests": {"visible": [{"id": "a", "input": "", "expected_output": ""}]},
        "timeout_seconds": 60,
    })
    .to_string();
    let mut stream = TcpStream::connect(server.addr()).expect("the judge accepts");
    write!(
        stream,
        "POST /run HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{request}",
        request.len()
    )
    .expect("the request is sent");
    let busy = || metric(&server, "tribunal_jobs{state=\"running\"}") > 0.0;
    wait_until("the run has begun", Duration::from_secs(20), busy);
    drop(stream);
    wait_until("the run has ended", Duration::from_secs(5), || !busy());
}

/// The value of one sample.
fn metric(server: &Server, sample: &str) -> f64 {
    let page = server.get("/metrics").text;
    page.lines()
        .find_map(|line| line.strip_prefix(sample)?.trim().parse().ok())
        .unwrap_or_else(|| panic!("{sample} is there: {page}"))
}

/// Asks again and again until it is so.
fn wait_until(what: &str, limit: Duration, is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < limit, "not within {limit:?}: {what}");
        // The condition asks the judge over HTTP, which takes its time; nothing here needs a pause.
        std::thread::yield_now();
    }
}

/// An accepted Python submission of an example.
fn accepted_python(problem: &str) -> String {
    let folder = examples().join(problem).join("submissions/accepted");
    let file = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("it can be listed").path())
        .find(|path| path.extension().is_some_and(|end| end == "py"))
        .expect("each example has an accepted submission in Python");
    std::fs::read_to_string(file).expect("a source is UTF-8")
}

#[test]
fn what_is_there_can_be_asked_for() {
    let server = Server::start();
    let languages = server.get("/api/languages").json();
    let python = languages
        .as_array()
        .and_then(|list| list.iter().find(|language| language["id"] == "python"))
        .expect("Python is known");
    assert_eq!(python["available"], true, "{python}");
    let page = server.get("/");
    assert!(page.content_type.starts_with("text/html"), "{page:?}");
    assert!(page.text.contains("/run"), "{page:?}");
    let metrics = server.get("/metrics");
    assert!(
        metrics.content_type.starts_with("text/plain"),
        "{metrics:?}"
    );
    assert!(metrics.text.contains("# TYPE tribunal_"), "{metrics:?}");
}

#[test]
fn a_list_is_read_page_by_page_and_by_what_came_of_it() {
    let server = Server::start();
    let body = json!({"problem": "sum", "language": "python", "source": "print(1)"});
    let ids: Vec<i64> = (0..5)
        .map(|_| {
            let id = server.post("/api/submissions", &body).json()["id"].as_i64();
            id.expect("a number")
        })
        .collect();
    for id in &ids {
        server.get(&format!("/api/submissions/{id}?wait=60"));
    }
    let (mut seen, mut path) = (Vec::new(), "/api/submissions?limit=2".to_owned());
    loop {
        let page = server.get(&path).json();
        let lines = page["submissions"].as_array().expect("a list");
        assert!((1..=2).contains(&lines.len()), "{page}");
        seen.extend(lines.iter().map(|line| line["id"].as_i64().expect("one")));
        let Some(next) = page["next"].as_str() else {
            break;
        };
        path = format!("/api/submissions?limit=2&cursor={next}");
    }
    assert_eq!(seen, ids.iter().rev().copied().collect::<Vec<_>>());
    let count = |query: &str| {
        let answer = server.get(&format!("/api/submissions?{query}"));
        let page = answer.json();
        page["submissions"].as_array().expect("a list").len()
    };
    for (query, wanted) in [
        ("verdict=WA&problem=sum&language=python", 5),
        ("verdict=AC", 0),
        ("verdict=waiting", 0),
        ("problem=hello", 0),
        ("language=c", 0),
    ] {
        assert_eq!(count(query), wanted, "{query}");
    }
    for (query, field) in [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=x", "limit"),
        ("cursor=x", "cursor"),
        ("verdict=OK", "verdict"),
        ("account=x", "account"),
        ("limit=1&limit=2", "limit"),
    ] {
        let refused = server.get(&format!("/api/submissions?{query}"));
        assert_problem(&refused, 422, Some(field));
    }
}

#[test]
fn a_batch_is_accepted_or_refused_one_by_one_and_sent_again_it_is_the_same() {
    let server = Server::start();
    let of = |problem: &str, key: &str| json!({"problem": problem, "language": "python", "source": "print(1)", "idempotency_key": key});
    let batch = json!({"submissions": [of("sum", "a"), of("no-such", "b"), of("sum", "c"), of("sum", "a")]});
    let answer = server.post("/api/submissions/batch", &batch);
    assert_eq!(answer.status, 200, "{answer:?}");
    let results = answer.json()["results"].clone();
    assert_eq!(results.as_array().map(Vec::len), Some(4));
    let refused = &results[1]["refused"];
    assert_eq!(refused["status"], 422, "{results}");
    assert_eq!(refused["field"], "submissions[1].problem", "{results}");
    let (first, third) = (&results[0]["id"], &results[2]["id"]);
    assert!(
        first.is_i64() && third.is_i64() && first != third,
        "{results}"
    );
    assert_eq!(&results[3]["id"], first, "one key is one submission");
    let again = server.post("/api/submissions/batch", &batch).json();
    assert_eq!(again["results"], results);
    let listed = server.get("/api/submissions").json();
    assert_eq!(listed["submissions"].as_array().map(Vec::len), Some(2));
    let many = json!({"submissions": vec![of("sum", "x"); 101]});
    let refused = server.post("/api/submissions/batch", &many);
    assert_problem(&refused, 422, Some("submissions"));
}
