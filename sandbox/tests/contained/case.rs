//! What a test is: a program, its limits, and how it has to end.

use std::sync::Arc;
use std::time::Duration;

use libtest_mimic::{Failed, Trial};
use tribunal_sandbox::{Ending, Limits, Outcome};

use crate::arena::{Arena, Visit};

/// The name under which this binary is executed in a box.
pub(crate) const PROGRAM_NAME: &str = "tribunal-fixture";
/// What a program prints when it has asserted, from inside, that it could do no harm.
pub(crate) const CONTAINED: &str = "contained\n";

pub(crate) type Program = Arc<dyn Fn() + Send + Sync>;

enum What {
    /// A program of this name runs and ends as expected.
    Run(Program, Expect),
    /// The judge's side does something with a box.
    Judge(fn(&mut Visit<'_>)),
    /// No test, only a program that tests run.
    Helper(Program),
}

enum Expect {
    /// It finds out from inside that nothing of what it tries is possible, and says so.
    Contained,
    /// It is ended in one of these ways.
    Ends(&'static [Ending]),
    /// It satisfies this.
    Satisfies(fn(&Outcome)),
}

pub(crate) struct Case {
    pub(crate) name: String,
    what: What,
    pub(crate) limits: Limits,
    /// It cannot be held where there is no control group.
    pub(crate) needs_cgroup: bool,
    /// Executables without which it fails.
    pub(crate) tools: &'static [&'static str],
}

/// A test whose program checks from inside that it is contained.
pub(crate) fn program(name: impl Into<String>, program: impl Fn() + Send + Sync + 'static) -> Case {
    Case::new(name.into(), What::Run(Arc::new(program), Expect::Contained))
}

/// A test of the judge's side.
pub(crate) fn judge(name: &str, test: fn(&mut Visit<'_>)) -> Case {
    Case::new(name.to_owned(), What::Judge(test))
}

/// A program that tests of the judge's side run by its name.
pub(crate) fn helper(name: &str, program: impl Fn() + Send + Sync + 'static) -> Case {
    Case::new(name.to_owned(), What::Helper(Arc::new(program)))
}

impl Case {
    fn new(name: String, what: What) -> Self {
        Self {
            name,
            what,
            limits: usual_limits(),
            needs_cgroup: false,
            tools: &[],
        }
    }

    /// It ends in one of these ways.
    pub(crate) fn ends(self, endings: &'static [Ending]) -> Self {
        self.expects(Expect::Ends(endings))
    }

    /// Its outcome satisfies this.
    pub(crate) fn satisfies(self, check: fn(&Outcome)) -> Self {
        self.expects(Expect::Satisfies(check))
    }

    fn expects(mut self, expected: Expect) -> Self {
        if let What::Run(_, expect) = &mut self.what {
            *expect = expected;
        }
        self
    }

    pub(crate) fn limits(mut self, change: impl FnOnce(&mut Limits)) -> Self {
        change(&mut self.limits);
        self
    }

    pub(crate) fn needs_cgroup(mut self) -> Self {
        self.needs_cgroup = true;
        self
    }

    pub(crate) fn tools(mut self, tools: &'static [&'static str]) -> Self {
        self.tools = tools;
        self
    }

    /// The test, unless this is only a helper.
    pub(crate) fn trial(self, arena: &Arc<Arena>) -> Option<Trial> {
        let arena = Arc::clone(arena);
        match self.what {
            What::Helper(_) => None,
            _ => Some(Trial::test(self.name.clone(), move || check(&arena, &self))),
        }
    }
}

/// The one check that all tests go through.
fn check(arena: &Arena, case: &Case) -> Result<(), Failed> {
    if let Some(missing) = crate::tools::missing(case.tools) {
        return Err(Failed::from(missing));
    }
    // The sandbox's start may move this process to another control group.
    let mut visit = arena.visit(case);
    let before = arena.host_facts();
    match &case.what {
        What::Run(_, expect) => {
            let outcome = visit.run(&case.name);
            let said = visit.describe(&outcome);
            match expect {
                Expect::Contained => {
                    let contained = outcome.ending == Ending::Exited(0)
                        && outcome.stdout.head == CONTAINED.as_bytes();
                    assert!(contained, "the program is not contained: {said}");
                }
                Expect::Ends(endings) => assert!(
                    endings.contains(&outcome.ending),
                    "expected {endings:?}: {said}"
                ),
                Expect::Satisfies(check) => check(&outcome),
            }
        }
        What::Judge(test) => test(&mut visit),
        What::Helper(_) => {}
    }
    visit.reset();
    let seen = visit.witness();
    let told = differences(&arena.reference(), &seen);
    assert!(
        told.is_empty(),
        "a witness in the same box sees something of it:
{told}"
    );
    drop(visit);
    arena.assert_nothing_runs(&case.name);
    let differences = differences(&before.join("\n"), &arena.host_facts().join("\n"));
    assert!(
        differences.is_empty(),
        "the host has changed:\n{differences}"
    );
    Ok(())
}

/// The lines that only one of two texts has.
fn differences(before: &str, after: &str) -> String {
    let only = |mark: char, of: &str, other: &str| {
        let lines = of
            .lines()
            .filter(|line| !other.lines().any(|same| same == *line));
        lines
            .map(|line| format!("{mark} {line}\n"))
            .collect::<String>()
    };
    only('-', before, after) + &only('+', after, before)
}

/// Runs the named program and ends, if this process is one in a box.
pub(crate) fn run_program_if_asked(cases: fn() -> Vec<Case>) {
    let mut arguments = std::env::args();
    if arguments.next().as_deref() != Some(PROGRAM_NAME) {
        return;
    }
    let name = arguments
        .next()
        .expect("the program's name is its first argument");
    let case = cases()
        .into_iter()
        .find(|case| case.name == name)
        .expect("the program exists");
    match case.what {
        What::Run(program, Expect::Contained) => {
            program();
            print!("{CONTAINED}");
        }
        What::Run(program, _) | What::Helper(program) => program(),
        What::Judge(_) => panic!("{name} is no program"),
    }
    std::process::exit(0);
}

/// Small enough to be reached at once, large enough for this binary, and generous with time: machines are slow.
pub(crate) fn usual_limits() -> Limits {
    Limits {
        cpu_time: Duration::from_secs(10),
        wall_time: Duration::from_secs(30),
        idle_time: None,
        memory: 96 << 20,
        processes: 24,
        floods_on: false,
        output: 1 << 20,
        file_size: 16 << 20,
        open_files: 64,
        stack: None,
    }
}

pub(crate) fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}
