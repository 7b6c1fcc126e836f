//! Which runs have namespaces of their own: what a plan asks for, whatever the judge does otherwise.

use std::collections::BTreeSet;
use std::path::Path;

use tribunal_actors::{AccountId, ContestConfig, GetContest, Submit, WaitForVerdict};
use tribunal_problems::{
    Contest, EntryPoint, GeneratorKind, LanguageId, Package, Plan, SourceFile, TestCase, Verdict,
    Viewer,
};

use crate::harness::{judge, plan, real, real_node};

/// Prints how many process id namespaces it is in below the host's, and the names of its process id and IPC namespaces.
const NAMESPACES: &str = r#"
#include <stdio.h>
#include <string.h>
#include <unistd.h>
int main() {
    char line[256], pid[64] = "", ipc[64] = "";
    int nested = 0;
    FILE *status = fopen("/proc/self/status", "r");
    while (status && fgets(line, sizeof line, status))
        if (!strncmp(line, "NSpid:", 6))
            for (char *at = line; *at; at++) nested += *at == '\t';
    if (readlink("/proc/self/ns/pid", pid, 63) < 0 || readlink("/proc/self/ns/ipc", ipc, 63) < 0) return 1;
    printf("%d %s %s\n", nested, pid, ipc);
}
"#;

/// What each of so many runs says of itself: how deep it is, its process id namespace, its IPC namespace.
fn shown(outputs: impl Iterator<Item = String>) -> Vec<(u32, String, String)> {
    let fields = |line: String| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [nested, pid, ipc] = fields[..] else {
            panic!("{line:?}");
        };
        (nested.parse().unwrap(), pid.to_owned(), ipc.to_owned())
    };
    outputs.map(fields).collect()
}

#[test]
fn a_plan_gets_fresh_namespaces_for_each_run_beside_others_that_share_theirs() {
    real(async {
        let (node, _data) = real_node(|config| config.runners = Some(1)).await;
        let tests = [("", ""); 6];
        let run = async |fresh_namespaces| {
            let plan = Plan {
                fresh_namespaces,
                rule: GeneratorKind::All,
                ..plan("c", "main.c", NAMESPACES, &tests)
            };
            let report = judge(&node, plan).await;
            assert_eq!(report.compile.verdict, Verdict::AC, "{report:#?}");
            shown(report.tests.into_iter().map(|test| test.stdout))
        };
        let (before, apart, after) = (run(false).await, run(true).await, run(false).await);
        let pooled: BTreeSet<_> = before.iter().chain(&after).collect();
        assert!(
            pooled.len() < before.len(),
            "boxes are used again: {pooled:?}"
        );
        assert!(pooled.iter().all(|(nested, ..)| *nested == 1), "{pooled:?}");
        // The boxes are still there, so no number of theirs can have been given to anything else.
        for (nested, pid, ipc) in &apart {
            assert_eq!(*nested, 2, "{apart:?}");
            let shared = |(_, one, other): &&&(u32, String, String)| one == pid || other == ipc;
            assert_eq!(pooled.iter().find(shared), None, "{pooled:?} {apart:?}");
        }
    });
}

/// A problem of one test; what is printed decides nothing here.
fn problem(dir: &Path, name: &str) -> Package {
    let (input, answer) = (dir.join("1.in"), dir.join("1.ans"));
    std::fs::write(&input, "").unwrap();
    std::fs::write(&answer, "").unwrap();
    let tests = vec![TestCase::new("secret/1", input, answer)];
    Package::of_tests(name, dir, tests)
}

#[test]
fn a_contest_that_asks_for_it_has_fresh_namespaces_for_its_runs_and_for_no_others() {
    real(async {
        let file = "name: n\nshort_name: n\nstart: now\nduration: 1:00:00\nkind: icpc\nisolation: fresh\n\
                    problems: [{label: A, package: inside}]\nteams: [{name: ants}]\n";
        let packages = tempfile::tempdir().unwrap();
        let (node, _data) = real_node(|config| {
            config.problems = ["inside", "outside"]
                .map(|name| problem(packages.path(), name))
                .into();
            config.contest = Some(ContestConfig {
                contest: Contest::parse(file, Path::new("contest.yaml")).unwrap(),
                problems: vec!["inside".to_owned()],
            });
        })
        .await;
        let viewer = Viewer::Public;
        let view = node.contest().unwrap().desk.send(GetContest { viewer });
        let team = *view.await.unwrap().teams.first_key_value().unwrap().0;
        for (problem, deep) in [("inside", 2), ("outside", 1)] {
            let submit = Submit {
                problem: problem.to_owned(),
                language: LanguageId::new("c"),
                files: vec![SourceFile::new("main.c", NAMESPACES.as_bytes())],
                entry: EntryPoint::Program,
                idempotency_key: None,
                account: Some(AccountId(team.0)),
                is_jury: false,
            };
            let id = node.registrar().send(submit).await.unwrap().unwrap();
            let judged = node.registrar().send(WaitForVerdict { id }).await.unwrap();
            let tests = judged.unwrap().unwrap().tests;
            let shown = shown(tests.into_iter().map(|test| test.stdout));
            assert_eq!(shown[0].0, deep, "{problem}: {shown:?}");
        }
    });
}
