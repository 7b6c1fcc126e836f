//! What judge and agent say to each other: one packet an order, one packet an answer, descriptors beside it.

use std::io::{IoSlice, IoSliceMut};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::path::PathBuf;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, ControlMessage, ControlMessageOwned, MsgFlags, SockFlag, SockType, UnixAddr,
    recvmsg, sendmsg, socketpair,
};
use serde::{Deserialize, Serialize};

use crate::ending::KilledFor;
use crate::syscalls;
use crate::{Spec, Step};

/// Bytes of the largest packet; below the kernel's default socket buffer.
pub(crate) const PACKET_MAX: usize = 128 << 10;
/// Descriptors in the largest packet.
const DESCRIPTORS_MAX: usize = 8 + Spec::INHERITED_MAX;

/// The first order: what the box is like. With it come the `cgroup.procs` files to enter, then the one to move PID 1 to, if `moves`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Setup {
    /// The host ids of PID 1 and of the program; `None`: an ordinary user's own id for both.
    pub(crate) ids: Option<Ids>,
    pub(crate) disk_bytes: u64,
    pub(crate) disk_inodes: u64,
    pub(crate) read_only: Vec<PathBuf>,
    /// Host directories whose files programs may open again or execute, given a descriptor.
    pub(crate) lent: Vec<PathBuf>,
    pub(crate) landlock: bool,
    pub(crate) moves: bool,
}

/// The second order: somebody needs the box, make PID 1.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) enum Birth {
    /// At once.
    Now,
}

/// Two host ids, each used as user and as group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ids {
    pub(crate) agent: u32,
    pub(crate) program: u32,
}

/// The third order, when the ids are mapped and the control groups are ready. With it comes the counter of the CPU time,
/// where there is one, then the directory of the run's control group, if `into_cgroup`.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Go {
    pub(crate) counter: Counter,
    pub(crate) into_cgroup: bool,
}

/// How CPU time is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Counter {
    /// `cpuacct.usage`: nanoseconds, the agent's own included.
    Nanoseconds,
    /// `cpu.stat`: `usage_usec`, without the agent.
    Stat,
    /// No group: process by process.
    Processes,
}

/// An order to a ready box.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Order {
    /// Run a program. Descriptors: three streams and the `inherited` ones, then the executable if `by_descriptor`, then the CPU
    /// counter and the directory of the run's new control group if `new_cgroup`.
    Run(Box<Run>),
    /// Kill what runs. Without an answer of its own; nothing happens if nothing runs.
    Stop,
    /// Write a file below the working directory, out of the descriptor that comes with it or out of `bytes`.
    Place {
        name: PathBuf,
        executable: bool,
        bytes: Option<Vec<u8>>,
    },
    /// Open a file below the working directory.
    Take { name: PathBuf },
    /// Empty the writable space and prove that the box is as new.
    Reset,
}

/// What to run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Run {
    /// Where the executable is; unused if `by_descriptor`.
    pub(crate) path: Vec<u8>,
    pub(crate) by_descriptor: bool,
    pub(crate) new_cgroup: bool,
    /// How many descriptors the program gets beside its streams.
    pub(crate) inherited: usize,
    /// Whether the program may change nothing in its working directory.
    pub(crate) read_only: bool,
    /// Whether it gets namespaces of its own.
    pub(crate) fresh: bool,
    pub(crate) args: Vec<Vec<u8>>,
    pub(crate) env: Vec<Vec<u8>>,
    /// Which streams the agent holds open until it has answered, so that the keeper is not woken by their end.
    pub(crate) hold: [bool; 3],
    pub(crate) core: Option<usize>,
    pub(crate) cpu_time: Duration,
    pub(crate) wall_time: Duration,
    /// The wall limit of a run whose threads had to wait for a core.
    pub(crate) wall_time_most: Duration,
    pub(crate) idle_time: Option<Duration>,
    /// Resource, value.
    pub(crate) limits: Vec<(i32, u64)>,
}

/// The agent's answer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Answer {
    /// PID 1 exists; its process descriptor comes with this.
    Born,
    /// The box is ready.
    Ready,
    /// A step failed; the box is still what it was, unless it was being made.
    Failed(Step, i32),
    /// The run is over.
    Ran(Ran),
    /// The file was placed.
    Placed,
    /// The file is open; its descriptor comes with this.
    Taken,
    /// The box is as new.
    Clean,
    /// The box is not as new.
    Dirty(Dirt),
}

/// Why a box may not be used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Dirt {
    /// A run left processes behind.
    Processes,
    /// More files were left than are worth deleting.
    ManyFiles,
    /// The writable space is not as empty as it was.
    Space,
    /// A System V IPC object exists.
    Ipc,
    /// Sockets exist that nobody has open: they are in flight through each other.
    Sockets,
    /// A run ended by a limit, a kill or a failure.
    Ending,
    /// The agent died or failed.
    Agent,
}

/// What the agent saw of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ran {
    pub(crate) status: i32,
    pub(crate) killed_for: Option<KilledFor>,
    pub(crate) cpu_time: Duration,
    pub(crate) wall_time: Duration,
    /// Bytes, of the largest process.
    pub(crate) peak_resident: u64,
    /// Processes outlived the first one.
    pub(crate) leftovers: bool,
}

