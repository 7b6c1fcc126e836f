//! Builds take turns: part B of the scheduler's scenarios, on a small generator of jobs.

use std::collections::{BTreeMap, BTreeSet};

use crate::scheduler::fair::{Fair, Offer, OfferId, UnknownOffer};

/// A piece of work of a judge: compile first, then every test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Work {
    Compile,
    Test(u32),
}

/// The builds and what they still wait for.
struct Judge {
    fair: Fair<u32, Work>,
    /// Tests by build, and how many of them are to be done.
    builds: BTreeMap<u32, (u32, u32)>,
    finished: Vec<u32>,
}

impl Judge {
    fn new(tests: &[u32]) -> Self {
        let mut fair = Fair::new(64);
        for build in (1..).take(tests.len()) {
            fair.push(build, Work::Compile);
        }
        Self {
            fair,
            builds: (1..)
                .zip(tests.iter().map(|&tests| (tests, tests)))
                .collect(),
            finished: Vec::new(),
        }
    }

    fn ask(&mut self) -> Option<Offer<u32, Work>> {
        self.fair.next_offer()
    }

    fn complete(&mut self, offer: OfferId) -> Result<(), UnknownOffer> {
        let (build, work) = self.fair.complete(offer)?;
        let (tests, left) = self.builds.get_mut(&build).unwrap();
        match work {
            Work::Compile => {
                for test in 1..=*tests {
                    self.fair.push(build, Work::Test(test));
                }
            }
            Work::Test(_) => *left -= 1,
        }
        if *left == 0 {
            self.builds.remove(&build);
            self.finished.push(build);
        }
        Ok(())
    }

    /// Asks for a job and completes it, so many times; says how many asks were in vain.
    fn cycles(&mut self, count: usize) -> usize {
        let offers = (0..count).map(|_| match self.ask() {
            Some(offer) => {
                self.complete(offer.id).unwrap();
                0
            }
            None => 1,
        });
        offers.sum()
    }
}

#[test]
fn m_1_b1_two_submissions_are_worked_off() {
    let mut judge = Judge::new(&[2, 2]);
    assert!(judge.cycles(7) <= 1);
    assert_eq!(judge.finished.len(), 2);
    assert!(judge.fair.is_empty() && judge.builds.is_empty());
}

#[test]
fn m_1_b2_a_big_submission_does_not_starve_a_small_one() {
    let mut judge = Judge::new(&[500, 10]);
    judge.cycles(22);
    assert_eq!(judge.finished, [2]);
    judge.cycles(491);
    assert_eq!(judge.finished, [2, 1]);
    assert!(judge.fair.is_empty());
}

#[test]
fn m_2_b3_rescheduled_work_comes_first_under_a_new_number() {
    let mut judge = Judge::new(&[1, 1]);
    let first = judge.ask().unwrap();
    judge.fair.reschedule(first.id).unwrap();
    let again = judge.ask().unwrap();
    assert_eq!((again.build, again.work), (first.build, first.work));
    assert_ne!(again.id, first.id);
    assert_eq!(judge.complete(again.id), Ok(()));
}

#[test]
fn m_2_b4_rescheduled_work_comes_before_the_other_submission() {
    let mut judge = Judge::new(&[1, 1]);
    let first = judge.ask().unwrap();
    judge.fair.reschedule(first.id).unwrap();
    assert_eq!(judge.ask().unwrap().build, 1);
    assert_eq!(judge.ask().unwrap().build, 2);
}

#[test]
fn m_2_b5_a_stale_result_is_refused() {
    let mut judge = Judge::new(&[1, 1]);
    let first = judge.ask().unwrap();
    judge.fair.reschedule(first.id).unwrap();
    let again = judge.ask().unwrap();
    assert_eq!(judge.complete(again.id), Ok(()));
    assert_eq!(judge.complete(first.id), Err(UnknownOffer(first.id)));
    assert_eq!(judge.fair.reschedule(again.id), Err(UnknownOffer(again.id)));
}

#[test]
fn m_2_b6_work_may_be_rescheduled_many_times() {
    let mut judge = Judge::new(&[1, 1]);
    for _ in 0..4 {
        let mut ids = BTreeSet::new();
        let first = judge.ask().unwrap();
        let mut offer = first.clone();
        ids.insert(offer.id);
        for _ in 0..99 {
            judge.fair.reschedule(offer.id).unwrap();
            offer = judge.ask().unwrap();
            assert_eq!(offer.build, first.build);
            ids.insert(offer.id);
        }
        assert_eq!(ids.len(), 100);
        judge.complete(offer.id).unwrap();
    }
    assert!(judge.fair.is_empty() && judge.builds.is_empty());
}

#[test]
fn m_2_b7_a_result_of_unknown_work_is_refused() {
    let mut judge = Judge::new(&[1]);
    let unknown = judge.ask().unwrap().id;
    let mut empty = Judge::new(&[]);
    assert_eq!(empty.complete(unknown), Err(UnknownOffer(unknown)));
    assert!(empty.ask().is_none());
}

#[test]
fn m_builds_with_ready_work_get_one_offer_each_in_every_m() {
    let mut fair = Fair::new(1_000);
    for build in 0..7 {
        for work in 0..20 * (build + 1) {
            fair.push(build, work);
        }
    }
    for _ in 0..20 {
        let round: BTreeSet<u32> = (0..7).map(|_| fair.next_offer().unwrap().build).collect();
        assert_eq!(round.len(), 7);
    }
}

#[test]
fn twice_as_many_jobs_as_slots_are_on_offer_at_most() {
    let mut fair = Fair::new(2);
    for work in 0..10 {
        fair.push((), work);
    }
    let offers: Vec<OfferId> = std::iter::from_fn(|| fair.next_offer())
        .map(|o| o.id)
        .collect();
    assert_eq!(offers.len(), 4);
    fair.complete(offers[0]).unwrap();
    assert!(fair.next_offer().is_some());
    assert!(fair.next_offer().is_none());
    fair.set_slots(3);
    assert_eq!(std::iter::from_fn(|| fair.next_offer()).count(), 2);
    assert_eq!((fair.on_offer(), fair.ready()), (6, 3));
}

#[test]
fn a_build_that_ends_leaves_nothing() {
    let mut fair = Fair::new(4);
    for work in 0..5 {
        fair.push('a', work);
        fair.push('b', work);
    }
    let mine = fair.next_offer().unwrap();
    let again = fair.next_offer().unwrap();
    let third = fair.next_offer().unwrap();
    fair.reschedule(third.id).unwrap();
    assert_eq!(fair.forget('a'), [mine]);
    let left: BTreeSet<char> = std::iter::from_fn(|| fair.next_offer())
        .map(|o| o.build)
        .collect();
    assert_eq!(left, BTreeSet::from(['b']));
    assert_eq!((fair.on_offer(), fair.ready()), (5, 0));
    assert_eq!(again.build, 'b');
}
