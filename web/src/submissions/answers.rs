//! What was told last of submissions that are judged. It stays the same until one is judged again, and whoever waits for a
//! verdict asks often.

use std::sync::{Mutex, PoisonError};

use actix_web::web::Bytes;
use lru::LruCache;
use tribunal_actors::{AccountId, Changes, SubmissionId};

/// Bytes of all answers that are kept.
const BYTES_MAX: usize = 32 << 20;

/// What one answer takes beside its own bytes.
const BYTES_EACH: usize = 200;

/// The answer about a judged submission.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    /// Whose it is.
    pub(super) owner: Option<AccountId>,
    /// The answer.
    pub(super) json: Bytes,
    /// The count of changes before it was read.
    pub(super) changes: u64,
}

/// The answers that were asked for last.
#[derive(Debug)]
pub(crate) struct Answers {
    changes: Changes,
    kept: Mutex<Kept>,
}

#[derive(Debug)]
struct Kept {
    answers: LruCache<SubmissionId, Answer>,
    bytes: usize,
}

impl Answers {
    /// None yet; they are as good as no judgement has taken the place of another.
    pub(crate) fn new(changes: Changes) -> Self {
        let kept = Kept {
            answers: LruCache::unbounded(),
            bytes: 0,
        };
        Self {
            changes,
            kept: Mutex::new(kept),
        }
    }

    /// To be asked before what will be kept is read.
    pub(super) fn changes(&self) -> u64 {
        self.changes.count()
    }

    /// What is still true of this submission.
    pub(super) fn get(&self, id: SubmissionId) -> Option<Answer> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = kept.answers.get(&id)?;
        (answer.changes == self.changes.count()).then(|| answer.clone())
    }

    /// Keeps what was told of a judged submission.
    pub(super) fn put(&self, id: SubmissionId, answer: Answer) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.bytes += size(&answer);
        if let Some((_, old)) = kept.answers.push(id, answer) {
            kept.bytes -= size(&old);
        }
        while kept.bytes > BYTES_MAX
            && let Some((_, oldest)) = kept.answers.pop_lru()
        {
            kept.bytes -= size(&oldest);
        }
    }
}

fn size(answer: &Answer) -> usize {
    answer.json.len() + BYTES_EACH
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(bytes: usize, changes: u64) -> Answer {
        Answer {
            owner: None,
            json: vec![b'x'; bytes].into(),
            changes,
        }
    }

    #[test]
    fn what_was_read_before_a_change_is_not_told_after_it() {
        let changes = Changes::default();
        let answers = Answers::new(changes.clone());
        let before = answers.changes();
        let id = SubmissionId(1);
        answers.put(id, answer(10, before));
        assert!(answers.get(id).is_some());
        changes.add();
        assert!(answers.get(id).is_none());
        // It was read before, and comes to be kept only now.
        answers.put(id, answer(10, before));
        assert!(answers.get(id).is_none());
        answers.put(id, answer(10, answers.changes()));
        assert!(answers.get(id).is_some());
    }

    #[test]
    fn those_asked_for_longest_ago_make_room() {
        let answers = Answers::new(Changes::default());
        let (first, second) = (SubmissionId(1), SubmissionId(2));
        for id in [first, second] {
            answers.put(id, answer(BYTES_MAX / 2 - BYTES_EACH, 0));
        }
        assert!(answers.get(first).is_some());
        answers.put(SubmissionId(3), answer(1, 0));
        assert!(answers.get(second).is_none());
        assert!(answers.get(first).is_some());
        answers.put(first, answer(1, 0));
        let kept = answers.kept.lock().unwrap();
        assert_eq!(kept.bytes, 2 * (1 + BYTES_EACH));
    }
}
