//! The questions about what is kept in step: bookings, busy time, working hours.

use super::super::terminal;
use super::ask;
use super::interview::{Interview, Then, after, tell};
use super::places::{Chosen, Use};
use crate::app::check;
use crate::app::failure::Failure;
use crate::app::interview::{Calendar, Host, Place};
use crate::domain::ids::CalendarName;

impl Interview<'_> {
    pub(super) async fn ask_calendars(&mut self) -> Result<(), Failure> {
        let question = "\nIn which calendar shall the bookings stand?";
        let others = self.ask_calendar(question, Use::Bookings).await?;
        self.ask_busy(others).await?;
        let question =
            "Keep the working hours of Zoom in the calendar of the bookings, too, both ways?";
        if ask::yes(question, false).await? {
            let host = self.host_mut();
            host.hours.clone_from(&host.bookings);
        }
        self.try_all().await
    }

    /// Asks for a calendar until one works or is kept all the same. The others on its server.
    async fn ask_calendar(&mut self, question: &str, used: Use) -> Result<Vec<Calendar>, Failure> {
        loop {
            let Some(Chosen {
                mut calendar,
                others,
            }) = self.ask_place(question, used).await?
            else {
                continue;
            };
            let usual = self.answers.free_name(&calendar.name);
            let name = "What shall the configuration call it?";
            calendar.name = ask::line(name, Some(&usual)).await?;
            if self.add(calendar, used).await? {
                return Ok(others);
            }
        }
    }

    /// Adds a calendar and tries it; whether it stays.
    async fn add(&mut self, calendar: Calendar, used: Use) -> Result<bool, Failure> {
        let before = self.answers.clone();
        let name = calendar.name.clone();
        self.answers.calendars.push(calendar);
        match used {
            Use::Bookings => self.host_mut().bookings = Some(name.clone()),
            Use::Busy => self.host_mut().busy.push(name.clone()),
        }
        let stays = match self.without_mistakes()? {
            None => false,
            Some(settings) => {
                let last = self.answers.calendars.last().map(|last| &last.place);
                // What is not there yet, or not logged in to, cannot be tried.
                if let Some(Place::Directory { make: Some(_), .. } | Place::Google { .. }) = last {
                    return Ok(true);
                }
                terminal::print("trying it …\n")?;
                let name = CalendarName::new(&*name);
                let items = check::calendar(&settings, &name, &self.context.clock).await;
                match tell(&items)? {
                    Ok(()) => true,
                    Err(failure) => after(&failure).await? == Then::Keep,
                }
            }
        };
        if !stays {
            self.answers = before;
        }
        Ok(stays)
    }

    async fn ask_busy(&mut self, others: Vec<Calendar>) -> Result<(), Failure> {
        terminal::print(
            "\nEvents of your calendars can take their time off the booking page. Zoom learns when you are busy, and no word more.\n",
        )?;
        let bookings = self.host_mut().bookings.clone();
        if let Some(bookings) = bookings {
            let question = format!("Do the events in {bookings} make you busy?");
            if ask::yes(&question, true).await? {
                self.host_mut().busy.push(bookings);
            }
        }
        if !others.is_empty() {
            let choices: Vec<String> = others.iter().map(|one| one.remark.clone()).collect();
            let question = "Which of the others there make you busy, too?";
            for number in ask::some_of(question, &choices).await? {
                let Some(mut other) = others.get(number).cloned() else {
                    continue;
                };
                other.name = self.answers.free_name(&other.name);
                terminal::print(&format!("  {}:\n", other.name))?;
                self.add(other, Use::Busy).await?;
            }
        }
        while ask::yes("Is there another calendar that makes you busy?", false).await? {
            self.ask_calendar("Where is it?", Use::Busy).await?;
        }
        Ok(())
    }

    /// Tries what the app may do for everything that was chosen. The answers stay as they are.
    async fn try_all(&mut self) -> Result<(), Failure> {
        let settings = self.settings()?;
        settings.warnings.iter().for_each(|one| terminal::warn(one));
        let app = self.answers.app.as_ref();
        if app.is_none_or(|app| app.account_id.is_none()) {
            return Ok(());
        }
        terminal::print("\ntrying what Zoom lets the app do for this …\n")?;
        let items = check::zoom(&settings, &self.context.clock).await;
        if let Err(failure) = tell(&items)? {
            terminal::print(&format!(
                "this does not work yet; the configuration is written all the same:\n{failure}\n"
            ))?;
        }
        Ok(())
    }

    fn host_mut(&mut self) -> &mut Host {
        self.answers.host.get_or_insert_default()
    }
}
