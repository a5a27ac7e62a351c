//! A directory whose busy time is wanted: listed and read, never written to, not even to sweep up
//! what a power cut left there.

use std::path::PathBuf;

use async_trait::async_trait;

use super::folder::Folder;
use super::{Files, Vdir};
use crate::domain::ids::{Cursor, Href};
use crate::domain::window::Window;
use crate::ports::calendar::Listing;
use crate::ports::error::Result;
use crate::ports::meter::Meter;
use crate::ports::source::{Source, SourceObject};

/// A directory as a source of busy time. It needs no right to write.
#[derive(Debug)]
pub struct VdirSource(Vdir);

impl VdirSource {
    /// A source in this directory; asked with each call whether it is there, as [`Vdir::open`]
    /// does.
    ///
    /// # Errors
    /// `Local` when something else than a directory stands there.
    pub fn open(path: PathBuf) -> Result<Self> {
        Ok(Self(Vdir::open(path)?))
    }
}

#[async_trait]
impl Source for VdirSource {
    /// Always a full listing, whatever `around` is: all of it is on this machine.
    async fn list(&self, _since: Option<&Cursor>, _around: Window) -> Result<Box<dyn Listing>> {
        let (files, identity) = self.0.work("listing a directory", Folder::look).await?;
        Ok(Box::new(Files::new(&self.0.folder, files, identity)))
    }

    async fn read(&self, hrefs: &[Href]) -> Result<Vec<SourceObject>> {
        if hrefs.is_empty() {
            return Ok(Vec::new());
        }
        let hrefs = hrefs.to_vec();
        self.0
            .work("reading events", move |folder| {
                let objects = hrefs.iter().map(|href| folder.read_timing(href)).collect();
                // Only a directory that is there proves that a file is not.
                folder.is_there()?;
                Ok(objects)
            })
            .await
    }

    fn meter(&self) -> &Meter {
        &self.0.meter
    }
}
