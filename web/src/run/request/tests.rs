//! Each thing that a request may get wrong, and the field that is blamed.

use tribunal_actors::Toolchains;
use tribunal_problems::{EntryPoint, GeneratorKind, Languages, Plan};

use super::*;
use crate::body::parse_json;

/// A request that nothing is wrong with, with these members put in place of its own.
fn request(members: serde_json::Value) -> Result<RunRequest, Problem> {
    let mut body = serde_json::json!({
        "language": "python",
        "code": "print(input())",
        "tests": { "visible": [{ "id": "a", "input": "1", "expected_output": "1" }] },
    });
    let serde_json::Value::Object(members) = members else {
        unreachable!("members are an object");
    };
    for (name, value) in members {
        body[name] = value;
    }
    parse_json(body.to_string().as_bytes())
}

/// The plan on a host that has every language.
fn planned(request: &RunRequest) -> Result<Plan, Problem> {
    let languages = Languages::built_in();
    let toolchains = Toolchains::assumed(&languages, "1.0");
    request.plan(&languages, &toolchains)
}

/// `members` makes the request wrong at `field`.
fn check(members: serde_json::Value, field: &str) {
    let shown = members.to_string();
    let problem = request(members)
        .and_then(|request| planned(&request))
        .expect_err(&shown);
    assert_eq!(problem.field(), Some(field), "{shown}: {problem}");
    assert!(problem.status().is_client_error(), "{shown}: {problem}");
}

#[test]
fn languages_and_sources_are_checked() {
    check(serde_json::json!({"language": "klingon"}), "language");
    check(serde_json::json!({"language": 7}), "language");
    check(serde_json::json!({"language": ""}), "language");
    check(serde_json::json!({"code": ""}), "code");
    check(serde_json::json!({"code": " \n\t"}), "code");
    check(serde_json::json!({"code": null}), "code");
    check(serde_json::json!({"code": ["x"]}), "code");
    check(serde_json::json!({"code": "#".repeat(1 << 20)}), "code");
    check(
        serde_json::json!({"files": [{"name": "../x.py", "content": "x"}]}),
        "files[0].name",
    );
}

#[test]
fn limits_that_make_no_sense_are_refused() {
    for value in [
        serde_json::json!(0),
        serde_json::json!(-1),
        serde_json::json!(1e9),
        serde_json::json!(u64::MAX),
        serde_json::json!("5"),
    ] {
        check(
            serde_json::json!({"timeout_seconds": value}),
            "timeout_seconds",
        );
        check(
            serde_json::json!({"memory_limit_mb": value}),
            "memory_limit_mb",
        );
    }
}

#[test]
fn tests_are_there_and_told_apart() {
    let test = |id: &str| serde_json::json!({"id": id, "input": "", "expected_output": ""});
    check(serde_json::json!({"tests": {}}), "tests");
    check(
        serde_json::json!({"tests": {"visible": [], "hidden": []}}),
        "tests",
    );
    check(serde_json::json!({"tests": []}), "tests");
    check(serde_json::json!({"tests": null}), "tests");
    check(
        serde_json::json!({"tests": {"visible": [test("a")], "hidden": [test("a")]}}),
        "tests.hidden[0].id",
    );
    check(
        serde_json::json!({"tests": {"visible": [test("")]}}),
        "tests.visible[0].id",
    );
    check(
        serde_json::json!({"tests": {"visible": [{"id": "a", "input": "1"}]}}),
        "tests.visible[0].expected_output",
    );
    check(
        serde_json::json!({"tests": {"hidden": [{"id": "a", "input": 1, "expected_output": ""}]}}),
        "tests.hidden[0].input",
    );
    let many: Vec<_> = (0..=TESTS_MAX).map(|n| test(&n.to_string())).collect();
    check(serde_json::json!({"tests": {"visible": many}}), "tests");
}

#[test]
fn only_a_name_is_an_entry_point_and_only_where_functions_are_called() {
    for name in ["", "1f", "f()", "f;g", "a.", "__import__('os')"] {
        check(serde_json::json!({"entry_point": name}), "entry_point");
    }
    for name in ["f", "Solution.solve", "größe"] {
        let request = request(serde_json::json!({"entry_point": name})).expect("it is read");
        assert!(planned(&request).is_ok(), "{name}");
    }
    check(
        serde_json::json!({"language": "c", "code": "x", "entry_point": "f"}),
        "entry_point",
    );
}

#[test]
fn a_plan_has_visible_tests_before_hidden_ones_and_the_documents_limits() {
    let request = request(serde_json::json!({
        "tests": {"hidden": [{"id": "h", "input": "2", "expected_output": "2"}]},
        "visible_tests": [{"id": "v", "input": "1", "expected_output": "1", "description": "d"}],
    }))
    .expect("nothing is wrong");
    let plan = planned(&request).expect("nothing is wrong");
    let tests: Vec<_> = plan
        .tests
        .iter()
        .map(|test| (test.name.as_str(), test.hidden))
        .collect();
    assert_eq!(tests, [("v", false), ("h", true)]);
    assert_eq!(plan.limits.time.as_secs(), 5);
    assert_eq!(plan.limits.memory, 256 << 20);
    assert_eq!(plan.rule, GeneratorKind::All);
    assert_eq!(plan.entry, EntryPoint::MaybeFunction { name: None });
    assert_eq!(plan.files[0].name, "main.py");
}

#[test]
fn many_tests_do_not_keep_more_output_than_memory_has() {
    for (count, wanted) in [(1, 64 << 10), (128, 64 << 10), (TESTS_MAX, 8_388)] {
        let test =
            |n: usize| serde_json::json!({"id": n.to_string(), "input": "", "expected_output": ""});
        let tests: Vec<_> = (0..count).map(test).collect();
        let request =
            request(serde_json::json!({"tests": {"visible": tests}})).expect("it is read");
        let plan = planned(&request).expect("nothing is wrong");
        assert_eq!(plan.output_head_max, wanted, "{count} tests");
    }
}
