//! Access tokens of an app (RFC 6749): asked for once, durable before they are used, renewed by one
//! caller for all. Zoom's, and those of calendars that want such tokens.

/// Gives out access tokens.
pub mod authority;
mod endpoint;
/// An access token that a daemon lends to a command.
pub mod lending;
mod login;
/// The app, and the words for it.
pub mod party;
mod shared;
mod store;
mod works;

pub use authority::{AccessToken, Authority};
pub use endpoint::Scopes;
pub use lending::{Grant, Lent};
pub use party::{Party, Way, Words};
pub use shared::finished;
