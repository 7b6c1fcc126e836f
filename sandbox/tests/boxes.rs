//! Real programs in real boxes: what a run reports, what a limit stops, what a visit leaves.
use std::ffi::OsString;
use std::time::Duration;

use tribunal_sandbox::*;

fn spec(args: &[&str]) -> Spec {
    Spec {
        program: Program::Path(args[0].into()),
        args: args.iter().map(OsString::from).collect(),
        env: vec![("PATH".into(), "/usr/bin:/bin".into())],
        stdin: Input::Empty,
        stdout: Output::Capture { head: 4096, tail: 4096 },
        stderr: Output::Capture { head: 4096, tail: 4096 },
        limits: Limits::default(),
        core: None,
    }
}

fn main() {
    run_agent_if_asked();
    let sandbox = Sandbox::start(Config { allow_degraded: true, ..Config::default() }).unwrap();
    println!("{:?} {:?}", sandbox.host(), sandbox.stats());
    let mut boxx = sandbox.acquire().unwrap();
    let cancel = Cancel::new().unwrap();
    let shell = std::env::args().nth(1).unwrap_or("id; ls -la / /box /etc /dev /proc; mount; cat /proc/self/status | grep -i seccomp; echo $$; ls -la /proc/self/fd".into());
    let out = boxx.run(&spec(&["/bin/sh", "-c", &shell]), &cancel);
    match out {
        Ok(out) => println!("{:?} cpu {:?} wall {:?} peak {} \n{}\n{}", out.ending, out.cpu_time, out.wall_time, out.peak_memory, String::from_utf8_lossy(&out.stdout.head), String::from_utf8_lossy(&out.stderr.head)),
        Err(e) => println!("{e:?}"),
    }
    let _ = Duration::ZERO;
    drop(boxx);
    println!("{:?}", sandbox.stats());
}
