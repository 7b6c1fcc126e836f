//! What one client may take of the judge, each bound on a real socket.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::server::Server;

/// A judge with this configuration.
fn judge(configuration: &str) -> (Server, tempfile::TempDir) {
    let data = tempfile::tempdir().expect("a scratch directory");
    let file = data.path().join("t.toml");
    std::fs::write(&file, configuration).expect("written");
    let flags = ["--config", file.to_str().expect("UTF-8")];
    (Server::start_in(data.path(), &flags), data)
}

fn connect(server: &Server) -> TcpStream {
    let stream = TcpStream::connect(server.addr()).expect("the judge listens");
    let patience = Some(Duration::from_secs(60));
    stream.set_read_timeout(patience).expect("a time");
    stream
}

/// The first line of the answer to what was sent so far.
fn status_line(stream: &mut TcpStream) -> String {
    let mut seen = Vec::new();
    let mut byte = [0];
    while !seen.ends_with(b"\r\n") && stream.read(&mut byte).expect("an answer comes") == 1 {
        seen.push(byte[0]);
    }
    String::from_utf8(seen).expect("ASCII")
}

const GET: &[u8] = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n";

#[test]
fn connections_beyond_the_bound_wait_until_one_is_closed() {
    let (server, _data) = judge("connections_max = 2\nweb_workers = 1\n");
    let mut held: Vec<TcpStream> = (0..2).map(|_| connect(&server)).collect();
    for stream in &mut held {
        stream.write_all(GET).expect("written");
        assert_eq!(status_line(stream), "HTTP/1.1 200 OK\r\n");
        // It has begun to ask for more, so it stays.
        stream
            .write_all(b"GET /healthz HTTP/1.1\r\n")
            .expect("written");
    }
    let mut beyond = connect(&server);
    beyond.write_all(GET).expect("written");
    let short = Some(Duration::from_millis(300));
    beyond.set_read_timeout(short).expect("a time");
    let early = beyond.read(&mut [0]);
    let kind = early.map_err(|error| error.kind());
    assert!(
        matches!(kind, Err(ErrorKind::WouldBlock | ErrorKind::TimedOut)),
        "it is not answered yet: {kind:?}"
    );
    held.pop();
    let long = Some(Duration::from_secs(60));
    beyond.set_read_timeout(long).expect("a time");
    assert_eq!(status_line(&mut beyond), "HTTP/1.1 200 OK\r\n");
}

#[test]
fn a_head_that_does_not_come_is_given_up() {
    let (server, _data) = judge("header_seconds_max = 1\n");
    let mut stream = connect(&server);
    stream.write_all(b"GET /healthz HT").expect("written");
    assert_eq!(status_line(&mut stream), "HTTP/1.1 408 Request Timeout\r\n");
    assert_eq!(server.get("/healthz").status, 200);
}

#[test]
fn a_head_that_is_too_large_is_refused() {
    let (server, _data) = judge("header_bytes_max = 4096\n");
    let large = "x".repeat(5000);
    let answer = server.ask("GET", "/healthz", &[("x-large", &large)], b"");
    assert_eq!(answer.status, 431, "{answer:?}");
    assert!(answer.content_type.starts_with("application/problem+json"));
    let fits = "x".repeat(3000);
    let answer = server.ask("GET", "/healthz", &[("x-large", &fits)], b"");
    assert_eq!(answer.status, 200, "{answer:?}");
    // One without end is cut off before it fills the memory.
    let mut stream = connect(&server);
    stream
        .write_all(b"GET /healthz HTTP/1.1\r\nx-large: ")
        .expect("written");
    let piece = [b'x'; 1 << 16];
    let cut_off = (0..1000).any(|_| stream.write_all(&piece).is_err());
    assert!(cut_off, "64 MB of a header field are not taken");
}

#[test]
fn a_body_that_does_not_come_is_given_up() {
    let (server, _data) = judge("body_seconds_max = 1\n");
    let mut stream = connect(&server);
    let head = b"POST /run HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
                 content-length: 1000\r\n\r\n{\"language\"";
    stream.write_all(head).expect("written");
    assert_eq!(status_line(&mut stream), "HTTP/1.1 408 Request Timeout\r\n");
}

#[test]
fn a_body_that_is_too_large_is_refused() {
    let (server, _data) = judge("body_bytes_max = 4096\n");
    let of = |bytes: usize| {
        let body = format!("{{{}}}", " ".repeat(bytes - 2));
        server.post_bytes("/run", "application/json", body.as_bytes())
    };
    assert_eq!(of(4097).status, 413);
    let fits = of(4096);
    assert_eq!(fits.status, 422, "it is read: {fits:?}");
}
