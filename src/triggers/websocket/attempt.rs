//! One connection, to see whether it opens. It takes the place of any other with the same
//! subscription: only where no daemon listens.

use futures_util::{SinkExt as _, StreamExt as _};
use secrecy::SecretString;
use tokio_tungstenite::tungstenite::{Error as SocketError, Message};
use url::Url;

use super::{Connection, Frame, GOOD, REMEDY, close, open, words};
use crate::ports::error::{Error, Kind, Result};

const DOING: &str = "opening Zoom's WebSocket";

/// Opens a connection with this token, hears what Zoom says first, and closes it in good order.
///
/// # Errors
/// `Denied` where Zoom does not take the token; `Missing` where it does not know the subscription;
/// `Unreachable` where there is no connection.
pub async fn attempt(url: &Url, token: &SecretString) -> Result<()> {
    let mut connection = open(url, token).await.map_err(|error| unopened(&error))?;
    let first = first_word(&mut connection).await;
    close(&mut connection).await;
    first
}

/// What Zoom says first. One that is left alone for a while is a good one.
async fn first_word(connection: &mut Connection) -> Result<()> {
    let hearing = async {
        let beat = Message::text("{\"module\":\"heartbeat\"}");
        connection
            .send(beat)
            .await
            .map_err(|error| unopened(&error))?;
        loop {
            let bytes = match connection.next().await {
                None | Some(Ok(Message::Close(_))) => return Err(refused("Zoom closed it")),
                Some(Err(error)) => return Err(unopened(&error)),
                Some(Ok(Message::Text(text))) => text.as_bytes().to_owned(),
                Some(Ok(_)) => continue,
            };
            let said = serde_json::from_slice::<Frame>(&bytes).ok();
            match said.map(|frame| (frame.module, frame.success)) {
                Some((module, Some(false))) if module == "build_connection" => {
                    return Err(refused("Zoom refused the connection"));
                }
                _ => return Ok(()),
            }
        }
    };
    tokio::time::timeout(GOOD, hearing).await.unwrap_or(Ok(()))
}

fn refused(cause: &'static str) -> Error {
    Error::new(Kind::Missing, DOING).because(cause).hint(REMEDY)
}

fn unopened(error: &SocketError) -> Error {
    let kind = match error {
        SocketError::Http(response) => match response.status().as_u16() {
            401 | 403 => Kind::Denied,
            500.. => Kind::Transient,
            _ => Kind::Missing,
        },
        _ => Kind::Unreachable,
    };
    Error::new(kind, DOING).because(words(error)).hint(format!(
        "{REMEDY}; check that the network lets WebSockets out"
    ))
}
