//! One operation as it stands in the table: asked, and told.

use serde_json::{Map, Value, json};

use super::super::{Context, terminal};
use super::connection::Connection;
use super::typed::Typed;
use super::{agreed, availability, pages, show, table};
use crate::adapters::zoom::operations::{self, Listed, Operation};
use crate::adapters::zoom::raw::{Request, Verb};
use crate::app::failure::{Exit, Failure};

/// Does what was typed, with this body to begin with.
pub(super) async fn run(
    context: &Context,
    typed: &Typed,
    own_body: Option<Map<String, Value>>,
) -> Result<Exit, Failure> {
    let operation = typed.operation;
    let mut request = typed.request(own_body.clone(), None)?;
    if operation.ends.is_some() {
        agreed::to(&operation.doing(&request.ids), typed.agrees())?;
    }
    let connection = Connection::open(context, &typed.common)?;
    if operation.resource == "availability" && operation.verb == "create" {
        connection.ensure_own()?;
    }
    if operation.resource == "users" && request.ids.is_empty() {
        request.ids.push(("userId", connection.user.clone()));
    }
    if let Some(listed) = operation.listed {
        return list(&connection, typed, &request, listed).await;
    }
    if operation.method == Verb::Patch && typed.names_days() {
        let page = read(&connection, operation, &request).await?;
        let week = page.get("segments_recurrence");
        request = typed.request(own_body, week)?;
    }
    let answer = connection.ask(operation, &request).await;
    let answer = answer.map_err(|failure| match operation.resource {
        "availability" => availability::explained(&connection, failure),
        _ => failure,
    })?;
    if operation.method == Verb::Get {
        show::one(typed, &answer)?;
        return Ok(Exit::Done);
    }
    if operation.resource == "schedules" && operation.ends.is_none() {
        return pages::made(&connection, typed, &request, answer).await;
    }
    wrote(typed, &request, &answer)?;
    Ok(Exit::Done)
}

async fn list(
    connection: &Connection,
    typed: &Typed,
    request: &Request,
    listed: Listed,
) -> Result<Exit, Failure> {
    let items = connection
        .list(typed.operation, request, typed.limit())
        .await?;
    if typed.common.json {
        terminal::print_json(&json!({ listed.member: items }))?;
    } else if items.is_empty() {
        terminal::print(&format!("no {}\n", typed.operation.object))?;
    } else {
        terminal::print(&table::lines(&show::rows(typed.operation, &items)))?;
    }
    Ok(Exit::Done)
}

/// What an operation is about to change, as it is.
async fn read(
    connection: &Connection,
    operation: &Operation,
    request: &Request,
) -> Result<Value, Failure> {
    let Some(get) = operations::find(operation.resource, "get") else {
        return Ok(Value::Null);
    };
    let whose = request.query.iter().filter(|(name, _)| get.takes(name));
    let request = Request {
        ids: request.ids.clone(),
        query: whose.cloned().collect(),
        body: None,
    };
    connection.ask(get, &request).await
}

/// Says what was made, changed or ended.
fn wrote(typed: &Typed, request: &Request, answer: &Value) -> Result<(), Failure> {
    let operation = typed.operation;
    let id = request.ids.last().map(|(_, id)| id.as_str());
    let json = match (operation.ends, operation.method) {
        (Some(ends), _) => json!({ ends.done: id }),
        (None, Verb::Patch) => json!({"changed": id, "set": request.body}),
        (None, _) => answer.clone(),
    };
    if typed.common.json {
        return terminal::print_json(&json);
    }
    let words = match (operation.ends, operation.method) {
        (Some(ends), _) => ends.done.to_owned(),
        (None, Verb::Patch) => {
            let set = request.body.as_ref().and_then(Value::as_object);
            let names: Vec<&str> = set
                .into_iter()
                .flat_map(Map::keys)
                .map(String::as_str)
                .collect();
            format!(
                "changed {}: {}",
                operation.object(&request.ids),
                names.join(", ")
            )
        }
        (None, _) => {
            let made = ["scheduling_url", "availability_id"];
            let made = made.map(|name| table::word(answer, name)).concat();
            if made.is_empty() {
                "made".to_owned()
            } else {
                made
            }
        }
    };
    terminal::print(&format!("{words}\n"))
}
