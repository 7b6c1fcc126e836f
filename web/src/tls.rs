//! The certificate and the key with which the front speaks TLS.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// How to speak TLS: versions 1.2 and 1.3, with one certificate.
#[derive(Debug, Clone)]
pub struct Tls(pub(crate) ServerConfig);

/// Why TLS cannot be spoken.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The file of the certificate is not there, or not PEM.
    #[error("read the certificate {}", path.display())]
    Certificate {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: pem::Error,
    },
    /// The file has no certificate in it.
    #[error("there is no certificate in {}", path.display())]
    NoCertificate {
        /// The file.
        path: PathBuf,
    },
    /// The file of the key is not there, or has no key in it.
    #[error("read the key {}", path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: pem::Error,
    },
    /// Both can be read, but not used together.
    #[error("use the certificate {} with the key {}", certificate.display(), key.display())]
    Together {
        /// The file of the certificate.
        certificate: PathBuf,
        /// The file of the key.
        key: PathBuf,
        /// Why not.
        source: rustls::Error,
    },
}

impl Tls {
    /// Reads a certificate, with those that lead from it to one that is known, and its key; both are PEM files.
    ///
    /// # Errors
    /// A file cannot be read or used; the error names it.
    pub fn read(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let unreadable = |source| TlsError::Certificate {
            path: certificate.to_owned(),
            source,
        };
        let chain = CertificateDer::pem_file_iter(certificate).map_err(unreadable)?;
        let chain: Vec<_> = chain.collect::<Result<_, _>>().map_err(unreadable)?;
        if chain.is_empty() {
            let path = certificate.to_owned();
            return Err(TlsError::NoCertificate { path });
        }
        let secret = PrivateKeyDer::from_pem_file(key).map_err(|source| TlsError::Key {
            path: key.to_owned(),
            source,
        })?;
        ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|config| config.with_no_client_auth().with_single_cert(chain, secret))
            .map(Self)
            .map_err(|source| TlsError::Together {
                certificate: certificate.to_owned(),
                key: key.to_owned(),
                source,
            })
    }
}
