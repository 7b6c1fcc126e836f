//! The programs that are measured: C, so that their own start costs as little as can be, and compiled here.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use tribunal_sandbox::{Cancel, Input, Limits, Outcome, Output, Program, ReadyBox, Spec, seal};

use crate::Done;

/// Ends at once, without a C library.
const EMPTY: &str = r#"
__attribute__((noreturn)) void _start(void) {
#if defined(__x86_64__)
    __asm__ volatile("syscall" : : "a"(231), "D"(0));
#else
    register long x8 __asm__("x8") = 94, x0 __asm__("x0") = 0;
    __asm__ volatile("svc #0" : : "r"(x8), "r"(x0));
#endif
    __builtin_unreachable();
}
"#;

/// `spin MS`, `threads MS`, `processes MS`, `orphan MS` use so much CPU time in all, and at last print the nanoseconds that they
/// know of, their start and that of their children included; `touch MIB`; `leave` leaves a process behind; `sleep`.
const DEEDS: &str = r#"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
static long limit_ns;
static long used(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return t.tv_sec * 1000000000L + t.tv_nsec;
}
static long used_by_children(void) {
    struct rusage r;
    getrusage(RUSAGE_CHILDREN, &r);
    return (r.ru_utime.tv_sec + r.ru_stime.tv_sec) * 1000000000L + (r.ru_utime.tv_usec + r.ru_stime.tv_usec) * 1000L;
}
static void *spin(void *unused) {
    while (used() < limit_ns) {}
    return unused;
}
int main(int argc, char **argv) {
    const char *deed = argv[1];
    long number = argc > 2 ? atol(argv[2]) : 0;
    long orphans = 0;
    limit_ns = number * 1000000L;
    if (!strcmp(deed, "spin")) spin(0);
    if (!strcmp(deed, "threads")) {
        pthread_t all[4];
        for (int i = 0; i < 4; i++) pthread_create(&all[i], 0, spin, 0);
        for (int i = 0; i < 4; i++) pthread_join(all[i], 0);
    }
    if (!strcmp(deed, "processes")) {
        limit_ns /= 4;
        for (int i = 0; i < 4; i++) if (!fork()) { spin(0); _exit(0); }
        while (wait(0) > 0) {}
    }
    if (!strcmp(deed, "orphan")) {
        int ends[2];
        if (pipe(ends)) return 1;
        if (!fork()) {
            if (!fork()) {
                spin(0);
                orphans = used();
                _exit(write(ends[1], &orphans, sizeof orphans) != sizeof orphans);
            }
            _exit(0);
        }
        close(ends[1]);
        wait(0);
        if (read(ends[0], &orphans, sizeof orphans) != sizeof orphans) return 1;
    }
    if (limit_ns) printf("%ld", used() + used_by_children() + orphans);
    if (!strcmp(deed, "touch")) {
        long bytes = number << 20;
        char *all = mmap(0, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (all == MAP_FAILED) return 1;
        for (long at = 0; at < bytes; at += 4096) all[at] = 1;
    }
    if (!strcmp(deed, "leave") && !fork()) for (;;) pause();
    if (!strcmp(deed, "sleep")) for (;;) pause();
    return 0;
}
"#;

/// Compiled, and sealed once, as a judge's storage does it: a box may run them as they are.
pub(crate) struct Programs {
    pub(crate) empty_path: PathBuf,
    empty: Arc<OwnedFd>,
    deeds: Arc<OwnedFd>,
}

impl Programs {
    pub(crate) fn build(scratch: &Path) -> Done<Self> {
        let empty_path = compile(scratch, "empty", EMPTY, &["-nostdlib"])?;
        let deeds = compile(scratch, "deeds", DEEDS, &["-pthread"])?;
        Ok(Self {
            empty: sealed(&empty_path)?,
            deeds: sealed(&deeds)?,
            empty_path,
        })
    }

    pub(crate) fn empty(&self, core: Option<usize>) -> Spec {
        spec(&self.empty, &["empty"], core)
    }

    pub(crate) fn deed(&self, args: &[&str], core: Option<usize>) -> Spec {
        let args: Vec<&str> = ["deeds"].iter().chain(args).copied().collect();
        spec(&self.deeds, &args, core)
    }
}

fn compile(scratch: &Path, name: &str, text: &str, flags: &[&str]) -> Done<PathBuf> {
    let source = scratch.join(format!("{name}.c"));
    let program = scratch.join(name);
    std::fs::write(&source, text)?;
    let status = Command::new("gcc")
        .args(["-O2", "-static", "-o"])
        .args([&program, &source])
        .args(flags)
        .status()?;
    if status.success() {
        Ok(program)
    } else {
        Err(format!("{name} cannot be compiled").into())
    }
}

fn sealed(program: &Path) -> Done<Arc<OwnedFd>> {
    Ok(Arc::new(seal(&mut File::open(program)?, "program")?))
}

fn spec(program: &Arc<OwnedFd>, args: &[&str], core: Option<usize>) -> Spec {
    let capture = Output::Capture {
        head: 1024,
        tail: 1024,
    };
    Spec {
        program: Program::File(Arc::clone(program)),
        args: args.iter().map(Into::into).collect(),
        env: Vec::new(),
        stdin: Input::Empty,
        stdout: capture.clone(),
        stderr: capture,
        limits: Limits::default(),
        core,
        inherited: Vec::new(),
        read_only: false,
    }
}

pub(crate) fn run(visit: &mut ReadyBox, spec: &Spec) -> Done<Outcome> {
    Ok(visit.run(spec, &Cancel::new()?)?)
}
