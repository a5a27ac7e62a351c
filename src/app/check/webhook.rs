//! The webhook, asked as Zoom asks before it sends anything: through the public address.

use std::sync::Arc;

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use url::Url;

use super::super::compose::one_secret;
use super::super::failure::Exit;
use super::super::serving;
use super::web::not_https;
use super::{Item, Kit, in_time};
use crate::adapters::http_client::{HttpClient, Timeouts, read_body};
use crate::ports::error::{Error, Kind};
use crate::ports::meter::Meter;
use crate::settings::resolved::{Http, Webhook};
use crate::web::webhook::{SIGNATURE, TIMESTAMP, answer_to, signature};

const NAME: &str = "webhook";
const OBJECT: &str = "zoom.webhook";
const DOING: &str = "asking the webhook what Zoom asks";
/// The longest answer that is read.
const LONGEST: usize = 64 << 10;

/// What came back.
struct Answer {
    status: u16,
    body: Vec<u8>,
}

/// Asks at this address. `public` is the one by which Zoom comes, or this machine's own.
pub(super) async fn item(kit: &Kit<'_>, webhook: &Webhook, http: &Http, public: &Url) -> Item {
    let address = format!("{}/webhooks/zoom", public.as_str().trim_end_matches('/'));
    let secret = match one_secret(&webhook.secret_token, kit.settings).await {
        Ok(secret) => secret,
        Err(failure) => return super::machine::of_failure(NAME, OBJECT, &failure),
    };
    // An answer to an older question is none to this one.
    let token = format!("slotbridge-check-{}", kit.clock.now().as_nanosecond());
    match in_time(DOING, ask(kit, (webhook, http), &secret, &address, &token)).await {
        Ok(answer) => {
            let expected = answer_to(&secret, &token);
            let item = of_answer(&answer, &expected, http);
            let is_public = http.public_url.is_some();
            if is_public && public.scheme() != "https" && item.exit == Exit::Done {
                return not_https("it answers Zoom's question, but ");
            }
            item
        }
        Err(error) => of_error(&error, http),
    }
}

fn of_error(error: &Error, http: &Http) -> Item {
    let mut item = Item::failed(NAME, OBJECT, error);
    if let Some(hint) = item.hint.as_mut().filter(|_| http.public_url.is_some()) {
        hint.push_str(
            "; a network that does not lead its own machines to its public address shows this, too: then ask from outside",
        );
    }
    item
}

async fn ask(
    kit: &Kit<'_>,
    (webhook, http): (&Webhook, &Http),
    secret: &SecretString,
    address: &str,
    token: &str,
) -> Result<Answer, Error> {
    let because = |cause: String| Error::new(Kind::Local, DOING).because(cause);
    let body = json!({"event": "endpoint.url_validation", "payload": {"plainToken": token}});
    let body = body.to_string();
    let time = kit.clock.now().as_second().to_string();
    let client = HttpClient::new(
        Timeouts::default(),
        Arc::<Meter>::default(),
        Arc::clone(kit.clock),
    )?;
    let shown = serving::shown(webhook, kit.settings)
        .await
        .map_err(|failure| because(failure.words))?;
    let mut request = client
        .requests()
        .post(address)
        .header(SIGNATURE, signature(secret, &time, body.as_bytes()))
        .header(TIMESTAMP, time)
        .header("content-type", "application/json");
    if let Some(shown) = &shown {
        request = request.header(&shown.name, shown.value.expose_secret());
    }
    let request = request.body(body).build();
    let request = request.map_err(|error| because(error.without_url().to_string()))?;
    let response = match http.public_url {
        Some(_) => client.send(request, DOING).await?,
        // To the daemon itself, which said where it listens.
        None => client.send_here(request, DOING).await?,
    };
    let status = response.status().as_u16();
    let body = read_body(response, LONGEST, DOING).await?;
    Ok(Answer { status, body })
}

