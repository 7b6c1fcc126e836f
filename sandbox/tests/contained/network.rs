//! Reaching anything that is not in the box.

use std::fs;
use std::io::ErrorKind;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram, UnixListener, UnixStream};

use nix::errno::Errno::{EACCES, ENOSYS};

use crate::arena::Visit;
use crate::case::{Case, helper, judge, program};
use crate::raw::{call, denied, refused};

/// Every family that a kernel may have, but local sockets.
const FAMILIES: std::ops::Range<usize> = 2..46;
const ABSTRACT: &str = "hostile-abstract";

pub(crate) fn cases() -> Vec<Case> {
    vec![
        program("no_network_address_can_be_connected_to_or_bound", || {
            for address in [
                "127.0.0.1:80",
                "10.0.0.1:53",
                "169.254.169.254:80",
                "[::1]:80",
                "8.8.8.8:53",
            ] {
                denied(address, TcpStream::connect(address));
                denied(address, UdpSocket::bind(address));
                denied(address, TcpListener::bind(address));
            }
        }),
        program("no_socket_of_another_family_can_be_made", || {
            for family in FAMILIES {
                for kind in [
                    libc::SOCK_STREAM,
                    libc::SOCK_DGRAM,
                    libc::SOCK_RAW,
                    libc::SOCK_SEQPACKET,
                ] {
                    refused(
                        call(libc::SYS_socket, &[family, kind as usize, 0]),
                        &[EACCES],
                    );
                }
            }
        }),
        program("no_pair_of_another_family_can_be_made", || {
            let mut pair = [0i32; 2];
            for family in FAMILIES {
                refused(
                    call(
                        libc::SYS_socketpair,
                        &[family, 1, 0, pair.as_mut_ptr() as usize],
                    ),
                    &[EACCES],
                );
            }
        }),
        program("no_ring_makes_sockets_past_the_filter", || {
            let mut parameters = [0u64; 15];
            refused(
                call(
                    libc::SYS_io_uring_setup,
                    &[8, parameters.as_mut_ptr() as usize],
                ),
                &[ENOSYS],
            );
        }),
        program("no_interface_is_up_and_no_route_exists", || {
            let interfaces = fs::read_to_string("/proc/net/dev").unwrap_or_default();
            let others: Vec<_> = interfaces
                .lines()
                .skip(2)
                .filter(|line| !line.trim_start().starts_with("lo:"))
                .collect();
            // Tunnels that a kernel makes in each namespace are down and lead nowhere.
            for line in others {
                assert!(
                    line.trim_start().starts_with(|c: char| "tsge".contains(c)),
                    "an interface: {line}"
                );
            }
            let routes = fs::read_to_string("/proc/net/route").unwrap_or_default();
            assert!(routes.lines().count() <= 1, "{routes}");
        }),
        judge(
            "an_abstract_socket_of_the_host_cannot_be_reached",
            abstract_socket,
        ),
        helper("connects_to_an_abstract_socket", || {
            let name = SocketAddr::from_abstract_name(ABSTRACT).expect("a name");
            let error = UnixStream::connect_addr(&name).expect_err("nobody listens here");
            assert!(
                [ErrorKind::ConnectionRefused, ErrorKind::PermissionDenied].contains(&error.kind()),
                "{error}"
            );
        }),
        judge("a_socket_file_of_the_host_cannot_be_reached", socket_file),
        helper("connects_to_a_socket_file", || {
            let path = std::env::args()
                .nth(3)
                .expect("the secret's path")
                .replace("answer.txt", "sockets/socket");
            denied(&path, UnixStream::connect(&path));
        }),
        program("a_socket_left_behind_is_gone", || {
            let name = SocketAddr::from_abstract_name(ABSTRACT).expect("a name");
            std::mem::forget(UnixListener::bind_addr(&name).expect("the name is free"));
            std::mem::forget(UnixListener::bind("/box/hostile.sock").expect("the path is free"));
            std::mem::forget(UnixDatagram::bind("/tmp/hostile.sock").expect("the path is free"));
        }),
        program("no_filter_can_be_put_on_a_socket", || {
            let (left, _right) = UnixStream::pair().expect("a pair");
            let fd = std::os::fd::AsRawFd::as_raw_fd(&left) as usize;
            let program = [0u64; 4];
            for option in [26, 50, 51, 52] {
                let arguments = [
                    fd,
                    libc::SOL_SOCKET as usize,
                    option,
                    program.as_ptr() as usize,
                    16,
                ];
                refused(
                    call(libc::SYS_setsockopt, &arguments),
                    &[nix::errno::Errno::EPERM],
                );
            }
        }),
    ]
}

fn abstract_socket(visit: &mut Visit<'_>) {
    let name = SocketAddr::from_abstract_name(ABSTRACT).expect("a name");
    // Another test of this suite may hold it, which is as good.
    let _listener = UnixListener::bind_addr(&name);
    assert_contained(visit, "connects_to_an_abstract_socket");
}

fn socket_file(visit: &mut Visit<'_>) {
    let path = visit.arena.directory().join("sockets/socket");
    let listener = UnixListener::bind(&path).expect("the socket");
    assert_contained(visit, "connects_to_a_socket_file");
    drop(listener);
    fs::remove_file(path).expect("the socket is removed");
}

/// Runs a helper that asserts from inside.
pub(crate) fn assert_contained(visit: &mut Visit<'_>, helper: &str) {
    let outcome = visit.run(helper);
    assert_eq!(
        outcome.ending,
        tribunal_sandbox::Ending::Exited(0),
        "{}",
        visit.describe(&outcome)
    );
}
