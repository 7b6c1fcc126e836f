//! `POST /run` by the rows of the runner document: limits, isolation, boxes that are ready, and hostile code.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::server::Server;

/// Runs Python on one input without looking at the output, and answers what the document calls `execution`.
fn execution(server: &Server, code: &str, limits: &Value) -> Value {
    let mut request = json!({
        "language": "python",
        "code": code,
        "tests": {"visible": [{"id": "a", "input": "", "expected_output": "fine"}]},
    });
    for (name, value) in limits.as_object().into_iter().flatten() {
        request[name] = value.clone();
    }
    let answer = server.post("/run", &request);
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["execution"].clone()
}

fn metric(server: &Server, sample: &str) -> f64 {
    let page = server.get("/metrics").text;
    let found = page.lines().find_map(|line| line.strip_prefix(sample));
    let found = found.unwrap_or_else(|| panic!("{sample} is there: {page}"));
    found.trim().parse().expect("a number")
}

fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(30), "{what}");
        // The condition asks the judge over HTTP, which takes its time.
        std::thread::yield_now();
    }
}

#[test]
fn r_4_the_summary_counts_what_the_lists_tell() {
    let server = Server::start();
    let test =
        |id: &str, expected: &str| json!({"id": id, "input": id, "expected_output": expected});
    let request = json!({
        "language": "python",
        "code": "print(int(input()) % 3)",
        "tests": {
            "visible": [test("1", "1"), test("2", "0"), test("3", "0")],
            "hidden": [test("4", "2"), test("5", "2"), test("6", "1"), test("7", "0")],
        },
    });
    let response = server.post("/run", &request).json();
    for list in ["visible", "hidden"] {
        let results = response["test_results"][list].as_array().unwrap();
        for status in ["passed", "failed"] {
            let told = results.iter().filter(|one| one["status"] == status).count();
            let summed = &response["summary"][format!("{list}_{status}")];
            assert_eq!(*summed, told, "{list} {status}: {response}");
        }
    }
    let expected =
        json!({"visible_passed": 2, "visible_failed": 1, "hidden_passed": 1, "hidden_failed": 3});
    assert_eq!(response["summary"], expected);
}

#[test]
fn r_5_what_nobody_limits_has_five_seconds_256_mib_and_one_core() {
    let server = Server::start();
    let nothing = json!({});
    let large = "x = bytearray(300 << 20)\nprint(len(x))";
    assert_eq!(
        execution(&server, large, &nothing)["status"],
        "memory_limit"
    );
    let enough = "x = bytearray(150 << 20)\nprint('fine')";
    assert_eq!(execution(&server, enough, &nothing)["status"], "success");
    let busy = execution(&server, "while True: pass", &nothing);
    assert_eq!(busy["status"], "timeout");
    let ms = busy["execution_time_ms"].as_u64().unwrap();
    assert!(
        (5_000..6_000).contains(&ms),
        "CPU time, not the clock's: {busy}"
    );
    // Two processes want one core each; what they get of it together is one, by the clock that they see.
    let two = "import os, time\n\
               began = time.monotonic()\n\
               pids = []\n\
               for _ in range(2):\n    \
                   pid = os.fork()\n    \
                   if pid == 0:\n        \
                       while time.monotonic() - began < 1: pass\n        \
                       os._exit(0)\n    \
                   pids.append(pid)\n\
               for pid in pids: os.waitpid(pid, 0)\n\
               used = os.times()\n\
               share = (used.children_user + used.children_system) / (time.monotonic() - began)\n\
               print('fine' if share < 1.2 else share)";
    assert_eq!(execution(&server, two, &nothing)["stdout"], "fine\n");
}

