//! The shape and the words of the runner document, from reports made up here.

use tribunal_actors::CompileReport;

use super::*;

fn compile(verdict: Verdict, log: &str) -> CompileReport {
    CompileReport {
        verdict,
        cpu_ms: 40,
        wall_ms: 50,
        memory_bytes: 1 << 20,
        log: log.to_owned(),
        reused: false,
    }
}

fn test(name: &str, verdict: Verdict, stdout: &str) -> TestReport {
    TestReport {
        verdict,
        cpu_ms: 4,
        wall_ms: 10,
        memory_bytes: (45 << 20) + (6 << 20) / 10,
        exit_code: Some(0),
        message: None,
        stdout: stdout.to_owned(),
        ..TestReport::skipped(name)
    }
}

fn request() -> RunRequest {
    let test = |id: &str, input: &str, expected: &str| RunTest {
        id: id.to_owned(),
        input: Some(input.to_owned()),
        expected_output: Some(expected.to_owned()),
        ..RunTest::default()
    };
    let mut request = RunRequest::default();
    request.tests.visible = vec![test("test_1", "5", "120"), test("test_2", "3", "6")];
    request.tests.hidden = vec![test("hidden_1", "HIDDEN-IN", "HIDDEN-OUT")];
    request
}

fn respond(compile: CompileReport, tests: Vec<TestReport>) -> serde_json::Value {
    let report = BuildReport {
        groups: Vec::new(),
        fault: None,
        verdict: Verdict::WA,
        score: None,
        compile,
        tests,
    };
    let response = RunResponse::of(&request(), &report).expect("the judge did not fail");
    serde_json::to_value(response).expect("a response is JSON")
}

#[test]
fn r_1_the_document_s_own_shape() {
    let response = respond(
        compile(Verdict::AC, ""),
        vec![
            test("test_1", Verdict::AC, "120\n"),
            test("test_2", Verdict::WA, "7\n"),
            test("hidden_1", Verdict::AC, "HIDDEN-OUT\n"),
        ],
    );
    assert_eq!(
        response,
        serde_json::json!({
            "execution": {
                "status": "success",
                "stdout": "7\n",
                "stderr": "",
                "exit_code": 0,
                "execution_time_ms": 30,
                "memory_usage_mb": 45.6,
            },
            "test_results": {
                "visible": [
                    {
                        "id": "test_1", "status": "passed", "input": "5", "expected_output": "120",
                        "actual_output": "120", "execution_time_ms": 10, "error": null,
                    },
                    {
                        "id": "test_2", "status": "failed", "input": "3", "expected_output": "6",
                        "actual_output": "7", "execution_time_ms": 10, "error": "wrong answer",
                    },
                ],
                "hidden": [{"id": "hidden_1", "status": "passed", "execution_time_ms": 10}],
            },
            "summary": {"visible_passed": 1, "visible_failed": 1, "hidden_passed": 1, "hidden_failed": 0},
        })
    );
}

#[test]
fn nothing_of_a_hidden_test_is_told() {
    let mut hidden = test("hidden_1", Verdict::RTE, "HIDDEN-OUT");
    hidden.stderr = "HIDDEN-IN".to_owned();
    hidden.exit_code = Some(77);
    hidden.message = Some("HIDDEN-OUT".to_owned());
    let response = respond(
        compile(Verdict::AC, ""),
        vec![
            test("test_1", Verdict::AC, "120\n"),
            test("test_2", Verdict::AC, "6\n"),
            hidden,
        ],
    );
    let text = response.to_string();
    assert!(!text.contains("HIDDEN-") && !text.contains("77"), "{text}");
    assert_eq!(response["execution"]["status"], "error");
    assert_eq!(response["execution"]["stdout"], "120\n");
    assert_eq!(response["summary"]["hidden_failed"], 1);
}

#[test]
fn each_verdict_has_the_document_s_word_and_an_exit_code() {
    let check = |verdict, status: &str, code: i32| {
        let mut failing = test("test_2", verdict, "");
        failing.exit_code = None;
        failing.signal = (verdict == Verdict::RTE).then_some(11);
        let response = respond(
            compile(Verdict::AC, ""),
            vec![test("test_1", Verdict::AC, "120\n"), failing],
        );
        assert_eq!(response["execution"]["status"], status, "{verdict}");
        assert_eq!(response["execution"]["exit_code"], code, "{verdict}");
        assert!(
            response["test_results"]["visible"][1]["error"].is_string(),
            "{verdict}"
        );
    };
    check(Verdict::TLE, "timeout", 124);
    check(Verdict::WTL, "timeout", 124);
    check(Verdict::ILE, "timeout", 124);
    check(Verdict::MLE, "memory_limit", 137);
    check(Verdict::RTE, "error", 139);
    check(Verdict::SV, "error", 1);
    check(Verdict::OLE, "error", 1);
}

#[test]
fn a_source_that_does_not_compile_fails_every_test_and_shows_the_log() {
    let response = respond(compile(Verdict::CE, "line 1: no"), Vec::new());
    assert_eq!(response["execution"]["status"], "error");
    assert_eq!(response["execution"]["stderr"], "line 1: no");
    assert_eq!(response["execution"]["exit_code"], 1);
    assert_eq!(response["summary"]["visible_failed"], 2);
    assert_eq!(response["summary"]["hidden_failed"], 1);
    assert_eq!(response["test_results"]["hidden"][0]["status"], "failed");
}

#[test]
fn the_judge_s_failure_is_no_result() {
    let report = BuildReport {
        groups: Vec::new(),
        fault: None,
        verdict: Verdict::JE,
        score: None,
        compile: compile(Verdict::AC, ""),
        tests: vec![TestReport::judge_error("test_1", "the disk is full")],
    };
    let problem = RunResponse::of(&request(), &report).expect_err("the judge failed");
    assert_eq!(problem.status().as_u16(), 503);
    assert!(problem.to_string().contains("the disk is full"));
}
