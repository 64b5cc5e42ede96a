//! Everything that can happen to a session, one after another.

use std::sync::mpsc::Sender;

use super::inputs::Look;
use super::reader::{Ready, Seen};
use super::work::Done;
use crate::cli::signals::Heard;
use crate::run::Record;
use crate::watch::Noticed;

/// Something that happened.
pub(super) enum Event {
    /// On disk.
    Noticed(Noticed),
    /// The apps were read and checked.
    Seen(Box<Seen>),
    /// What belongs to the apps is in place as well; the reader has time again.
    Ready(Ready),
    /// In a run.
    Ran(Box<Record>),
    /// What guards and datasources read now.
    Looked(Look),
    /// A run is over.
    Done(Box<Done>),
    /// Somebody pressed a key.
    Key(u8),
    /// A signal came.
    Heard(Heard),
}

/// Brings events; clones bring them to the same session.
pub(super) type Bringer = Sender<Event>;
