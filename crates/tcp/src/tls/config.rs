//! What a client does without a configuration of its own.

use rustls::{ClientConfig, Error, RootCertStore, crypto::ring};
use std::sync::{Arc, LazyLock};

/// rustls' own choice of versions and ciphers with `ring`, and the roots that Mozilla trusts; made once.
///
/// # Errors
/// Those of rustls.
pub fn default_config() -> Result<Arc<ClientConfig>, Error> {
    static DEFAULT: LazyLock<Result<Arc<ClientConfig>, Error>> = LazyLock::new(|| {
        let roots: RootCertStore = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect();
        // Named, so that it does not depend on what other crates have made the process's default.
        let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    });
    DEFAULT.clone()
}
