//! TLS on a real socket: the front with a certificate of its own, and what is said of files that cannot be used.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::server::{Server, TRIBUNAL, serving};

/// A certificate for `localhost` and its key, as files.
struct Pair {
    certificate: PathBuf,
    key: PathBuf,
    der: CertificateDer<'static>,
}

impl Pair {
    fn new(dir: &Path, name: &str) -> Self {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]);
        let made = made.expect("a certificate can be made");
        let (certificate, key) = (
            dir.join(format!("{name}.crt")),
            dir.join(format!("{name}.key")),
        );
        std::fs::write(&certificate, made.cert.pem()).expect("written");
        std::fs::write(&key, made.signing_key.serialize_pem()).expect("written");
        Self {
            certificate,
            key,
            der: made.cert.der().clone(),
        }
    }

    fn configuration(&self) -> String {
        format!(
            "tls_certificate = {:?}\ntls_key = {:?}\n",
            self.certificate, self.key
        )
    }
}

/// The command that serves with this configuration.
fn command(dir: &Path, configuration: &str) -> Command {
    let file = dir.join("t.toml");
    std::fs::write(&file, configuration).expect("written");
    let mut command = Command::new(TRIBUNAL);
    serving(&mut command, dir).arg("--config").arg(&file);
    command
}

/// Asks over TLS, believing this certificate alone.
fn ask(
    server: &Server,
    trusted: &CertificateDer<'static>,
    request: &str,
) -> std::io::Result<String> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).expect("a certificate");
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("the usual versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").expect("a name");
    let client = ClientConnection::new(Arc::new(config), name).expect("a client");
    let stream = TcpStream::connect(server.addr())?;
    let mut stream = StreamOwned::new(client, stream);
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

#[test]
fn the_front_speaks_tls_with_the_certificate_and_its_cookies_stay_within_it() {
    let dir = tempfile::tempdir().expect("a scratch directory");
    let pair = Pair::new(dir.path(), "own");
    let server = Server::of(command(dir.path(), &pair.configuration()));
    let get = "GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    let answer = ask(&server, &pair.der, get).expect("it answers");
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    let form = "password=correct+horse&again=correct+horse";
    let post = format!(
        "POST {} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: {}\r\n\
         content-type: application/x-www-form-urlencoded\r\n\r\n{form}",
        server.admin_link(),
        form.len()
    );
    let answer = ask(&server, &pair.der, &post).expect("it answers");
    let cookie = answer
        .lines()
        .find_map(|line| line.strip_prefix("set-cookie: "))
        .unwrap_or_else(|| panic!("a session begins: {answer}"));
    assert!(cookie.starts_with("__Host-tribunal-session="), "{cookie}");
    assert!(cookie.contains("Secure"), "{cookie}");
    // Whoever believes another certificate is not taken in, and plain HTTP is not answered.
    let other = Pair::new(dir.path(), "other");
    assert!(ask(&server, &other.der, get).is_err());
    let mut plain = TcpStream::connect(server.addr()).expect("it listens");
    plain.write_all(get.as_bytes()).expect("written");
    let mut answer = Vec::new();
    // Closed or reset: either way without an answer.
    let _ = plain.read_to_end(&mut answer);
    assert!(!answer.starts_with(b"HTTP/"), "{answer:?}");
    assert!(server.stop().success());
}

#[test]
fn a_file_that_cannot_be_used_is_named() {
    let dir = tempfile::tempdir().expect("a scratch directory");
    let (one, two) = (Pair::new(dir.path(), "one"), Pair::new(dir.path(), "two"));
    let refused = |configuration: &str| {
        let output = command(dir.path(), configuration).output();
        let output = output.expect("the program starts");
        assert!(!output.status.success());
        String::from_utf8(output.stderr).expect("UTF-8")
    };
    let with = |certificate: &Path, key: &Path| {
        refused(&format!(
            "tls_certificate = {certificate:?}\ntls_key = {key:?}\n"
        ))
    };
    let missing = dir.path().join("missing.pem");
    let text = dir.path().join("text.pem");
    std::fs::write(&text, "no PEM").expect("written");
    for (said, file) in [
        (with(&missing, &one.key), "missing.pem"),
        (with(&text, &one.key), "text.pem"),
        (with(&one.certificate, &missing), "missing.pem"),
        (with(&one.certificate, &text), "text.pem"),
        (with(&one.certificate, &two.key), "two.key"),
    ] {
        assert!(said.contains(file), "{file} is in {said:?}");
    }
    let said = refused(&format!("tls_key = {:?}\n", one.key));
    assert!(
        said.contains("tls_key is set and tls_certificate is not"),
        "{said}"
    );
}