#[test]
fn r_6_there_is_no_network_and_nothing_of_another_run() {
    let server = Server::start();
    let leave = "import os\n\
                 open('/tmp/left', 'w').write('here')\n\
                 open('left', 'w').write('here')\n\
                 print(sorted(name for name in os.listdir('/tmp') if name == 'left'))";
    assert_eq!(
        execution(&server, leave, &json!({}))["stdout"],
        "['left']\n"
    );
    let look = format!(
        "import os, socket\n\
         found = [name for top in ('/tmp', '.', '/dev/shm') for name in os.listdir(top) if 'left' in name]\n\
         def fails(action):\n    \
             try:\n        action()\n    \
             except OSError:\n        return True\n    \
             return False\n\
         print(found,\n    \
             fails(lambda: socket.create_connection(('127.0.0.1', {}), 1)),\n    \
             fails(lambda: socket.create_connection(('192.0.2.1', 80), 1)),\n    \
             fails(lambda: socket.getaddrinfo('example.org', 80)),\n    \
             *(fails(lambda: open(path, 'w')) for path in ('/etc/left', '/usr/left', '/left')))",
        server.addr().port()
    );
    let seen = execution(&server, &look, &json!({}));
    let stdout = "[] True True True True True True\n";
    assert_eq!(seen["stdout"], stdout, "{seen}");
}

#[test]
fn r_7_boxes_are_ready_and_replaced_where_they_are_not_clean() {
    let server = Server::start();
    let ready = || metric(&server, "tribunal_boxes{state=\"ready\"}");
    let in_use = || metric(&server, "tribunal_boxes{state=\"in_use\"}");
    let made = || metric(&server, "tribunal_boxes_total{event=\"made\"}");
    // The jury's programs are compiled at the start, in boxes too.
    let mut before = (0.0, 0.0);
    wait_until("boxes are ready", || {
        let jobs = metric(&server, "tribunal_jobs{state=\"running\"}");
        let waiting = metric(&server, "tribunal_jobs{state=\"waiting\"}");
        jobs + waiting + in_use() == 0.0 && ready() >= 2.0
    });
    before.0 = ready();
    before.1 = made();
    let fine = execution(&server, "print('fine')", &json!({}));
    assert_eq!(fine["stdout"], "fine\n");
    assert!(made() - before.1 <= 1.0, "the run found its boxes ready");
    let short = json!({"timeout_seconds": 0.2});
    let late = execution(&server, "while True: pass", &short);
    assert_eq!(late["status"], "timeout");
    wait_until("the box that was not clean is replaced", || {
        in_use() == 0.0 && ready() >= before.0 && made() > before.1
    });
}

#[test]
fn r_8_hostile_code_leaves_the_judge_healthy_and_the_next_run_clean() {
    let server = Server::start();
    let limits = json!({"timeout_seconds": 1});
    for (hostile, statuses) in [
        // What would end a here-document or a pipe's protocol.
        (
            "print('EOF')\nprint('\\x00\\x04EOF')\n'''\nEOF\n'''",
            &["success"][..],
        ),
        (
            "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass",
            &["timeout", "error"],
        ),
        (
            "import sys\nfor _ in range(1 << 10): sys.stdout.write('x' * (1 << 20))",
            &["error"],
        ),
        (
            "import os, time\nfor _ in range(20):\n    if os.fork() == 0:\n        os.setsid()\n        \
             if os.fork() == 0: time.sleep(3600)\n        os._exit(0)",
            &["success"],
        ),
    ] {
        let ended = execution(&server, hostile, &limits);
        let status = ended["status"].as_str().unwrap();
        assert!(statuses.contains(&status), "{hostile}: {status}");
        let clean = "import os\n\
                     others = [name for name in os.listdir('/proc') if name.isdigit() and int(name) != os.getpid()]\n\
                     print('fine', len(others) <= 1, os.listdir('.') == [os.path.basename(__file__)])";
        let next = execution(&server, clean, &json!({}));
        assert_eq!(next["status"], "success", "{hostile}: {next}");
        assert!(
            next["stdout"].as_str().unwrap().starts_with("fine True"),
            "{hostile}: {next}"
        );
        assert_eq!(server.get("/healthz").status, 200);
    }
}
