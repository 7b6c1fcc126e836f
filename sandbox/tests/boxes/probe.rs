//! What the test binary does when it runs inside a box: one small deed, named by its first argument.

use std::hint::black_box;
use std::io::{Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};

/// The name under which the test binary is started inside a box.
pub(crate) const NAME: &str = "probe";

type Done = Result<(), Box<dyn std::error::Error>>;

/// Does what the arguments say and ends the process.
pub(crate) fn run(args: &[String]) -> ! {
    let status = match deed(args) {
        Ok(()) => 0,
        Err(error) => {
            eprintln!("{error}");
            100
        }
    };
    std::process::exit(status);
}

fn deed(args: &[String]) -> Done {
    let number =
        |at: usize| -> u64 { args.get(at).and_then(|text| text.parse().ok()).unwrap_or(0) };
    let text = |at: usize| args.get(at).map_or("", String::as_str);
    match text(0) {
        "exit" => std::process::exit(number(1) as i32),
        "abort" => std::process::abort(),
        "spin" => spin(number(1)),
        "threads" => threads(number(1), number(2)),
        "children" => children(number(1), number(2), true)?,
        // The orphan outlives its parent, this process's child; this process outlives the orphan.
        "orphans" => {
            children(1, 0, true)?;
            again(&["leave", text(1)]).status()?;
            wait_for_silence()?;
        }
        "leave" => children(1, number(1), false)?,
        "daemon" => drop(again(&["sleep", "60000"]).spawn()?),
        "sleep" => pause(number(1)),
        "touch" => touch(number(1) << 20),
        "hog" => loop {
            touch(16 << 20);
        },
        // Whose child dies for want of memory, and which then sleeps.
        "lose-a-child" => {
            again(&["hog"]).status()?;
            return Err(again(&["sleep", "600000", text(1)]).exec().into());
        }
        "fill" => fill(text(1), number(2) << 20)?,
        "fork" => fork_until_refused()?,
        "write" => flood(number(1))?,
        "cat" => {
            let mut input = String::new();
            std::io::stdin().read_to_string(&mut input)?;
            print!("{input}");
        }
        "rewrite-stdin" => {
            let opened = std::fs::File::options().write(true).open("/proc/self/fd/0");
            let shrunk = std::fs::set_permissions(
                "/proc/self/fd/0",
                std::os::unix::fs::PermissionsExt::from_mode(0o777),
            );
            let written = opened.and_then(|mut file| file.write_all(b"changed"));
            println!("{} {}", written.is_ok(), shrunk.is_ok());
        }
        "facts" => facts()?,
        "write-file" => std::fs::write(text(1), text(2))?,
        "symlink" => std::os::unix::fs::symlink(text(1), text(2))?,
        "fifo" => nix::unistd::mkfifo(text(1), nix::sys::stat::Mode::S_IRWXU)?,
        "list" => list()?,
        "both" => {
            print!("out");
            eprint!("err");
        }
        other => return Err(format!("no such deed: {other}").into()),
    }
    Ok(())
}

fn again(args: &[&str]) -> Command {
    let mut command = Command::new("/proc/self/exe");
    command.arg(NAME).args(args).stdin(Stdio::null());
    command
}

fn cpu_time() -> Duration {
    let usage = getrusage(UsageWho::RUSAGE_SELF).expect("own usage");
    let time =
        |t: nix::sys::time::TimeVal| Duration::new(t.tv_sec() as u64, t.tv_usec() as u32 * 1000);
    time(usage.user_time()) + time(usage.system_time())
}

