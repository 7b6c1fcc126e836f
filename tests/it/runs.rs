//! `POST /run` from outside, row by row of the runner's checklist: a real process, a real sandbox, and a client.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::server::Server;

const FACTORIAL_PYTHON: &str = "def factorial(n):\n    return 1 if n == 0 else n * factorial(n-1)";
const FACTORIAL_JAVASCRIPT: &str =
    "function factorial(n) {\n  return n === 0 ? 1 : n * factorial(n - 1);\n}";

/// The runner document's own example.
fn factorial(language: &str, code: &str) -> Value {
    json!({
        "language": language,
        "code": code,
        "tests": {
            "visible": [{
                "id": "test_1", "input": "5", "expected_output": "120", "description": "Test factorial of 5",
            }],
            "hidden": [{
                "id": "hidden_1", "input": "0", "expected_output": "1", "description": "Edge case: factorial of 0",
            }],
        },
        "timeout_seconds": 5,
        "memory_limit_mb": 256,
    })
}

/// The same answer with every time and amount of memory made 0, once it has been seen to be a number of its kind.
fn without_figures(mut response: Value) -> Value {
    let zero = |value: &mut Value, whole: bool| {
        assert!(
            if whole {
                value.is_u64()
            } else {
                value.is_f64()
            },
            "{value}"
        );
        *value = json!(0);
    };
    zero(&mut response["execution"]["execution_time_ms"], true);
    zero(&mut response["execution"]["memory_usage_mb"], false);
    for list in ["visible", "hidden"] {
        for test in response["test_results"][list]
            .as_array_mut()
            .expect("a list")
        {
            zero(&mut test["execution_time_ms"], true);
        }
    }
    response
}

/// The document's example in a language is answered in the document's shape.
fn check_factorial(server: &Server, language: &str, code: &str) {
    let answer = server.post("/run", &factorial(language, code));
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(
        without_figures(answer.json()),
        json!({
            "execution": {
                "status": "success", "stdout": "120\n", "stderr": "", "exit_code": 0,
                "execution_time_ms": 0, "memory_usage_mb": 0,
            },
            "test_results": {
                "visible": [{
                    "id": "test_1", "status": "passed", "input": "5", "expected_output": "120",
                    "actual_output": "120", "execution_time_ms": 0, "error": null,
                }],
                "hidden": [{"id": "hidden_1", "status": "passed", "execution_time_ms": 0}],
            },
            "summary": {"visible_passed": 1, "visible_failed": 0, "hidden_passed": 1, "hidden_failed": 0},
        }),
        "{language}"
    );
}

#[test]
fn r_1_the_document_s_example_is_answered_in_its_shape() {
    check_factorial(&Server::start(), "python", FACTORIAL_PYTHON);
}

#[test]
fn r_2_the_same_tests_pass_in_python_and_in_javascript() {
    let server = Server::start();
    check_factorial(&server, "python", FACTORIAL_PYTHON);
    check_factorial(&server, "javascript", FACTORIAL_JAVASCRIPT);
}

#[test]
fn r_5_each_limit_holds_for_each_test_and_has_its_word() {
    let server = Server::start();
    let run = |code: &str| {
        let request = json!({
            "language": "python",
            "code": code,
            "tests": {"visible": [{"id": "a", "input": "1\n", "expected_output": "2"}]},
            "timeout_seconds": 1,
            "memory_limit_mb": 64,
        });
        let answer = server.post("/run", &request);
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    };
    let check = |code: &str, status: &str, exit_code: i32| {
        let response = run(code);
        assert_eq!(response["execution"]["status"], status, "{response}");
        assert_eq!(response["execution"]["exit_code"], exit_code, "{response}");
        assert_eq!(response["summary"]["visible_failed"], 1, "{response}");
        response
    };
    check("print(3)", "success", 0);
    check("while True: pass", "timeout", 124);
    check("import time\ntime.sleep(60)", "timeout", 124);
    check(
        "x = bytearray(300 << 20)\nprint(len(x))",
        "memory_limit",
        137,
    );
    let crashed = check("import sys\nsys.exit(3)", "error", 3);
    assert_eq!(
        crashed["test_results"]["visible"][0]["error"],
        "exited with status 3"
    );
    let broken = check("def f(:\n", "error", 1);
    assert!(
        broken["execution"]["stderr"]
            .as_str()
            .is_some_and(|log| log.contains("SyntaxError")),
        "{broken}"
    );
}

