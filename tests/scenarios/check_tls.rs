//! A server whose certificate nobody vouches for.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection};

/// Made for this test alone: for localhost, signed by itself.
const CERTIFICATE: &str = "MIIBnDCCAUGgAwIBAgIUXpoapbZSQCZydxm7mifh4X//+UowCgYIKoZIzj0EAwIwFDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMTIxMTY1OFoYDzIxMjYxMDI4MjExNjU4WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASYsor+TKx7hhh50WZlaqZ3ToGWNIxxHORzZkdL9aIaab8+6ax4QdhaAhqT40fo30AGlaxKlTccS2Qf2ZhkLj4Oo28wbTAdBgNVHQ4EFgQUurGHL71W+eOr9qhz0+hokipCAw0wHwYDVR0jBBgwFoAUurGHL71W+eOr9qhz0+hokipCAw0wDwYDVR0TAQH/BAUwAwEB/zAaBgNVHREEEzARhwR/AAABgglsb2NhbGhvc3QwCgYIKoZIzj0EAwIDSQAwRgIhANux4u3eWGKBSIOUbn5tPTcpTP8i2qAaxuERIlYkWMafAiEAmnn2NU7Mu7XqlMDJkIFDwCp7o+dFWxdGlMJFJS7Vh5g=";
const KEY: &str = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg2WVfPOrFYOToIX0Ncd1ZEhCQsEGmaK/JqibgLHhLGq+hRANCAASYsor+TKx7hhh50WZlaqZ3ToGWNIxxHORzZkdL9aIaab8+6ax4QdhaAhqT40fo30AGlaxKlTccS2Qf2ZhkLj4O";

/// What shows this certificate, with this key.
pub fn config(certificate: &str, key: &str) -> Arc<ServerConfig> {
    let certificate = CertificateDer::from(STANDARD.decode(certificate).unwrap());
    let key = PrivatePkcs8KeyDer::from(STANDARD.decode(key).unwrap());
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], PrivateKeyDer::Pkcs8(key))
        .unwrap();
    Arc::new(config)
}

/// Listens on a free port, until the test process ends.
pub fn start() -> SocketAddr {
    let config = config(CERTIFICATE, KEY);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            let mut talk = ServerConnection::new(config.clone()).unwrap();
            // A client that does not trust us hangs up.
            while talk.is_handshaking() && talk.complete_io(&mut stream).is_ok() {}
        }
    });
    address
}
