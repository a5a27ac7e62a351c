//! The XML of CalDAV servers: nothing panics or grows, and an answer that was cut off is never
//! taken for a shorter one.

#![no_main]

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use libfuzzer_sys::fuzz_target;
use slotbridge::adapters::caldav::answer::{Said, read};
use tokio::io::{AsyncBufRead, BufReader};
use url::Url;

/// What is in memory never has to be waited for.
fn said(body: impl AsyncBufRead + Unpin) -> Option<Vec<Said>> {
    let collection = Url::parse("https://dav.example.org/alice/work/").expect("an address");
    let mut reading = pin!(read(&collection, body));
    match reading
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()))
    {
        Poll::Ready(said) => said.ok(),
        Poll::Pending => panic!("it waits for nothing"),
    }
}

fuzz_target!(|input: &[u8]| {
    // The first two bytes say where it is torn, and where it ends too early.
    let [piece, cut, body @ ..] = input else {
        return;
    };
    let whole = said(body);
    let pieces = said(BufReader::with_capacity(usize::from(piece % 64) + 1, body));
    assert_eq!(whole, pieces, "how it is torn into pieces says nothing");
    let shorter = &body[..body.len() * usize::from(*cut) / 256];
    if let Some(shorter) = said(shorter) {
        assert_eq!(Some(shorter), whole, "cut off, and taken for a shorter one");
    }
});
