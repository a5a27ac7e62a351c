//! What is proved, and what is learnt of refusals.

use super::*;

fn auth() -> Auth {
    Auth::new(Credentials::Password {
        username: "alice".to_owned(),
        password: "secret".into(),
    })
}

fn refusal(lines: &[&str]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for line in lines {
        headers.append(WWW_AUTHENTICATE, HeaderValue::from_str(line).unwrap());
    }
    headers
}

fn proof(auth: &Auth) -> Proof {
    let url = Url::parse("https://dav.example.org/c/?x=1").unwrap();
    let secret = auth.credentials.secret().unwrap().at_hand().unwrap();
    auth.own_proof(&Method::from_bytes(b"REPORT").unwrap(), &url, &secret)
        .unwrap()
}

fn text(proof: &Proof) -> &str {
    proof.header.to_str().unwrap()
}

const DIGEST: &str = r#"Digest realm="r, \"x\"", nonce="n1", qop="auth""#;

#[test]
fn basic_comes_first_and_a_second_refusal_is_final() {
    let auth = auth();
    let sent = proof(&auth);
    assert_eq!(text(&sent), "Basic YWxpY2U6c2VjcmV0");
    assert!(!auth.learn_digest(&refusal(&["Basic realm=x", DIGEST]), Some(&sent)));
    assert!(!auth.learn_digest(&refusal(&[r#"Digest realm="x""#]), Some(&sent)));
    assert!(!auth.learn_digest(&refusal(&[]), Some(&sent)));
}

#[test]
fn a_digest_reuses_its_nonce_and_counts() {
    let auth = auth();
    assert!(auth.learn_digest(&refusal(&[DIGEST]), Some(&proof(&auth))));
    let (first, second) = (proof(&auth), proof(&auth));
    assert!(text(&first).contains("nc=00000001") && text(&first).contains(r#"uri="/c/?x=1""#));
    assert!(text(&second).contains("nc=00000002"));
    assert!(
        !auth.learn_digest(&refusal(&[DIGEST]), Some(&second)),
        "wrong password"
    );
    let stale = DIGEST.replace("n1", "n2") + ", stale=TRUE";
    assert!(auth.learn_digest(&refusal(&[&stale]), Some(&second)));
    assert!(text(&proof(&auth)).contains(r#"nonce="n2""#));
}

#[test]
fn the_strongest_digest_of_several_in_one_header_is_taken() {
    let auth = auth();
    let both = format!(
        "Negotiate, {DIGEST}, algorithm=MD5, DIGEST realm=\"r\", nonce=\"n\", qop=\"auth,auth-int\", algorithm=SHA-256"
    );
    assert!(auth.learn_digest(&refusal(&[&both]), Some(&proof(&auth))));
    let sent = proof(&auth);
    assert!(text(&sent).contains("algorithm=SHA-256"), "{}", text(&sent));
    assert!(text(&sent).contains("qop=auth,"), "{}", text(&sent));
}

#[test]
fn a_bearer_or_nobody_learns_nothing() {
    let auth = Auth::new(Credentials::Bearer("t".into()));
    assert_eq!(text(&proof(&auth)), "Bearer t");
    assert!(!auth.learn_digest(&refusal(&[DIGEST]), None));
    assert!(!Auth::new(Credentials::None).learn_digest(&refusal(&[DIGEST]), None));
}
