//! `tribunal doctor --deep`: small programs that try each limit.

use std::time::Duration;

use tribunal_sandbox::{
    Cancel, Config, Ending, Error, Input, Limits, Line, Outcome, Output, Program, Sandbox, Spec,
    State,
};

/// A script, the limits it is given, and what must come of it.
struct Trial {
    what: &'static str,
    script: &'static str,
    limits: Limits,
    holds: fn(&Outcome) -> bool,
}

/// Runs them all; a limit that does not hold is missing.
pub(crate) fn trials() -> Vec<Line> {
    let sandbox = Sandbox::start(Config {
        allow_degraded: true,
        ..Config::default()
    });
    let started = sandbox.and_then(|sandbox| Ok((sandbox, Cancel::new()?)));
    let (sandbox, cancel) = match started {
        Ok(started) => started,
        Err(error) => return vec![missing("a box", tribunal_actors::chain(&error))],
    };
    all()
        .into_iter()
        .map(|trial| match one(&sandbox, &trial, &cancel) {
            Ok(outcome) if (trial.holds)(&outcome) => Line {
                what: trial.what,
                state: State::Good,
                detail: format!("tried: {}", ending(&outcome)),
                remedy: None,
            },
            Ok(outcome) => missing(
                trial.what,
                format!("tried, and it did not hold: {}", ending(&outcome)),
            ),
            Err(error) => missing(trial.what, tribunal_actors::chain(&error)),
        })
        .collect()
}

fn missing(what: &'static str, detail: String) -> Line {
    Line {
        what,
        state: State::Missing,
        detail,
        remedy: Some("tribunal doctor".to_owned()),
    }
}

fn ending(outcome: &Outcome) -> String {
    format!(
        "{:?} after {} ms of CPU time and {} ms",
        outcome.ending,
        outcome.cpu_time.as_millis(),
        outcome.wall_time.as_millis()
    )
}

fn one(sandbox: &Sandbox, trial: &Trial, cancel: &Cancel) -> Result<Outcome, Error> {
    let capture = Output::Capture {
        head: 4 << 10,
        tail: 0,
    };
    let spec = Spec {
        program: Program::Path("/bin/sh".into()),
        args: ["sh", "-c", trial.script].map(Into::into).to_vec(),
        env: vec![("PATH".into(), "/usr/bin:/bin".into())],
        stdin: Input::Empty,
        stdout: capture.clone(),
        stderr: capture,
        limits: trial.limits.clone(),
        core: None,
        inherited: Vec::new(),
        read_only: false,
    };
    sandbox.acquire()?.run(&spec, cancel)
}

fn all() -> Vec<Trial> {
    let limits = Limits {
        cpu_time: Duration::from_secs(2),
        wall_time: Duration::from_secs(4),
        ..Limits::default()
    };
    vec![
        Trial {
            what: "CPU limit",
            script: "while :; do :; done",
            limits: Limits {
                cpu_time: Duration::from_millis(200),
                ..limits.clone()
            },
            holds: |outcome| outcome.ending == Ending::CpuLimit,
        },
        Trial {
            what: "wall limit",
            script: "sleep 60",
            limits: Limits {
                wall_time: Duration::from_millis(300),
                ..limits.clone()
            },
            holds: |outcome| outcome.ending == Ending::WallLimit,
        },
        Trial {
            what: "memory limit",
            script: "head -c 300000000 /dev/zero | tail -c 300000000 > /dev/null",
            limits: Limits {
                memory: 32 << 20,
                ..limits.clone()
            },
            holds: |outcome| outcome.ending == Ending::MemoryLimit,
        },
        Trial {
            what: "process limit",
            script: "for i in 1 2 3 4 5 6 7 8 9; do sleep 1 & done; echo all; wait",
            limits: Limits {
                processes: 5,
                ..limits.clone()
            },
            holds: |outcome| outcome.stdout.total == 0,
        },
        Trial {
            what: "output limit",
            script: "exec yes",
            limits: Limits {
                output: 1 << 20,
                ..limits.clone()
            },
            holds: |outcome| outcome.ending == Ending::OutputLimit,
        },
        Trial {
            what: "no network",
            script: "test \"$(grep -c : /proc/net/dev)\" -le 1",
            limits: limits.clone(),
            holds: |outcome| outcome.ending == Ending::Exited(0),
        },
        Trial {
            what: "read-only system",
            script: "echo x > /usr/tribunal-trial || echo x > /etc/tribunal-trial",
            limits,
            holds: |outcome| !matches!(outcome.ending, Ending::Exited(0)),
        },
    ]
}
