//! One sandbox for all tests, the visits to its boxes, and what must stay true of the host around it.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::Read;
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use tribunal_sandbox::{
    Cancel, CgroupMode, Config, Content, Ending, Error, Input, Isolation, Lack, Limits, Outcome,
    Output, Program, ReadyBox, Sandbox, Spec,
};

use crate::case::{Case, PROGRAM_NAME, usual_limits};
use crate::{raw, tools};

/// Bytes and inodes that a box may write.
pub(crate) const DISK_BYTES: u64 = 32 << 20;
pub(crate) const DISK_INODES: u64 = 2048;
/// What only the judge may know.
pub(crate) const SECRET: &str = "the hidden answer is 8041733";
/// Under emulation everything takes long.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Arena {
    sandbox: OnceLock<Sandbox>,
    reference: OnceLock<String>,
    executable: Arc<OwnedFd>,
    directory: tempfile::TempDir,
    lacks: Vec<Lack>,
    name: String,
}

impl Arena {
    pub(crate) fn new() -> Self {
        let directory = tempfile::Builder::new()
            .prefix("judge-")
            .tempdir()
            .expect("a temporary directory");
        let secret = directory.path().join("answer.txt");
        fs::write(&secret, SECRET).expect("the secret is written");
        // Whoever could see it could read it: only the box hides it.
        fs::set_permissions(directory.path(), PermissionsExt::from_mode(0o755))
            .expect("the directory is open to all");
        fs::set_permissions(&secret, PermissionsExt::from_mode(0o644))
            .expect("the secret is open to all");
        fs::create_dir(directory.path().join("sockets")).expect("a directory for sockets");
        let mut own = File::open("/proc/self/exe").expect("this program can be read");
        let executable =
            tribunal_sandbox::seal(&mut own, "contained").expect("this program can be copied");
        let lacks = tribunal_sandbox::Host::detect().lacks();
        Self {
            sandbox: OnceLock::new(),
            reference: OnceLock::new(),
            executable: Arc::new(executable),
            directory,
            lacks,
            name: format!("hostile-{}", std::process::id()),
        }
    }

    fn sandbox(&self) -> &Sandbox {
        self.sandbox.get_or_init(|| {
            let config = Config {
                ready: 2,
                disk_bytes: DISK_BYTES,
                disk_inodes: DISK_INODES,
                isolation: if std::env::var_os("TRIBUNAL_FRESH").is_some() {
                    Isolation::Fresh
                } else {
                    Isolation::Pooled
                },
                allow_degraded: !self.lacks.is_empty(),
                name: self.name.clone(),
                ..Config::default()
            };
            Sandbox::start(config).expect("the sandbox starts")
        })
    }

    /// Says whether this host can hold the case at all.
    pub(crate) fn can_hold(&self, case: &Case) -> bool {
        !(case.needs_cgroup && self.is_degraded()) && (case.tools.is_empty() || !tools::left_out())
    }

    /// There are no control groups.
    pub(crate) fn is_degraded(&self) -> bool {
        self.lacks.contains(&Lack::MemoryLimit)
    }

    pub(crate) fn secret_path(&self) -> PathBuf {
        self.directory.path().join("answer.txt")
    }

