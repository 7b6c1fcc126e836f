//! What a program may do with files in its working directory.

use tribunal_problems::{Content, GeneratorKind, Plan, Verdict};

use crate::harness::{bytes, judge, plan, real, real_node};

/// Says what came of making a file, of changing the one that lies there, and of a temporary file elsewhere.
const WRITES: &str = "\
def attempt(path, mode):
    try:
        open(path, mode).write('x')
        return 'yes'
    except OSError as error:
        return type(error).__name__
print(attempt('new.txt', 'w'), attempt('given.txt', 'a'), attempt('/tmp/new.txt', 'w'), open('given.txt').read())
";

fn writing(allowed: bool, answer: &str) -> Plan {
    let mut plan = Plan {
        file_writing: allowed,
        rule: GeneratorKind::All,
        ..plan("python", "main.py", WRITES, &[("", answer)])
    };
    let given: (String, Content) = ("given.txt".to_owned(), bytes("given"));
    plan.tests[0].files.push(given);
    plan
}

#[test]
fn a_working_directory_is_open_only_where_the_problem_says_so() {
    real(async {
        let (node, _data) = real_node(|_| ()).await;
        // A file of the problem's stays what it is in both; the same box comes back for both.
        let closed = "PermissionError PermissionError yes given";
        let open = "yes PermissionError yes given";
        for (allowed, answer) in [(false, closed), (true, open), (false, closed)] {
            let report = judge(&node, writing(allowed, answer)).await;
            assert_eq!(report.verdict, Verdict::AC, "{allowed}: {report:#?}");
        }
    });
}
