//! What whoever runs the judge sees of it: its figures, what is drawn and alarmed by them, and its log.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::server::{Server, TRIBUNAL, serving};

fn tool(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tools")
        .join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The words of a text that name metrics of ours.
fn metrics_in(text: &str) -> BTreeSet<&str> {
    let words = text.split(|sign: char| !(sign.is_ascii_alphanumeric() || sign == '_'));
    words.filter(|word| word.starts_with("tribunal_")).collect()
}

/// The names that can be asked of Prometheus, by the page's own words.
fn names(page: &str) -> BTreeSet<String> {
    let types = page.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    let names = types.flat_map(|line| {
        let (name, kind) = line.split_once(' ').expect("a name and a kind");
        let more = match kind {
            "summary" => vec!["_sum", "_count"],
            _ => Vec::new(),
        };
        let of_parts = more.into_iter().map(move |part| format!("{name}{part}"));
        of_parts.chain([name.to_owned()])
    });
    names.collect()
}

/// Every sample: its name with labels, and its value.
fn samples(page: &str) -> BTreeMap<&str, f64> {
    let lines = page.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let (name, value) = line.rsplit_once(' ').expect("a name and a value");
            (name, value.parse().expect("a number"))
        })
        .collect()
}

fn submitted(server: &Server, source: &str) -> i64 {
    let body = json!({"problem": "sum", "language": "python", "source": source});
    let id = server.post("/api/submissions", &body).json()["id"].as_i64();
    let id = id.expect("a number");
    let view = server.get(&format!("/api/submissions/{id}?wait=60")).json();
    assert_eq!(view["status"], "done", "{view}");
    id
}

#[test]
fn what_is_drawn_and_alarmed_is_what_the_judge_tells() {
    let server = Server::start();
    let names = names(&server.get("/metrics").text);
    let dashboard = tool("grafana-dashboard.json");
    let panels: Value = serde_json::from_str(&dashboard).expect("the dashboard is JSON");
    let panels = panels["panels"].as_array().expect("it has panels");
    let of_panels: Vec<String> = panels
        .iter()
        .flat_map(|panel| panel["targets"].as_array().expect("what it draws"))
        .map(|target| target["expr"].as_str().expect("an expression").to_owned())
        .collect();
    let alerts = tool("alerts.yml");
    let drawn = of_panels.join("\n");
    let drawn = metrics_in(&drawn);
    assert!(drawn.len() > 20, "{drawn:?}");
    let alarmed = metrics_in(&alerts);
    assert!(alarmed.len() > 5, "{alarmed:?}");
    for name in drawn.union(&alarmed) {
        assert!(names.contains(*name), "the judge does not tell {name}");
    }
}