    /// Begins the names of the control groups.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn cgroup(&self) -> CgroupMode {
        self.sandbox().host().cgroup().clone()
    }

    pub(crate) fn directory(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn visit(&self, case: &Case) -> Visit<'_> {
        self.visit_with(case.limits.clone())
    }

    pub(crate) fn visit_with(&self, limits: Limits) -> Visit<'_> {
        let ready = self.sandbox().acquire().expect("a box is ready");
        Visit {
            arena: self,
            ready,
            limits,
            stdin: Input::Empty,
        }
    }

    /// What a witness sees in a box that nobody has used.
    pub(crate) fn reference(&self) -> String {
        self.reference
            .get_or_init(|| self.visit_with(usual_limits()).witness())
            .clone()
    }

    /// What must be the same after a test as before. Other programs share this host, so only what is ours counts.
    pub(crate) fn host_facts(&self) -> Vec<String> {
        let text = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let ours = |path: &str, mark: &str| {
            text(path)
                .lines()
                .filter(|line| line.contains(mark))
                .collect::<Vec<_>>()
                .join("\n")
        };
        let mut facts = vec![
            text("/proc/sys/kernel/hostname"),
            text("/proc/sys/kernel/core_pattern"),
            text("/proc/self/limits"),
            text("/proc/self/cgroup"),
            text("/proc/self/oom_score_adj"),
            ours("/proc/self/mountinfo", "hostile"),
            ours("/proc/sysvipc/shm", &SYSV_KEY.to_string()),
            ours("/proc/sysvipc/sem", &SYSV_KEY.to_string()),
            ours("/proc/sysvipc/msg", &SYSV_KEY.to_string()),
            text(&self.secret_path().to_string_lossy()),
        ];
        for directory in [
            "/", "/tmp", "/dev/shm", "/var/tmp", "/run", "/etc", "/usr", "/dev", "/home",
        ] {
            let entries = fs::read_dir(directory)
                .into_iter()
                .flatten()
                .flatten()
                .map(|entry| entry.path());
            facts.extend(
                entries
                    .map(|path| path.display().to_string())
                    .filter(|path| path.contains("hostile")),
            );
        }
        facts.extend(
            fs::read_dir(self.directory())
                .into_iter()
                .flatten()
                .flatten()
                .map(|entry| format!("{:?}", entry.path())),
        );
        facts
    }

    /// Asserts that no process of this test lives; killed ones may take a moment to go.
    pub(crate) fn assert_nothing_runs(&self, name: &str) {
        let token = format!("{PROGRAM_NAME}\0{name}\0{}\0", self.name);
        let alive = || {
            let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
            processes
                .filter(|process| {
                    fs::read(process.path().join("cmdline"))
                        .is_ok_and(|line| line.starts_with(token.as_bytes()))
                })
                .count()
        };
        let holds = within(PATIENCE, || alive() == 0);
        assert!(holds, "{} processes of {name} are still alive", alive());
    }

    /// Takes the sandbox down and says whether it left nothing behind.
    pub(crate) fn close(self) -> bool {
        let Some(sandbox) = self.sandbox.into_inner() else {
            return true;
        };
        let tops = match sandbox.host().cgroup() {
            CgroupMode::V1 {
                memory,
                cpuacct,
                pids,
                cpu,
                ..
            } => [memory, cpuacct, pids]
                .into_iter()
                .chain(cpu)
                .cloned()
                .collect(),
            CgroupMode::V2 { own, .. } => vec![own.clone()],
            CgroupMode::None => vec![],
        };
        drop(sandbox);
        let gone = |top: &PathBuf| within(PATIENCE, || groups_below(top, &self.name, 3).is_empty());
        let left: Vec<_> = tops
            .iter()
            .filter(|top| !gone(top))
            .flat_map(|top| groups_below(top, &self.name, 3))
            .collect();
        if !left.is_empty() {
            eprintln!("control groups were left behind: {left:?}");
        }
        left.is_empty()
    }
}

/// The key of every System V object that a hostile program makes.
pub(crate) const SYSV_KEY: i32 = 1_752_134_516;

pub(crate) fn groups_below(top: &Path, name: &str, depth: usize) -> Vec<PathBuf> {
    let entries = fs::read_dir(top)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_dir());
    entries
        .flat_map(|path| {
            let mut below = if depth > 0 {
                groups_below(&path, name, depth - 1)
            } else {
                Vec::new()
            };
            below.extend(path.to_string_lossy().contains(name).then_some(path));
            below
        })
        .collect()
}

/// Waits until a condition holds.
pub(crate) fn within(limit: Duration, condition: impl Fn() -> bool) -> bool {
    let end = Instant::now() + limit;
    while !condition() {
        if Instant::now() > end {
            return false;
        }
        raw::rest(Duration::from_millis(2));
    }
    true
}

/// One box, held for a test.
pub(crate) struct Visit<'a> {
    pub(crate) arena: &'a Arena,
    ready: ReadyBox,
    pub(crate) limits: Limits,
    pub(crate) stdin: Input,
}

