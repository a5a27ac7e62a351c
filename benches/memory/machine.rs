//! A machine with slotbridge on it, a Zoom account with many bookings, and a calendar.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;

use serde_json::json;
use slotbridge::demo::account::{Account, AccountOptions, Server};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::calendars::{calendar, event};
use super::child::{self, Measured};
use super::servers::{self, Radicale};

/// Where entries are written to.
#[derive(Clone, Copy)]
pub enum Place {
    Directory,
    Radicale,
}

pub struct Machine {
    /// More tables of the configuration.
    tables: String,
    pub account: Account,
    home: TempDir,
    // They end in this order.
    calendar: Option<servers::Server>,
    served: Server,
    /// Which flow is on.
    flow: &'static str,
    _runtime: Runtime,
}

impl Machine {
    /// With so many bookings.
    pub fn with(place: Place, bookings: usize) -> Self {
        Self::new(place, bookings, "bookings")
    }

    /// With a directory of so many events, and no bookings.
    pub fn with_events(events: usize) -> Self {
        let machine = Self::new(Place::Directory, 0, "busy");
        for number in 0..events {
            machine.write_event(number, number);
        }
        machine
    }

    /// Every hundredth event becomes another one.
    pub fn move_a_hundredth(&self, events: usize) {
        for number in (0..events).step_by(100) {
            self.write_event(number, number + 3);
        }
    }

    fn write_event(&self, name: usize, number: usize) {
        let path = self.home.path().join(format!("calendar/{name}.ics"));
        let text =
            calendar(&event(number)).replace(&format!("UID:{number}@"), &format!("UID:{name}@"));
        fs::write(path, text).unwrap();
    }

    fn new(place: Place, bookings: usize, flow: &'static str) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let account = Account::new(AccountOptions::default());
        account.fill(bookings);
        for id in account.live_ids() {
            leave_out_attendee_id(&account, &id);
        }
        let served = runtime.block_on(account.serve()).unwrap();
        let home = tempfile::tempdir().unwrap();
        let calendar = match place {
            Place::Directory => None,
            Place::Radicale => Some(Radicale::start()),
        };
        let machine = Self {
            tables: String::new(),
            account,
            home,
            calendar,
            served,
            flow,
            _runtime: runtime,
        };
        machine.configure();
        machine
    }

    /// Runs `slotbridge sync`.
    pub fn pass(&self) -> Measured {
        let mut command = Command::new(child::binary());
        command
            .env_clear()
            .env("HOME", self.home.path())
            .arg("--config")
            .arg(self.config())
            .args(["sync", "--json"]);
        child::sync(&mut command, self.flow)
    }

    /// The host renames every hundredth booking; how many that are.
    pub fn change_a_hundredth(&self) -> usize {
        let ids = self.account.live_ids();
        let some = ids.iter().step_by(100);
        some.filter(|id| self.account.rename_summary(id, "Renamed"))
            .count()
    }

    /// With these tables in the configuration, too.
    #[allow(dead_code, reason = "each bench uses its part")]
    pub fn and(mut self, tables: &str) -> Self {
        tables.clone_into(&mut self.tables);
        self.configure();
        self
    }

    /// The daemon.
    #[allow(dead_code, reason = "each bench uses its part")]
    pub fn daemon(&self) -> Command {
        let mut command = Command::new(child::binary());
        command
            .env_clear()
            .env("HOME", self.home.path())
            .arg("--config")
            .arg(self.config())
            .arg("run");
        command
    }

    /// The calendar's server.
    #[allow(dead_code, reason = "each bench uses its part")]
    pub fn calendar(&self) -> Option<&servers::Server> {
        self.calendar.as_ref()
    }

    fn config(&self) -> PathBuf {
        self.home.path().join("config.toml")
    }

    fn configure(&self) {
        let options = self.account.options();
        let calendar = match &self.calendar {
            None => {
                let path = self.home.path().join("calendar");
                fs::create_dir_all(&path).unwrap();
                format!("kind = \"vdir\"\npath = \"{}\"\n", path.display())
            }
            Some(server) => {
                let (user, password) = server.login().unwrap();
                let url = server.calendar_url();
                format!(
                    "kind = \"caldav\"\nurl = \"{url}\"\nusername = \"{user}\"\npassword = \"{password}\"\n"
                )
            }
        };
        let flow = match self.flow {
            "busy" => "[host.busy]\nfrom = [\"work\"]\nto = \"zoom_calendar\"\nfuture = \"60d\"\n",
            _ => "[host.bookings]\ncalendar = \"work\"\n",
        };
        let text = format!(
            "state_dir = \"{}\"\n[zoom]\napi_url = \"{}\"\noauth_url = \"{}\"\nplan = \"business\"\nshare = 1.0\n\
             [zoom.auth]\nkind = \"server_to_server\"\nclient_id = \"{}\"\nclient_secret = \"{}\"\naccount_id = \"{}\"\n\
             {}[[calendar]]\nname = \"work\"\n{calendar}\
             [[host]]\nname = \"alice\"\nzoom_user = \"me\"\n{flow}",
            self.home.path().join("state").display(),
            self.served.api_url(),
            self.served.oauth_url(),
            options.client_id,
            options.client_secret,
            options.account_id,
            self.tables,
        );
        fs::write(self.config(), text).unwrap();
        fs::set_permissions(self.config(), fs::Permissions::from_mode(0o600)).unwrap();
    }
}

/// A new booking costs one request for the answers of its form, and Zoom's limit of 80 a second
/// would make the first pass of 100,000 bookings a matter of 20 minutes of waiting. Without the
/// id there is nothing to ask for.
fn leave_out_attendee_id(account: &Account, id: &str) {
    let event = account.event(id).unwrap();
    let booker = &event["attendees"][0];
    let attendees = json!([{
        "booker": true,
        "display_name": booker["display_name"],
        "email": booker["email"],
        "time_zone": booker["time_zone"],
    }]);
    assert!(account.set_raw(id, "attendees", attendees));
}
