//! Which runs have namespaces of their own: what a plan asks for, whatever the judge does otherwise.

use std::collections::BTreeSet;

use tribunal_problems::{GeneratorKind, Plan, Verdict};

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