impl Visit<'_> {
    /// Runs a program of this binary.
    pub(crate) fn run(&mut self, name: &str) -> Outcome {
        let spec = self.spec_of(name);
        self.run_spec(&spec)
    }

    pub(crate) fn spec_of(&self, name: &str) -> Spec {
        let secret = self.arena.secret_path();
        let args = [PROGRAM_NAME, name, &self.arena.name]
            .map(OsString::from)
            .into_iter()
            .chain([secret.into()]);
        let program = Program::File(Arc::clone(&self.arena.executable));
        self.spec(program, args.collect())
    }

    /// Runs a program of the box.
    pub(crate) fn command(&mut self, line: &[&str]) -> Outcome {
        let spec = self.spec(
            Program::Path(line[0].into()),
            line.iter().map(OsString::from).collect(),
        );
        self.run_spec(&spec)
    }

    pub(crate) fn run_spec(&mut self, spec: &Spec) -> Outcome {
        self.run_until(spec, &Cancel::new().expect("a switch"))
    }

    pub(crate) fn run_until(&mut self, spec: &Spec, cancel: &Cancel) -> Outcome {
        self.ready
            .run(spec, cancel)
            .expect("the sandbox can run it")
    }

    pub(crate) fn spec(&self, program: Program, args: Vec<OsString>) -> Spec {
        let env = [
            ("LANG", "C.UTF-8"),
            ("PATH", "/usr/local/bin:/usr/bin:/bin"),
            ("HOME", "/box"),
        ];
        Spec {
            program,
            args,
            env: env.map(|(name, value)| (name.into(), value.into())).into(),
            stdin: self.stdin.clone(),
            stdout: Output::Capture {
                head: 256 << 10,
                tail: 4 << 10,
            },
            stderr: Output::Capture {
                head: 64 << 10,
                tail: 4 << 10,
            },
            limits: self.limits.clone(),
            core: None,
            inherited: Vec::new(),
            read_only: false,
        }
    }

    pub(crate) fn place(&mut self, name: &str, text: impl AsRef<[u8]>) {
        self.ready
            .place(name, Content::Bytes(text.as_ref()), false)
            .expect("the file is placed");
    }

    pub(crate) fn try_place(&mut self, name: &str, text: &str) -> Result<(), Error> {
        self.ready
            .place(name, Content::Bytes(text.as_bytes()), false)
    }

    pub(crate) fn take(&mut self, name: &str) -> Result<String, Error> {
        let mut file = self.ready.take(name, 1 << 20)?;
        let mut text = String::new();
        file.read_to_string(&mut text)
            .expect("what was taken can be read");
        Ok(text)
    }

    pub(crate) fn reset(&mut self) {
        self.ready.reset().expect("the box is reset or replaced");
    }

    /// Runs the witness under the usual limits, and returns what it saw.
    pub(crate) fn witness(&mut self) -> String {
        self.limits = usual_limits();
        self.stdin = Input::Empty;
        let outcome = self.run("witness");
        assert_eq!(
            outcome.ending,
            Ending::Exited(0),
            "the witness fails: {}",
            self.describe(&outcome)
        );
        assert!(
            outcome.cpu_time < Duration::from_secs(5),
            "the witness is charged for others: {outcome:?}"
        );
        assert!(
            outcome.peak_memory < 64 << 20,
            "the witness is charged for others: {} bytes",
            outcome.peak_memory
        );
        assert!(
            !outcome.stdout.truncated() && outcome.stderr.total == 0,
            "{}",
            self.describe(&outcome)
        );
        text(&outcome.stdout.head)
    }

    /// An outcome for a failed assertion.
    pub(crate) fn describe(&self, outcome: &Outcome) -> String {
        let (out, err) = (text(&outcome.stdout.head), text(&outcome.stderr.head));
        let cut = |text: String| text.chars().take(3000).collect::<String>();
        format!(
            "{:?}, cpu {:?}, wall {:?}, memory {}, output {} + {}\n--- stdout\n{}\n--- stderr\n{}",
            outcome.ending,
            outcome.cpu_time,
            outcome.wall_time,
            outcome.peak_memory,
            outcome.stdout.total,
            outcome.stderr.total,
            cut(out),
            cut(err)
        )
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