/// Uses this much CPU time of the whole process, start included.
fn spin(milliseconds: u64) {
    let mut x = 1u64;
    while cpu_time() < Duration::from_millis(milliseconds) {
        for _ in 0..2000 {
            x = black_box(x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
        }
    }
}

fn threads(count: u64, milliseconds: u64) {
    let all = milliseconds * count;
    std::thread::scope(|scope| {
        for _ in 0..count {
            scope.spawn(|| spin(all));
        }
    });
}

fn children(count: u64, milliseconds: u64, wait: bool) -> Done {
    let mut running = Vec::new();
    for _ in 0..count {
        running.push(again(&["spin", &milliseconds.to_string()]).spawn()?);
    }
    if wait {
        for child in &mut running {
            child.wait()?;
        }
    }
    Ok(())
}

/// Waits until no other process of this program is left.
fn wait_for_silence() -> Done {
    let since = Instant::now();
    while since.elapsed() < Duration::from_secs(20) {
        let processes = std::fs::read_dir("/proc")?.flatten();
        let others = processes.filter(|entry| {
            entry
                .file_name()
                .to_str()
                .is_some_and(|name| name.parse::<u32>().is_ok())
        });
        if others.count() <= 1 {
            return Ok(());
        }
        pause(5);
    }
    Err("others are still there".into())
}

#[expect(
    clippy::disallowed_methods,
    reason = "a program that sleeps is what some tests need"
)]
fn pause(milliseconds: u64) {
    std::thread::sleep(Duration::from_millis(milliseconds));
}

fn touch(bytes: u64) {
    let mut memory = vec![0u8; bytes as usize];
    memory.iter_mut().step_by(4096).for_each(|byte| *byte = 1);
    black_box(&memory);
    if bytes == 16 << 20 {
        std::mem::forget(memory);
    }
}

fn fill(path: &str, bytes: u64) -> Done {
    let mut file = std::fs::File::create(path)?;
    let block = vec![7u8; 1 << 20];
    for _ in 0..bytes >> 20 {
        file.write_all(&block)?;
    }
    Ok(())
}

fn fork_until_refused() -> Done {
    let mut running = Vec::new();
    let refused = loop {
        match again(&["sleep", "60000"]).spawn() {
            Ok(child) => running.push(child),
            Err(error) => break error,
        }
    };
    println!("{} {:?}", running.len() + 1, refused.kind());
    Ok(())
}

fn flood(bytes: u64) -> Done {
    let mut out = std::io::stdout().lock();
    let block: Vec<u8> = (0..64 << 10).map(|at| b'a' + (at % 26) as u8).collect();
    let mut left = bytes;
    while left > 0 {
        let now = left.min(block.len() as u64) as usize;
        out.write_all(&block[..now])?;
        left -= now as u64;
    }
    Ok(out.flush()?)
}

/// What a program can find out about its surroundings.
fn facts() -> Done {
    let mut fds: Vec<i32> = Vec::new();
    let directory = std::fs::File::open("/proc/self/fd")?;
    let own = directory.as_raw_fd();
    for entry in std::fs::read_dir("/proc/self/fd")?.flatten() {
        let fd: i32 = entry.file_name().to_string_lossy().parse()?;
        // `read_dir`'s own descriptor follows the one opened above.
        if fd != own && fd != own + 1 {
            fds.push(fd);
        }
    }
    fds.sort_unstable();
    println!("descriptors {fds:?}");
    println!("environment {:?}", std::env::vars().collect::<Vec<_>>());
    println!("host {}", nix::unistd::gethostname()?.to_string_lossy());
    println!("directory {}", std::env::current_dir()?.display());
    println!("pid {}", std::process::id());
    for line in std::fs::read_to_string("/proc/self/status")?.lines() {
        if [
            "SigBlk",
            "SigIgn",
            "SigCgt",
            "CapEff",
            "CapPrm",
            "NoNewPrivs",
            "Seccomp:",
            "Groups",
        ]
        .iter()
        .any(|key| line.starts_with(key))
        {
            println!("{}", line.replace('\t', " "));
        }
    }
    Ok(())
}

fn list() -> Done {
    for directory in ["/box", "/tmp", "/dev/shm"] {
        for entry in std::fs::read_dir(directory)?.flatten() {
            println!("{}", entry.path().display());
        }
    }
    Ok(())
}
