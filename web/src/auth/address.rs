//! From where a request comes, and whether the judge is open there.

use std::net::IpAddr;

use actix_web::HttpRequest;
use actix_web::dev::RequestHead;
use actix_web::http::header::HeaderMap;

/// Who may do what needs no account without one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Open {
    /// Nobody.
    Nobody,
    /// Who comes by the loopback interface, and not through a proxy.
    Loopback,
    /// Everybody.
    Everybody,
}

/// Headers that only a proxy sends: what comes with one has not begun on this host.
const OF_PROXIES: [&str; 4] = ["forwarded", "x-forwarded-for", "x-real-ip", "via"];

/// Where the judge is open.
#[derive(Debug)]
pub(super) struct Openness {
    open: Open,
    trusted: Vec<IpAddr>,
}

/// From where a request comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Client {
    /// The address of whoever asks, as far as it is known.
    pub(crate) address: IpAddr,
    /// Whether the judge is open there.
    pub(crate) open: bool,
}

impl Openness {
    pub(super) fn new(open: Open, trusted: Vec<IpAddr>) -> Self {
        Self { open, trusted }
    }

    /// Where a request comes from.
    pub(super) fn client(&self, request: &HttpRequest) -> Client {
        let host = request.connection_info().host().to_owned();
        self.client_of(request.head(), &host)
    }

    fn client_of(&self, head: &RequestHead, host: &str) -> Client {
        // What has no peer is a test of the application itself, on this host.
        let peer = head.peer_addr.map_or(IpAddr::from([127, 0, 0, 1]), |peer| {
            peer.ip().to_canonical()
        });
        let open = match self.open {
            Open::Nobody => false,
            Open::Everybody => true,
            Open::Loopback => {
                let passed_on = OF_PROXIES
                    .iter()
                    .any(|name| head.headers.contains_key(*name));
                peer.is_loopback() && !passed_on && is_local_name(host)
            }
        };
        Client {
            address: self.address(peer, &head.headers),
            open,
        }
    }

    /// The last address that a proxy of ours names: what stands before it anybody may have written.
    fn address(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let trusted = |address: &IpAddr| address.is_loopback() || self.trusted.contains(address);
        if !trusted(&peer) {
            return peer;
        }
        let named = headers
            .get_all("x-forwarded-for")
            .filter_map(|value| value.to_str().ok());
        let named: Vec<&str> = named.flat_map(|value| value.split(',')).collect();
        let named = named
            .iter()
            .rev()
            .map_while(|text| text.trim().parse::<IpAddr>().ok());
        let mut last = peer;
        for address in named {
            last = address.to_canonical();
            if !trusted(&last) {
                break;
            }
        }
        last
    }
}

/// A page of somebody else's whose name has been made to mean this host asks by that name.
fn is_local_name(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    bare.eq_ignore_ascii_case("localhost") || bare.parse::<IpAddr>().is_ok()
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn client(open: Open, peer: &str, host: &str, header: Option<(&str, &str)>) -> Client {
        let mut request = TestRequest::default().peer_addr(peer.parse().expect("an address"));
        if let Some(header) = header {
            request = request.append_header(header);
        }
        let openness = Openness::new(open, vec![IpAddr::from([10, 0, 0, 9])]);
        openness.client_of(request.to_http_request().head(), host)
    }

    #[test]
    fn only_what_begins_on_this_host_under_its_own_name_is_local() {
        let open = |peer, host, header| client(Open::Loopback, peer, host, header).open;
        assert!(open("127.0.0.1:9", "127.0.0.1:8080", None));
        assert!(open("[::1]:9", "[::1]:8080", None));
        assert!(open("[::ffff:127.0.0.1]:9", "localhost", None));
        assert!(!open("192.0.2.1:9", "localhost", None));
        assert!(!open("127.0.0.1:9", "evil.example:8080", None));
        for header in ["Forwarded", "X-Forwarded-For", "X-Real-IP", "Via"] {
            assert!(
                !open("127.0.0.1:9", "localhost", Some((header, "127.0.0.1"))),
                "{header}"
            );
        }
        assert!(!client(Open::Nobody, "127.0.0.1:9", "localhost", None).open);
        assert!(
            client(
                Open::Everybody,
                "192.0.2.1:9",
                "judge.example",
                Some(("Via", "x"))
            )
            .open
        );
    }

    #[test]
    fn an_address_is_taken_from_a_proxy_of_ours_and_from_nobody_else() {
        let address = |peer: &str, named: &str| {
            let client = client(Open::Loopback, peer, "x", Some(("x-forwarded-for", named)));
            client.address.to_string()
        };
        assert_eq!(address("127.0.0.1:9", "192.0.2.7"), "192.0.2.7");
        assert_eq!(address("10.0.0.9:9", "192.0.2.7"), "192.0.2.7");
        assert_eq!(address("10.0.0.8:9", "192.0.2.7"), "10.0.0.8");
        assert_eq!(address("127.0.0.1:9", "1.1.1.1, 192.0.2.7"), "192.0.2.7");
        assert_eq!(address("127.0.0.1:9", "192.0.2.7, 10.0.0.9"), "192.0.2.7");
        assert_eq!(address("127.0.0.1:9", "192.0.2.7, nonsense"), "127.0.0.1");
    }
}