fn of_answer(answer: &Answer, expected: &str, http: &Http) -> Item {
    let Answer { status, body } = answer;
    let wrong = |exit, seen: &str, hint: &str| Item::wrong(NAME, OBJECT, exit, seen, hint);
    let listen = http.listen;
    let place = match &http.public_url {
        Some(_) => "the public address",
        None => "http.listen",
    };
    let proxy = format!(
        "have the web server at http.public_url pass /webhooks/zoom on to {listen} as it is, path and headers, without a login of its own"
    );
    let said = serde_json::from_slice::<Value>(body).ok();
    let told = said
        .as_ref()
        .and_then(|said| said["encryptedToken"].as_str());
    match (*status, told) {
        (200, Some(told)) if told == expected => Item::ok(
            NAME,
            OBJECT,
            "Zoom's question was asked through the public address, and answered rightly",
        ),
        (401, _) if body.starts_with(b"wrong signature") => wrong(
            Exit::Denied,
            "a slotbridge answers there, but it has another secret token",
            "check zoom.webhook.secret_token against the Zoom app's page, and restart the daemon if it was changed",
        ),
        (401, _) if body.starts_with(b"not authorised") => wrong(
            Exit::Denied,
            "a slotbridge answers there, but the header that [zoom.webhook] asks for did not arrive",
            &proxy,
        ),
        (401, _) if body.starts_with(b"no fresh signature") => wrong(
            Exit::Denied,
            "a slotbridge answers there, but the headers with Zoom's signature did not arrive",
            &proxy,
        ),
        (300..=399, _) => wrong(
            Exit::Attention,
            &format!("{place} leads elsewhere (HTTP {status}), and Zoom does not follow"),
            "set http.public_url to the address that it leads to, here and in the Zoom app's page",
        ),
        (200, _) => wrong(
            Exit::Attention,
            "something else answers there: this is no answer of slotbridge",
            &proxy,
        ),
        _ => wrong(
            Exit::Attention,
            &format!("{place} does not lead to slotbridge (HTTP {status})"),
            &proxy,
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::check::Grade;
    use rstest::rstest;

    #[rstest]
    #[case(
        200,
        r#"{"plainToken":"a","encryptedToken":"good"}"#,
        Grade::Ok,
        "rightly",
        ""
    )]
    #[case(
        200,
        r#"{"plainToken":"a","encryptedToken":"bad"}"#,
        Grade::Failed,
        "something else",
        "pass /webhooks/zoom on to 127.0.0.1:8787"
    )]
    #[case(
        200,
        "<html>",
        Grade::Failed,
        "something else",
        "pass /webhooks/zoom on"
    )]
    #[case(
        401,
        "wrong signature\n",
        Grade::Failed,
        "another secret token",
        "zoom.webhook.secret_token"
    )]
    #[case(401, "not authorised\n", Grade::Failed, "did not arrive", "headers")]
    #[case(
        401,
        "no fresh signature\n",
        Grade::Failed,
        "did not arrive",
        "headers"
    )]
    #[case(401, "log in", Grade::Failed, "HTTP 401", "without a login")]
    #[case(
        301,
        "",
        Grade::Failed,
        "leads elsewhere (HTTP 301)",
        "http.public_url"
    )]
    #[case(404, "", Grade::Failed, "HTTP 404", "pass /webhooks/zoom on")]
    #[case(502, "", Grade::Failed, "HTTP 502", "pass /webhooks/zoom on")]
    fn what_answers_there_is_told(
        #[case] status: u16,
        #[case] body: &str,
        #[case] state: Grade,
        #[case] seen: &str,
        #[case] hint: &str,
    ) {
        let http = Http {
            listen: "127.0.0.1:8787".parse().unwrap(),
            public_url: None,
            admin_token: None,
        };
        let body = body.as_bytes().to_vec();
        let item = of_answer(&Answer { status, body }, "good", &http);
        assert_eq!(item.state, state, "{item:?}");
        assert!(item.seen.contains(seen), "{item:?}");
        assert!(item.hint.unwrap_or_default().contains(hint));
    }
}
