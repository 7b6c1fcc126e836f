//! Checkers of every dialect, named by a plain directory's `config.yaml`, run for real.

use std::path::Path;

use tribunal_actors::{BuildReport, Node};
use tribunal_problems::{Headers, LanguageId, Languages, Package, Plan, SourceFile, Verdict};

use crate::harness::{judge, real, real_node};

/// Begins each checker: `read` gives a file's words.
const READ: &str = "\
import os, sys
a = sys.argv[1:]
def read(path): return open(path).read().split()
";

/// What a dialect's checker does with an output: accepts the answer's words, rejects `7`, gives half of a test's worth for `half` where it
/// can, and breaks at `boom`.
struct Sample {
    word: &'static str,
    checker: &'static str,
    half: Option<Verdict>,
}

const PT: Option<Verdict> = Some(Verdict::PT);

const SAMPLES: [Sample; 12] = [
    Sample {
        word: "kattis",
        checker: "out = sys.stdin.read().split()\nwant = read(a[1])\nopen(a[2] + 'judgemessage.txt', 'w').write('seen')\n\
                  if out == ['boom']: sys.exit(1)\nif out == ['half']: open(a[2] + 'score.txt', 'w').write('50')\n\
                  sys.exit(42 if out in (want, ['half']) else 43)\n",
        half: PT,
    },
    Sample {
        word: "testlib",
        checker: "out, want = read(a[1]), read(a[2])\nif out == ['boom']: sys.exit(3)\n\
                  if out == ['half']: print('wrong answer score(50) seen', file=sys.stderr); sys.exit(1)\n\
                  print('ok' if out == want else 'wrong answer seen', file=sys.stderr)\nsys.exit(0 if out == want else 1)\n",
        half: PT,
    },
    Sample {
        word: "dmoj",
        checker: "out, want = read(a[1]), read(a[2])\nif out == ['boom']: sys.exit(2)\n\
                  print('seen')\nsys.exit(0 if out == want else 1)\n",
        half: None,
    },
    Sample {
        word: "dmoj-testlib",
        checker: "out, want = read(a[1]), read(a[2])\nif out == ['boom']: sys.exit(3)\n\
                  if out == ['half']: print('points 50', file=sys.stderr); sys.exit(7)\n\
                  print('seen', file=sys.stderr)\nsys.exit(0 if out == want else 1)\n",
        half: PT,
    },
    Sample {
        word: "dmoj-coci",
        checker: "out, want = read(a[1]), read(a[2])\nif out == ['boom']: sys.exit(2)\n\
                  if out == ['half']: print('partial 1/2', file=sys.stderr); sys.exit(7)\n\
                  print('seen', file=sys.stderr)\nsys.exit(0 if out == want else 1)\n",
        half: PT,
    },
    Sample {
        word: "cms",
        checker: "want, out = read(a[1]), read(a[2])\nif out == ['boom']: sys.exit(1)\n\
                  print(0.5 if out == ['half'] else 1.0 if out == want else 0.0)\nprint('seen', file=sys.stderr)\n",
        half: PT,
    },
    Sample {
        word: "hustoj",
        checker: "want, out = read(a[1]), read(a[2])\nif out == ['boom']: os.kill(os.getpid(), 9)\n\
                  print('seen')\nsys.exit(0 if out == want else 1)\n",
        half: None,
    },
    Sample {
        word: "lemon",
        checker: "out, want, full = read(a[1]), read(a[2]), int(a[3])\nif out == ['boom']: sys.exit(1)\n\
                  open(a[4], 'w').write(str(full // 2 if out == ['half'] else full if out == want else 0))\n\
                  open(a[5], 'w').write('seen')\n",
        half: PT,
    },
    Sample {
        word: "qduoj",
        checker: "out, number = read(a[1]), read(a[0])\nif out == ['boom']: sys.exit(2)\n\
                  print('seen')\nsys.exit(0 if out == [str(2 * int(number[0]))] else 1)\n",
        half: None,
    },
    Sample {
        word: "syzoj",
        checker: "out, want, number = read('user_out'), read('answer'), read('input')\nif out == ['boom']: sys.exit(1)\n\
                  assert 'the submitted source' in open('code').read()\n\
                  print(50 if out == ['half'] else 100 if out == want and number == ['21'] else 0)\n\
                  print('seen', file=sys.stderr)\n",
        half: PT,
    },
    Sample {
        word: "ejudge",
        checker: "out, want = read(a[1]), read(a[2])\nif out == ['boom']: sys.exit(6)\n\
                  if out == ['half']: print(50)\nelif out == want: print(100)\n\
                  else: print('seen', file=sys.stderr); sys.exit(5)\n",
        half: PT,
    },
    Sample {
        word: "omegaup",
        checker: "out, want, number = sys.stdin.read().split(), read('data.out'), read('data.in')\n\
                  if out == ['boom']: sys.exit(1)\n\
                  print(0.5 if out == ['half'] else float(out == want and number == ['21']))\n",
        half: PT,
    },
];