#[test]
fn r_3_nothing_of_a_hidden_test_reaches_the_reader_or_the_program() {
    let server = Server::start();
    // Looks for the hidden answer wherever a program may look, and prints what it was given.
    let code = "import os, sys\nfor top in ['/box', '/tmp', '/dev/shm', '/var', '/etc']:\n    \
                for at, _, names in os.walk(top):\n        for name in names:\n            \
                path = os.path.join(at, name)\n            try:\n                \
                text = open(path, errors='replace').read(1 << 16)\n            \
                except OSError:\n                continue\n            \
                if 'SECRET' + '-ANSWER' in text:\n                print('found in', path)\n\
                print(sys.stdin.read())\nprint(sys.stdin.read(), file=sys.stderr)";
    let request = json!({
        "language": "python",
        "code": code,
        "tests": {
            "visible": [{"id": "v", "input": "shown", "expected_output": "shown"}],
            "hidden": [{"id": "h", "input": "SECRET-INPUT", "expected_output": "SECRET-ANSWER"}],
        },
    });
    let answer = server.post("/run", &request);
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(!answer.text.contains("SECRET"), "{}", answer.text);
    let response = answer.json();
    assert_eq!(response["test_results"]["visible"][0]["status"], "passed");
    let hidden = response["test_results"]["hidden"][0]
        .as_object()
        .expect("an object");
    let keys: Vec<_> = hidden.keys().map(String::as_str).collect();
    assert_eq!(keys, ["execution_time_ms", "id", "status"]);
    assert_eq!(hidden["status"], "failed");
}

/// What a Python program prints on one test with this input.
fn printed(server: &Server, code: &str, input: &str) -> Value {
    let request = json!({
        "language": "python",
        "code": code,
        "tests": {"visible": [{"id": "a", "input": input, "expected_output": "1"}]},
        "timeout_seconds": 2,
    });
    let answer = server.post("/run", &request);
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["test_results"]["visible"][0].clone()
}

#[test]
fn r_4_the_summary_counts_what_the_lists_have() {
    let server = Server::start();
    let tests = |prefix: &str, expected: &[&str]| -> Vec<Value> {
        let numbered = expected.iter().enumerate();
        numbered
            .map(|(number, expected)| {
                json!({"id": format!("{prefix}{number}"), "input": "7", "expected_output": expected})
            })
            .collect()
    };
    let request = json!({
        "language": "python",
        "code": "print(input())",
        "tests": {"visible": tests("v", &["7", "8", "7"]), "hidden": tests("h", &["6", "7", "8", "9"])},
    });
    let response = server.post("/run", &request).json();
    let count = |list: &str, status: &str| {
        let tests = response["test_results"][list].as_array().expect("a list");
        tests.iter().filter(|test| test["status"] == status).count()
    };
    assert_eq!(
        (count("visible", "passed"), count("visible", "failed")),
        (2, 1)
    );
    assert_eq!(
        (count("hidden", "passed"), count("hidden", "failed")),
        (1, 3)
    );
    for list in ["visible", "hidden"] {
        for status in ["passed", "failed"] {
            assert_eq!(
                response["summary"][format!("{list}_{status}")],
                count(list, status),
                "{list} {status}: {response}"
            );
        }
    }
}

#[test]
fn r_5_two_processes_of_a_run_share_one_core() {
    let server = Server::start();
    let code = "import os, time\nbegan = time.monotonic()\nchild = os.fork()\n\
                while time.monotonic() - began < 0.5: pass\n\
                if child == 0: os._exit(0)\nos.wait()\n\
                used = sum(os.times()[:4])\nprint(used / (time.monotonic() - began))";
    let test = printed(&server, code, "");
    let share = test["actual_output"].as_str().map(str::parse::<f64>);
    let share = share
        .expect("an output")
        .unwrap_or_else(|_| panic!("{test}"));
    assert!(0.0 < share && share <= 1.15, "{share} cores were used");
}

