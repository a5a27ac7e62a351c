//! A directory calendar on the bench.

use std::sync::Arc;

use async_trait::async_trait;
use slotbridge::adapters::vdir::Vdir;
use slotbridge::ports::calendar::Calendar;
use tempfile::TempDir;

use crate::bench::Bench;

pub struct Directory {
    directory: TempDir,
    calendar: Arc<Vdir>,
}

pub async fn open() -> Directory {
    let directory = tempfile::tempdir().expect("a directory");
    let calendar = Vdir::open(directory.path().to_owned()).expect("a calendar");
    Directory {
        directory,
        calendar: Arc::new(calendar),
    }
}

#[async_trait]
impl Bench for Directory {
    fn calendar(&self) -> Arc<dyn Calendar> {
        self.calendar.clone()
    }

    async fn put_raw(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.directory.path().join(name), bytes).expect("written");
    }

    async fn raw(&self, name: &str) -> Option<Vec<u8>> {
        std::fs::read(self.directory.path().join(name)).ok()
    }

    async fn remove(&self, name: &str) {
        std::fs::remove_file(self.directory.path().join(name)).expect("removed");
    }
}
