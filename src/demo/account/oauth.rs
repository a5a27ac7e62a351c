//! `/oauth`: authorise, token, revoke (RFC 6749, PKCE by RFC 7636).

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::json;
use sha2::{Digest, Sha256};
use url::Url;

use super::answer::{Answer, Result};
use super::call::{Body, Call};
use super::keyring::{Code, Whose};
use super::query::Query;
use super::setup::{AppOwner, Scope};
use super::{Account, State};

/// `GET /oauth/authorize`: the person agrees at once and is sent back.
pub(super) fn authorize(account: &Account, state: &mut State, call: &Call) -> Result {
    let known = [
        "response_type",
        "client_id",
        "redirect_uri",
        "state",
        "code_challenge",
        "code_challenge_method",
        "scope",
    ];
    let query = Query::of(call, &known)?;
    let redirect = query.text("redirect_uri").and_then(|u| Url::parse(u).ok());
    let Some(mut redirect) = redirect else {
        return Err(Answer::oauth(400, "invalid_request", "Invalid redirect."));
    };
    if query.text("response_type") != Some("code") {
        return Err(Answer::oauth(
            400,
            "unsupported_response_type",
            "Only code.",
        ));
    }
    if query.text("client_id") != Some(account.options().client_id.as_str()) {
        return Err(Answer::oauth(400, "invalid_client", "Unknown client_id."));
    }
    let challenge = query.text("code_challenge").map(str::to_owned);
    if challenge.is_some() && query.text("code_challenge_method") != Some("S256") {
        return Err(Answer::oauth(400, "invalid_request", "Only S256."));
    }
    let code = state.keys.issue_code(Code {
        redirect_uri: query.text("redirect_uri").unwrap_or_default().to_owned(),
        challenge,
    });
    redirect.query_pairs_mut().append_pair("code", &code);
    if let Some(word) = query.text("state") {
        redirect.query_pairs_mut().append_pair("state", word);
    }
    Ok(Answer::found(redirect.into()))
}

/// `POST /oauth/token`, its parameters in the query or in a form.
pub(super) fn token(account: &Account, state: &mut State, call: &Call) -> Result {
    authenticate(account, call)?;
    let parameter = |name: &str| parameter(call, name);
    let invalid_grant = |reason| Answer::oauth(400, "invalid_grant", reason);
    let mut whose = Whose::Host;
    let refresh = match parameter("grant_type") {
        Some("refresh_token") => {
            let spent = parameter("refresh_token").unwrap_or_default();
            let issued = state.keys.spend(spent);
            Some(issued.ok_or_else(|| invalid_grant("Invalid refresh token."))?)
        }
        Some("authorization_code") => {
            let code = state.keys.take_code(parameter("code").unwrap_or_default());
            let code = code.ok_or_else(|| invalid_grant("Invalid code."))?;
            if parameter("redirect_uri") != Some(code.redirect_uri.as_str()) {
                return Err(invalid_grant("Redirect mismatch."));
            }
            if !verifies(code.challenge.as_deref(), parameter("code_verifier")) {
                return Err(invalid_grant("Invalid code verifier."));
            }
            Some(state.keys.log_in_again())
        }
        Some("account_credentials") => {
            if parameter("account_id") != Some(account.options().account_id.as_str()) {
                return Err(Answer::oauth(400, "invalid_request", "Invalid account_id."));
            }
            if account.options().app_owner == AppOwner::SomebodyElse {
                whose = Whose::AppOwner;
            }
            None
        }
        Some("client_credentials") => None,
        _ => {
            return Err(Answer::oauth(
                400,
                "unsupported_grant_type",
                "Unsupported grant type.",
            ));
        }
    };
    let access = state.keys.grant_access(account.now(), whose);
    let mut body = json!({
        "access_token": access,
        "token_type": "bearer",
        "expires_in": state.keys.expires_in(),
        "scope": scopes(account),
        "x_future_field": true,
    });
    if let (Some(refresh), Some(body)) = (refresh, body.as_object_mut()) {
        body.insert("refresh_token".to_owned(), json!(refresh));
    }
    Ok(Answer::ok(body))
}

/// What every token may do.
fn scopes(account: &Account) -> String {
    let mut words = account.options().scopes.clone();
    if matches!(account.options().calendar.scope, Scope::Granted) {
        words.push_str(" calendar:read calendar:write");
    }
    words
}

/// `POST /oauth/revoke`.
pub(super) fn revoke(account: &Account, state: &mut State, call: &Call) -> Result {
    authenticate(account, call)?;
    let token = parameter(call, "token").unwrap_or_default();
    if state.keys.revoke(token) {
        Ok(Answer::ok(json!({"status": "success"})))
    } else {
        Err(Answer::oauth(400, "invalid_request", "Invalid token."))
    }
}

fn authenticate(account: &Account, call: &Call) -> Result<()> {
    let options = account.options();
    let expected = format!("{}:{}", options.client_id, options.client_secret);
    let given = call
        .credentials("Basic")
        .and_then(|words| STANDARD.decode(words).ok());
    if given.as_deref() == Some(expected.as_bytes()) {
        return Ok(());
    }
    Err(Answer::oauth(
        401,
        "invalid_client",
        "Invalid client_id or client_secret",
    ))
}

fn parameter<'a>(call: &'a Call, name: &str) -> Option<&'a str> {
    let form: &[(String, String)] = match &call.body {
        Body::Form(pairs) => pairs,
        Body::Empty | Body::Json(_) | Body::Nonsense => &[],
    };
    form.iter()
        .chain(&call.query)
        .find(|(own, _)| own == name)
        .map(|(_, value)| value.as_str())
}

/// RFC 7636 section 4.6; a code asked for without a challenge takes no verifier.
fn verifies(challenge: Option<&str>, verifier: Option<&str>) -> bool {
    match (challenge, verifier) {
        (None, None) => true,
        (Some(challenge), Some(verifier)) => {
            (43..=128).contains(&verifier.len())
                && URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)) == challenge
        }
        (None, Some(_)) | (Some(_), None) => false,
    }
}
