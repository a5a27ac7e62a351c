//! Values that are packed: the database is a quarter of what it would be, and so is what sled keeps of
//! it in memory.
//!
//! ```text
//! length of the value (u16, little-endian), LZ4 block against DICTIONARY
//! ```
//!
//! What is kept of a booking is a kilobyte, nearly all of which stands in every other one, too.

use std::io;

use lz4_flex::block::{compress_with_dict, decompress_with_dict};

/// What records say again and again. A part of the format: a byte that changes here makes every packed
/// value unreadable, so that another one wants another form and another schema.
const DICTIONARY: &[u8] = include_bytes!("packed.dictionary");

/// Shorter values (bytes) are hardly made shorter.
const SHORT: usize = 64;

/// The value packed, where that is worth it.
pub(super) fn pack(value: &[u8]) -> Option<Vec<u8>> {
    let length = u16::try_from(value.len()).ok()?;
    if value.len() < SHORT {
        return None;
    }
    let block = compress_with_dict(value, DICTIONARY);
    let packed = [length.to_le_bytes().as_slice(), &block].concat();
    (packed.len() < value.len()).then_some(packed)
}

/// The value that was packed so.
pub(super) fn unpack(packed: &[u8]) -> io::Result<Vec<u8>> {
    let damaged = || io::Error::new(io::ErrorKind::InvalidData, "a packed value is damaged");
    let (length, block) = packed.split_first_chunk().ok_or_else(damaged)?;
    let length = usize::from(u16::from_le_bytes(*length));
    let value = decompress_with_dict(block, length, DICTIONARY).map_err(|_| damaged())?;
    if value.len() == length {
        Ok(value)
    } else {
        Err(damaged())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sha2::{Digest, Sha256};

    use super::*;
    use crate::adapters::store::export::hex;

    #[test]
    fn the_dictionary_is_the_one_that_values_were_packed_with() {
        let digest = hex(Sha256::new_with_prefix(DICTIONARY));
        assert_eq!(
            digest,
            "f58155857a0b0cc22fa27060e7c727ae6ef619ec3e7b6e22b78e0419678e3cad"
        );
    }

    #[test]
    fn what_is_kept_of_a_booking_takes_half_and_less() {
        let value = br#"{"booking":"k4jd82","uid":"k4jd82@scheduler.slotbridge","href":"k4jd82@scheduler.slotbridge.ics","etag":"\"77\"","sequence":3,"base":{"time":{"text":"2027-01-05T08:00:00Z/2027-01-05T08:45:00Z"},"status":{"text":"CONFIRMED"},"summary":{"text":"Consultation: Nadia"},"about":{"text":"Booked by: Nadia <nadia@example.net>\nTime zone: Europe/Oslo\n"},"notes":{"text":""},"location":{"text":""},"url":{"text":""},"conference":{"text":""},"attendees":{"text":""}},"booking_print":"00ff","policy_print":"ff00","start":"2027-01-05T08:00:00Z","end":"2027-01-05T08:45:00Z","pair":"0f0f","manage_url":null,"updated":"2026-12-30T11:12:13Z","pending":null,"standing":"live"}"#;
        let packed = pack(value).unwrap();
        assert!(packed.len() < value.len() / 2, "{} bytes", packed.len());
        assert_eq!(unpack(&packed).unwrap(), value);
    }

    #[test]
    fn what_packing_makes_longer_is_not_packed() {
        let noise: Vec<u8> = (0..40u8).flat_map(|n| Sha256::digest([n])).collect();
        assert_eq!(pack(&noise), None);
        assert_eq!(pack(b"true"), None);
        assert_eq!(pack(&vec![b'a'; 1 << 16]), None);
    }

    proptest! {
        #[test]
        fn a_packed_value_comes_back(value in proptest::collection::vec(any::<u8>(), 0..400), again in 1..20usize) {
            let value = value.repeat(again);
            if let Some(packed) = pack(&value) {
                prop_assert_eq!(unpack(&packed).unwrap(), value);
            }
        }

        #[test]
        fn damaged_bytes_are_an_error_or_another_value_of_that_length(
            mut packed in Just(pack(&DICTIONARY.repeat(2)).unwrap()),
            hits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
            end in any::<prop::sample::Index>(),
        ) {
            for (at, byte) in hits {
                let at = at.index(packed.len());
                packed[at] = byte;
            }
            packed.truncate(end.index(packed.len()) + 1);
            let told = packed.first_chunk().map(|length| usize::from(u16::from_le_bytes(*length)));
            prop_assert!(unpack(&packed).map_or(true, |value| Some(value.len()) == told));
        }
    }
}
