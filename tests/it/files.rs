//! Files in a program's working directory: what it may do with them, and those that stand for its standard streams.

use tribunal_problems::{Content, FileNames, GeneratorKind, Plan, Procedure, RunLimits, Verdict};

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

/// Reads `sum.in` and writes `sum.out`, each only if it is so.
fn named(program: &str, input: bool, output: bool) -> Plan {
    let name = |is_file: bool, name: &str| is_file.then(|| name.to_owned());
    Plan {
        procedure: Procedure {
            files: FileNames {
                input: name(input, "sum.in"),
                output: name(output, "sum.out"),
            },
            ..Procedure::default()
        },
        limits: RunLimits {
            output: 1 << 20,
            ..RunLimits::default()
        },
        rule: GeneratorKind::All,
        ..plan("python", "main.py", program, &[("20 22", "42")])
    }
}

#[test]
fn files_stand_for_the_standard_streams() {
    let both =
        "print(sum(map(int, open('sum.in').read().split())), file=open('sum.out', 'w')); print(7)";
    let reads = "assert input.__self__ and not __import__('sys').stdin.read(); print(sum(map(int, open('sum.in').read().split())))";
    let writes = "print(sum(map(int, input().split())), file=open('sum.out', 'w'))";
    let prints = "print(42)";
    let links = "import os; os.symlink('/etc/hostname', 'sum.out')";
    let directory = "import os; os.mkdir('sum.out')";
    let hides = "import os; open('sum.out', 'w').write('42\\n'); os.chmod('sum.out', 0)";
    let floods = "import signal\nsignal.signal(signal.SIGXFSZ, signal.SIG_DFL)\nopen('sum.out', 'wb').write(bytes(2 << 20))";
    let table = [
        (both, true, true, Verdict::AC),
        (reads, true, false, Verdict::AC),
        (writes, false, true, Verdict::AC),
        // The judge reads also what its program may not read any more.
        (hides, false, true, Verdict::AC),
        // What is printed does not count, and no file is an empty one.
        (prints, true, true, Verdict::NO),
        (links, false, true, Verdict::NO),
        (directory, false, true, Verdict::NO),
        (floods, false, true, Verdict::OLE),
        ("raise SystemExit(1)", true, true, Verdict::RTE),
    ];
    real(async {
        let (node, _data) = real_node(|_| ()).await;
        for (program, input, output, verdict) in table {
            let report = judge(&node, named(program, input, output)).await;
            assert_eq!(report.verdict, verdict, "{program}: {report:#?}");
            if verdict == Verdict::AC {
                assert_eq!(report.tests[0].stdout, "42\n", "{program}");
            }
            let told = match program {
                _ if program == prints => Some("it wrote no file sum.out"),
                _ if [links, directory].contains(&program) => {
                    Some("what it left as sum.out is no regular file that can be read")
                }
                _ => None,
            };
            let fault = report.tests[0].output_fault.as_deref();
            assert_eq!(fault, told, "{program}: {report:#?}");
        }
    });
}
