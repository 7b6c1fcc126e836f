//! uncmp: two sequences of integers as multisets.
//!
//! The numbers are not kept: each adds its keyed hash to a sum of 128 bits, one side up and the other down, and the
//! multisets are equal if nothing is left. The keys are drawn for each comparison, so that nobody can choose numbers that
//! cancel out.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

use super::Streams;
use super::integers::int64;
use super::report::{Outcome, Report, Stop, quit};
use super::text::Text;

/// What the message shows: all of so many, else two from each end.
const ALL_SHOWN: usize = 5;
const ENDS_SHOWN: usize = 2;

/// What is known of the numbers of one side.
#[derive(Default)]
struct Seen {
    count: u64,
    smallest: Vec<i64>,
    largest: Vec<i64>,
}

/// uncmp.
pub(super) fn multiset(streams: &mut Streams<'_>) -> Result<Report, Stop> {
    let Streams { output, answer } = streams;
    let keys = [RandomState::new(), RandomState::new()];
    let mut sums = [0_u64; 2];
    let mut word = Text::whole();
    let mut wanted = Seen::default();
    while !answer.seek_end()? {
        let number = int64(answer, &mut word)?;
        wanted.add(number);
        for (sum, key) in sums.iter_mut().zip(&keys) {
            *sum = sum.wrapping_add(key.hash_one(number));
        }
    }
    let mut got = 0_u64;
    while !output.seek_end()? {
        let number = int64(output, &mut word)?;
        got += 1;
        for (sum, key) in sums.iter_mut().zip(&keys) {
            *sum = sum.wrapping_sub(key.hash_one(number));
        }
    }
    let count = wanted.count;
    Ok(match () {
        () if count != got => quit(
            Outcome::Wrong,
            format!("Expected {count} elements, but {got} found"),
        ),
        () if sums != [0, 0] => quit(
            Outcome::Wrong,
            format!(
                "Expected sequence and output are different (as unordered sequences) [size={count}]"
            ),
        ),
        () => quit(Outcome::Ok, wanted.message()),
    })
}

impl Seen {
    fn add(&mut self, number: i64) {
        self.count += 1;
        insert(&mut self.smallest, number, ALL_SHOWN, |one, other| {
            one <= other
        });
        insert(&mut self.largest, number, ENDS_SHOWN, |one, other| {
            one >= other
        });
    }

    fn message(&self) -> String {
        let head = match self.count {
            0 => return "empty sequence".to_owned(),
            1 => "1 number:".to_owned(),
            count => format!("{count} numbers (in increasing order):"),
        };
        let words = |numbers: &mut dyn Iterator<Item = &i64>| -> String {
            numbers.map(|number| format!(" {number}")).collect()
        };
        if self.count <= ALL_SHOWN as u64 {
            return head + &words(&mut self.smallest.iter());
        }
        let first = words(&mut self.smallest.iter().take(ENDS_SHOWN));
        let last = words(&mut self.largest.iter().rev());
        format!("{head}{first} ...{last}")
    }
}

/// Puts a number where it belongs among the first `max` of them.
fn insert(numbers: &mut Vec<i64>, number: i64, max: usize, comes_first: fn(&i64, &i64) -> bool) {
    if numbers.len() == max
        && numbers
            .last()
            .is_some_and(|last| comes_first(last, &number))
    {
        return;
    }
    let at = numbers.partition_point(|one| comes_first(one, &number));
    numbers.insert(at, number);
    numbers.truncate(max);
}