/// Why nothing was received.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Lost {
    #[error("the other side is gone")]
    Closed,
    #[error("the packet cannot be sent or received: {0}")]
    Socket(#[from] Errno),
    #[error("the packet cannot be read: {0}")]
    Format(#[from] postcard::Error),
}

/// The two ends of a new connection.
pub(crate) fn pair() -> Result<(OwnedFd, OwnedFd), Errno> {
    socketpair(
        AddressFamily::Unix,
        SockType::SeqPacket,
        None,
        SockFlag::SOCK_CLOEXEC,
    )
}

/// One end of a connection, with its buffers.
pub(crate) struct Wire {
    fd: OwnedFd,
    packet: Vec<u8>,
    control: Vec<u8>,
}

impl Wire {
    pub(crate) fn new(fd: OwnedFd) -> Self {
        Self {
            fd,
            packet: vec![0; PACKET_MAX],
            control: nix::cmsg_space!([RawFd; DESCRIPTORS_MAX]),
        }
    }

    /// Sends a packet; `E2BIG` if it is too large for one.
    pub(crate) fn send<T: Serialize>(
        &mut self,
        message: &T,
        fds: &[BorrowedFd<'_>],
    ) -> Result<(), Lost> {
        let bytes = match postcard::to_slice(message, &mut self.packet) {
            Ok(bytes) => bytes,
            Err(postcard::Error::SerializeBufferFull) => return Err(Lost::Socket(Errno::E2BIG)),
            Err(other) => return Err(other.into()),
        };
        let raw: Vec<RawFd> = fds.iter().map(AsRawFd::as_raw_fd).collect();
        let rights = [ControlMessage::ScmRights(&raw)];
        let control = if raw.is_empty() {
            &rights[..0]
        } else {
            &rights[..]
        };
        let iov = [IoSlice::new(bytes)];
        loop {
            match sendmsg::<UnixAddr>(
                self.fd.as_raw_fd(),
                &iov,
                control,
                MsgFlags::MSG_NOSIGNAL,
                None,
            ) {
                Ok(_) => return Ok(()),
                Err(Errno::EINTR) => {}
                Err(Errno::EPIPE | Errno::ECONNRESET) => return Err(Lost::Closed),
                Err(errno) => return Err(errno.into()),
            }
        }
    }

    /// Waits for a packet.
    pub(crate) fn receive<T: for<'de> Deserialize<'de>>(
        &mut self,
    ) -> Result<(T, Vec<OwnedFd>), Lost> {
        let mut fds = Vec::new();
        let length = loop {
            let mut iov = [IoSliceMut::new(&mut self.packet)];
            let flags = MsgFlags::MSG_CMSG_CLOEXEC;
            match recvmsg::<UnixAddr>(
                self.fd.as_raw_fd(),
                &mut iov,
                Some(&mut self.control),
                flags,
            ) {
                Ok(message) => {
                    for control in message.cmsgs()? {
                        if let ControlMessageOwned::ScmRights(raw) = control {
                            fds.extend(raw.into_iter().map(syscalls::adopt));
                        }
                    }
                    break message.bytes;
                }
                // Reset: the other side is gone and had not read all. That is told once, and before what it has said.
                Err(Errno::EINTR | Errno::ECONNRESET) => {}
                Err(errno) => return Err(errno.into()),
            }
        };
        if length == 0 {
            return Err(Lost::Closed);
        }
        Ok((postcard::from_bytes(&self.packet[..length])?, fds))
    }
}

impl AsFd for Wire {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use super::*;

    #[test]
    fn an_order_and_its_descriptor_arrive_together() {
        let (left, right) = pair().unwrap();
        let (mut left, mut right) = (Wire::new(left), Wire::new(right));
        let (read_end, write_end) = nix::unistd::pipe().unwrap();
        left.send(&Order::Take { name: "a/b".into() }, &[write_end.as_fd()])
            .unwrap();
        let (order, mut fds) = right.receive::<Order>().unwrap();
        assert!(matches!(order, Order::Take { name } if name.as_os_str() == "a/b"));
        drop(write_end);
        std::fs::File::from(fds.pop().unwrap())
            .write_all(b"through")
            .unwrap();
        let mut text = String::new();
        std::fs::File::from(read_end)
            .read_to_string(&mut text)
            .unwrap();
        assert_eq!(text, "through");
    }

    #[test]
    fn last_words_are_heard() {
        let (left, right) = pair().unwrap();
        let (mut left, mut right) = (Wire::new(left), Wire::new(right));
        right
            .send(&Answer::Failed(Step::Clone, libc::EAGAIN), &[])
            .unwrap();
        left.send(&Birth::Now, &[]).unwrap();
        drop(right);
        let (answer, _) = left.receive::<Answer>().unwrap();
        assert!(matches!(answer, Answer::Failed(Step::Clone, libc::EAGAIN)));
        assert!(matches!(left.receive::<Answer>(), Err(Lost::Closed)));
    }

    #[test]
    fn a_lost_judge_and_a_huge_order_are_told_apart() {
        let (left, right) = pair().unwrap();
        let mut left = Wire::new(left);
        let huge = Order::Place {
            name: "x".into(),
            executable: false,
            bytes: Some(vec![0; PACKET_MAX]),
        };
        assert!(matches!(
            left.send(&huge, &[]),
            Err(Lost::Socket(Errno::E2BIG))
        ));
        drop(right);
        assert!(matches!(left.receive::<Order>(), Err(Lost::Closed)));
        assert!(matches!(left.send(&Order::Reset, &[]), Err(Lost::Closed)));
    }
}