#[test]
fn r_6_a_run_has_no_network_and_a_temporary_directory_of_its_own() {
    let server = Server::start();
    let port = server.addr().port();
    let code = "import os, socket, sys\n\
                def fails(what):\n    try:\n        what()\n    except OSError:\n        return 1\n    return 0\n\
                port = int(sys.stdin.read())\n\
                connect = lambda: socket.create_connection(('127.0.0.1', port), 1)\n\
                outside = [lambda p=p: open(p, 'w') for p in ['/usr/x', '/etc/x', '/x', '/dev/x', '/proc/x']]\n\
                found = os.listdir('/tmp')\n\
                open('/tmp/of-this-run', 'w').write('x')\n\
                print(fails(connect), *map(fails, outside), found)";
    // Twice, since what the first has written must not be there for the second.
    for _ in 0..2 {
        let test = printed(&server, code, &port.to_string());
        assert_eq!(test["actual_output"], "1 1 1 1 1 1 []", "{test}");
    }
}

/// The value of one sample.
fn metric(server: &Server, sample: &str) -> f64 {
    let page = server.get("/metrics").text;
    page.lines()
        .find_map(|line| line.strip_prefix(sample)?.trim().parse().ok())
        .unwrap_or_else(|| panic!("{sample} is there: {page}"))
}

fn wait_for_ready_boxes(server: &Server, wanted: f64) {
    let began = Instant::now();
    while metric(server, "tribunal_boxes{state=\"ready\"}") < wanted {
        let limit = Duration::from_secs(60);
        assert!(
            began.elapsed() < limit,
            "not within {limit:?}: {wanted} boxes are ready"
        );
        // Each look is a request, which takes its time; nothing here needs a pause.
        std::thread::yield_now();
    }
}

#[test]
fn r_7_a_run_takes_a_box_that_is_ready_and_the_pool_fills_up_again() {
    let data = tempfile::tempdir().expect("a scratch directory");
    let config = data.path().join("t.toml");
    // Nothing else is run: the examples' own programs are in another language.
    let text = "ready_boxes = 3\nonly_languages = [\"python\"]\n";
    std::fs::write(&config, text).expect("written");
    let server = Server::start_in(data.path(), &["--config", config.to_str().expect("UTF-8")]);
    wait_for_ready_boxes(&server, 3.0);
    let made = || metric(&server, "tribunal_boxes_total{event=\"made\"}");
    // While boxes are in use others are made in their place; from then on there are enough.
    let mut before = made();
    let mut recycled = 0;
    for _ in 0..5 {
        assert_eq!(printed(&server, "print(1)", "")["status"], "passed");
        wait_for_ready_boxes(&server, 3.0);
        recycled += u32::from(made() <= before);
        before = made();
    }
    assert!(recycled > 0, "clean boxes are used again");
    // A box that is left dirty is destroyed, and those that are ready stay as many.
    let discarded = || metric(&server, "tribunal_boxes_total{event=\"discarded\"}");
    let before = discarded();
    let code = "import os, time\nif os.fork() == 0:\n    os.setsid()\n    time.sleep(60)\nprint(1)";
    printed(&server, code, "");
    let began = Instant::now();
    while discarded() == before {
        let is_early = began.elapsed() < Duration::from_secs(60);
        assert!(is_early, "the dirty box is destroyed");
    }
    wait_for_ready_boxes(&server, 3.0);
}

#[test]
fn r_8_hostile_code_harms_neither_the_judge_nor_the_next_run() {
    let server = Server::start();
    let clean = "import os\nprint(len([n for n in os.listdir('/proc') if n.isdigit()]), os.listdir('/tmp'))";
    let before = printed(&server, clean, "")["actual_output"].clone();
    for (what, code, passes) in [
        ("a line EOF", "text = '''\nEOF\n'''\nprint(1)", true),
        ("a fork bomb", "import os\nwhile True: os.fork()", false),
        (
            "1 GiB of output",
            "import sys\nfor _ in range(1024): sys.stdout.write('x' * (1 << 20))",
            false,
        ),
        (
            "daemons and zombies",
            "import os, time\nfor _ in range(5):\n    if os.fork() == 0:\n        os.setsid()\n        \
             if os.fork() == 0: time.sleep(600)\n        os._exit(0)\nopen('/tmp/left', 'w')\ntime.sleep(0.1)\nprint(2)",
            false,
        ),
    ] {
        let status = printed(&server, code, "")["status"].clone();
        assert_eq!(status, if passes { "passed" } else { "failed" }, "{what}");
        assert_eq!(server.get("/healthz").status, 200, "after {what}");
        let after = printed(&server, clean, "")["actual_output"].clone();
        assert_eq!(after, before, "the run after {what} finds nothing of it");
    }
}