fn package(root: &Path, config: &str, files: &[(&str, &str)]) -> Package {
    let root = root.join("double");
    std::fs::create_dir_all(&root).expect("a scratch directory");
    for (name, text) in [("config.yaml", config), ("1.in", "21\n"), ("1.out", "42\n")]
        .iter()
        .chain(files)
    {
        std::fs::write(root.join(name), text).expect("written");
    }
    Package::open_with(&root, &Languages::built_in(), &Headers::default())
        .unwrap_or_else(|error| panic!("{error}: {config}"))
}

/// Judges a submission that prints this, whatever it reads.
async fn printed(node: &Node, package: &Package, output: &str) -> BuildReport {
    let source = format!("# the submitted source\nprint('''{output}''')\n");
    let files = [SourceFile::new("main.py", source.as_bytes())];
    let plan = Plan::for_package(package, LanguageId::new("python"), &files);
    judge(node, plan).await
}

#[test]
fn each_dialect_s_checker_is_called_and_understood() {
    let scratch = tempfile::tempdir().expect("a scratch directory");
    real(async {
        let (node, _data) = real_node(|_| ()).await;
        for Sample {
            word,
            checker,
            half,
        } in SAMPLES
        {
            let config = format!("checker_type: {word}\nchecker: check.py\n");
            let checker = format!("{READ}{checker}");
            let package = package(scratch.path(), &config, &[("check.py", &checker)]);
            for (output, wanted) in [
                ("42", Some(Verdict::AC)),
                ("7", Some(Verdict::WA)),
                ("half", half.or(Some(Verdict::WA))),
                ("boom", Some(Verdict::JE)),
            ] {
                let report = printed(&node, &package, output).await;
                assert_eq!(Some(report.verdict), wanted, "{word} {output}: {report:#?}");
                let message = report.tests[0].message.as_deref();
                let is_silent = ["ejudge", "omegaup"].contains(&word) || output == "half";
                if report.verdict == Verdict::WA && !is_silent {
                    assert_eq!(message, Some("seen"), "{word} {output}: {report:#?}");
                }
                let score = report.score.as_ref().map(ToString::to_string);
                if output == "half" && half.is_some() {
                    assert_eq!(score.as_deref(), Some("50"), "{word}: {report:#?}");
                }
            }
        }
    });
}

#[test]
fn without_a_checker_lines_are_compared() {
    let scratch = tempfile::tempdir().expect("a scratch directory");
    real(async {
        let (node, _data) = real_node(|_| ()).await;
        for (config, output, wanted) in [
            ("type: default\n", "42  \n\n", Verdict::AC),
            ("checker_type: strict\n", "42  ", Verdict::WA),
            (
                "checker_type: testlib\nchecker: ncmp\n",
                "  42",
                Verdict::AC,
            ),
        ] {
            let package = package(scratch.path(), config, &[]);
            let report = printed(&node, &package, output).await;
            assert_eq!(report.verdict, wanted, "{config}: {report:#?}");
        }
    });
}

#[test]
fn an_interactor_of_a_plain_directory_has_the_last_word() {
    let interactor = "\
import sys
number = int(open(sys.argv[1]).read())
print(number, flush=True)
said = sys.stdin.readline().strip()
print('ok' if said == str(2 * number) else 'wrong answer not twice', file=sys.stderr)
sys.exit(0 if said == str(2 * number) else 1)
";
    let config = "type: interactive\ninteractor: {file: talk.txt, lang: py.py3}\ntime: 2s\n";
    let scratch = tempfile::tempdir().expect("a scratch directory");
    let package = package(scratch.path(), config, &[("talk.txt", interactor)]);
    real(async {
        let (node, _data) = real_node(|_| ()).await;
        let report = printed(&node, &package, "42").await;
        assert_eq!(report.verdict, Verdict::AC, "{report:#?}");
        let report = printed(&node, &package, "43").await;
        assert_eq!(report.verdict, Verdict::WA, "{report:#?}");
        assert_eq!(report.tests[0].message.as_deref(), Some("not twice"));
    });
}
