//! Real programs, compiled and run in the real sandbox by the real actors.

use tribunal_problems::Verdict;

use crate::harness::{judge, plan, real, real_node};

const SUM_CPP: &str = "#include <iostream>\nint main() { long a, b; std::cin >> a >> b; std::cout << a + b << '\\n'; }\n";
const SUM_PY: &str = "a, b = map(int, input().split())\nprint(a + b)\n";

#[test]
fn cpp_and_python_submissions_are_accepted() {
    real(async {
        let (node, _data) = real_node(|_| ()).await;
        for (language, file, source) in
            [("cpp", "main.cpp", SUM_CPP), ("python", "main.py", SUM_PY)]
        {
            let tests = [("1 2\n", "3\n"), ("40 2\n", "42\n"), ("-5 5\n", "0\n")];
            let report = judge(&node, plan(language, file, source, &tests)).await;
            assert_eq!(report.verdict, Verdict::AC, "{language}: {report:#?}");
            assert_eq!(report.tests.len(), 3);
            assert!(report.tests.iter().all(|test| test.verdict == Verdict::AC));
        }
        assert!(node.drain(std::time::Duration::from_secs(5)).await);
    });
}
