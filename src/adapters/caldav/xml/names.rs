//! The properties and values that are asked for or looked at.

use super::{Name, Space};

pub(in super::super) const CALENDAR: Name = (Space::Caldav, "calendar");
pub(in super::super) const CALENDAR_AVAILABILITY: Name = (Space::Caldav, "calendar-availability");
pub(in super::super) const CALENDAR_COLOR: Name = (Space::Apple, "calendar-color");
pub(in super::super) const CALENDAR_DATA: Name = (Space::Caldav, "calendar-data");
pub(in super::super) const CALENDAR_HOME_SET: Name = (Space::Caldav, "calendar-home-set");
pub(in super::super) const COLLECTION: Name = (Space::Dav, "collection");
pub(in super::super) const COMP: Name = (Space::Caldav, "comp");
pub(in super::super) const COMPONENTS: Name = (Space::Caldav, "supported-calendar-component-set");
pub(in super::super) const CTAG: Name = (Space::CalendarServer, "getctag");
pub(in super::super) const CONTENT_TYPE: Name = (Space::Dav, "getcontenttype");
pub(in super::super) const DISPLAY_NAME: Name = (Space::Dav, "displayname");
pub(in super::super) const ETAG: Name = (Space::Dav, "getetag");
pub(in super::super) const HREF: Name = (Space::Dav, "href");
pub(in super::super) const PRINCIPAL: Name = (Space::Dav, "current-user-principal");
pub(in super::super) const PRIVILEGES: Name = (Space::Dav, "current-user-privilege-set");
pub(in super::super) const REPORTS: Name = (Space::Dav, "supported-report-set");
pub(in super::super) const RESOURCE_TYPE: Name = (Space::Dav, "resourcetype");
pub(in super::super) const SCHEDULE_INBOX: Name = (Space::Caldav, "schedule-inbox-URL");
pub(in super::super) const SYNC_COLLECTION: Name = (Space::Dav, "sync-collection");
pub(in super::super) const SYNC_TOKEN: Name = (Space::Dav, "sync-token");
pub(in super::super) const WRITES: [Name; 4] = [
    (Space::Dav, "all"),
    (Space::Dav, "write"),
    (Space::Dav, "write-content"),
    (Space::Dav, "bind"),
];