#[test]
fn r_9_figures_tell_boxes_times_successes_and_resources() {
    let server = Server::start();
    submitted(&server, "print(sum(map(int, input().split())))");
    submitted(&server, "print('wrong')");
    let page = server.get("/metrics").text;
    let samples = samples(&page);
    let value = |name: &str| {
        *samples
            .get(name)
            .unwrap_or_else(|| panic!("{name}: {page}"))
    };
    let of_language = |verdict: &str| {
        value(&format!(
            "tribunal_verdicts_total{{verdict=\"{verdict}\",language=\"python\"}}"
        ))
    };
    assert_eq!((of_language("AC"), of_language("WA")), (1.0, 1.0));
    assert_eq!(value("tribunal_accepted_share"), 0.5);
    assert_eq!(value("tribunal_judging_seconds_count"), 2.0);
    let (half, most) = (
        value("tribunal_judging_seconds{quantile=\"0.5\"}"),
        value("tribunal_judging_seconds{quantile=\"0.99\"}"),
    );
    assert!(0.0 < half && half <= most, "{half} {most}");
    let sum = value("tribunal_judging_seconds_sum");
    assert!((half + most - sum).abs() < 1e-6, "{half} + {most} = {sum}");
    for stage in ["submission", "invoker", "executor", "slot"] {
        // Checkers are compiled beside, so there may be something.
        let length = value(&format!("tribunal_queue_length{{stage=\"{stage}\"}}"));
        assert!(length >= 0.0, "{stage}: {length}");
        let passed = value(&format!("tribunal_queue_passed_total{{stage=\"{stage}\"}}"));
        assert!(passed >= 2.0, "{stage}: {passed}");
        let waited = value(&format!(
            "tribunal_queue_wait_seconds_total{{stage=\"{stage}\"}}"
        ));
        assert!(waited >= 0.0, "{stage}: {waited}");
    }
    let slots = value("tribunal_slots{state=\"busy\"}") + value("tribunal_slots{state=\"free\"}");
    assert!(slots >= 1.0, "{slots}");
    assert!(value("tribunal_boxes_total{event=\"made\"}") >= 1.0);
    assert!(value("tribunal_cache_bytes") > 0.0);
    assert!(value("tribunal_job_overhead_seconds") > 0.0);
    let total = value("tribunal_host_memory_bytes{kind=\"total\"}");
    let resident = value("tribunal_resident_bytes");
    assert!(0.0 < resident && resident < total, "{resident} of {total}");
    let share = value("tribunal_host_cpu_share");
    assert!((0.0..=1.0).contains(&share), "{share}");
}

/// What a judge with this configuration writes while it judges one submission, and the submission's number.
fn log_of_one(config: &str) -> (Vec<String>, i64) {
    let data = tempfile::tempdir().expect("a scratch directory");
    let (file, log) = (data.path().join("t.toml"), data.path().join("log"));
    std::fs::write(&file, config).expect("written");
    let mut command = Command::new(TRIBUNAL);
    serving(&mut command, data.path())
        .arg("--config")
        .arg(&file)
        .env_remove("RUST_LOG")
        .stderr(Stdio::from(
            std::fs::File::create(&log).expect("a file can be made"),
        ));
    let server = Server::of(command);
    let id = submitted(&server, "print(sum(map(int, input().split())))");
    assert!(server.stop().success());
    let text = std::fs::read_to_string(&log).expect("the log is UTF-8");
    (text.lines().map(str::to_owned).collect(), id)
}

#[test]
fn the_log_has_one_line_of_each_judged_submission_for_people() {
    let (lines, id) = log_of_one("");
    let of_it: Vec<_> = lines
        .iter()
        .filter(|line| line.contains("is judged"))
        .collect();
    let [line] = of_it[..] else {
        panic!("one line, not {lines:?}");
    };
    for part in [
        &*format!("submission {id} is judged: AC"),
        "problem=\"sum\"",
        "language=\"python\"",
        "judging_ms=",
    ] {
        assert!(line.contains(part), "{part} is in {line}");
    }
}

#[test]
fn the_log_has_one_line_of_each_judged_submission_for_programs() {
    let (lines, id) = log_of_one("log = \"json\"\n");
    let objects = lines.iter().map(|line| {
        let object: Value = serde_json::from_str(line).unwrap_or_else(|error| {
            panic!("each line is JSON, {error}: {line}");
        });
        object
    });
    let of_it: Vec<Value> = objects.filter(|line| line["target"] == "judged").collect();
    let [line] = &of_it[..] else {
        panic!("one line, not {of_it:?}");
    };
    assert_eq!(line["submission"], id);
    assert_eq!(line["problem"], "sum");
    assert_eq!(line["language"], "python");
    assert_eq!(line["verdict"], "AC");
    assert_eq!(line["level"], "INFO");
    assert_eq!(line["tests"], line["tests_run"]);
    assert!(
        line["judging_ms"].as_u64().is_some_and(|ms| ms > 0),
        "{line}"
    );
    assert!(
        line["time"]
            .as_str()
            .is_some_and(|time| time.ends_with('Z'))
    );
}
