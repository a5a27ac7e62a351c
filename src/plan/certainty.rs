//! Whether all is known that busy time is made of.

/// How much of the busy time is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certainty {
    /// Every source was read, now or at some time before: what is not busy is free.
    Whole,
    /// Some source has never been read: what is not busy may still be. Nothing is opened.
    PartlyUnknown,
}
