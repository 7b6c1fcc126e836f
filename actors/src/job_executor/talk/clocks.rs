//! A talk's clocks: whose time runs, who has used up his, and when both wait for each other. Nothing here reads a clock or looks at a process.

use std::time::{Duration, Instant};

use tribunal_problems::Side;
use tribunal_sandbox::Repose;

/// Nobody is looked at while something was said so recently.
const QUIET: Duration = Duration::from_millis(20);
/// Both are seen to wait for so long before they are taken at their word.
const WAITING: Duration = Duration::from_millis(50);
/// The same where service threads look at the clock: one of them may be the program's own and about to go on.
const DROWSY: Duration = Duration::from_millis(500);

/// What each side may use, the program first.
#[derive(Debug, Clone, Copy)]
pub(in crate::job_executor) struct Allowed {
    /// Wall time, without that in which the other side is waited for.
    pub(in crate::job_executor) time: [Duration; 2],
    /// Bytes of output.
    pub(in crate::job_executor) output: [u64; 2],
}

/// Why the judge ends a talk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::job_executor) enum Halt {
    /// This side has used up its own time.
    Time(Side),
    /// This side has written too much.
    Output(Side),
    /// Each waits for the other, or for nothing that can come; it was this side's turn.
    Idle(Side),
}

impl Halt {
    pub(in crate::job_executor) fn side(self) -> Side {
        match self {
            Self::Time(side) | Self::Output(side) | Self::Idle(side) => side,
        }
    }
}

/// The clocks of one talk.
#[derive(Debug)]
pub(super) struct Clocks {
    allowed: Allowed,
    charged: [Duration; 2],
    ended: [bool; 2],
    /// Whose turn it is: who did not speak last.
    turn: Side,
    spoke: Instant,
    ticked: Instant,
    waiting_since: Option<Instant>,
}

impl Clocks {
    pub(super) fn new(allowed: Allowed, now: Instant) -> Self {
        Self {
            allowed,
            charged: [Duration::ZERO; 2],
            ended: [false; 2],
            turn: Side::Program,
            spoke: now,
            ticked: now,
            waiting_since: None,
        }
    }

    /// Both run from now on.
    pub(super) fn begin(&mut self, now: Instant) {
        self.spoke = now;
        self.ticked = now;
    }

    /// This side has said something, or something that it said has been read on.
    pub(super) fn spoke(&mut self, from: Side, now: Instant) {
        self.charge(now, [Repose::Unknown; 2]);
        self.turn = from.other();
        self.spoke = now;
        self.waiting_since = None;
    }

    /// This side will say nothing more.
    pub(super) fn ended(&mut self, side: Side, now: Instant) {
        self.charge(now, [Repose::Unknown; 2]);
        self.ended[side as usize] = true;
    }

    /// The time that was this side's own.
    pub(super) fn charged(&self, side: Side) -> Duration {
        self.charged[side as usize]
    }

    /// Charges the time since the last call, and says why the talk has to end, if it has.
    pub(super) fn tick(
        &mut self,
        now: Instant,
        written: [u64; 2],
        look: impl Fn(Side) -> Repose,
    ) -> Option<Halt> {
        let is_quiet = now.saturating_duration_since(self.spoke) >= QUIET;
        let talking = self.ended == [false; 2];
        let seen = if talking && is_quiet {
            [look(Side::Program), look(Side::Interactor)]
        } else {
            [Repose::Unknown; 2]
        };
        self.charge(now, seen);
        self.exceeded(written).or_else(|| self.idle(now, seen))
    }

    fn charge(&mut self, now: Instant, seen: [Repose; 2]) {
        let passed = now.saturating_duration_since(self.ticked);
        self.ticked = now;
        if let Some(side) = self.whose(seen) {
            self.charged[side as usize] += passed;
        }
    }

    /// Whose time it is: that of who is left; else that of whose turn it is, but an interactor that waits for the program's word is not
    /// made to pay, whoever spoke last.
    fn whose(&self, seen: [Repose; 2]) -> Option<Side> {
        match self.ended {
            [true, true] => None,
            [true, false] => Some(Side::Interactor),
            [false, true] => Some(Side::Program),
            [false, false] if at_stream(seen[1]) => Some(Side::Program),
            [false, false] => Some(self.turn),
        }
    }

    fn exceeded(&self, written: [u64; 2]) -> Option<Halt> {
        let sides = [Side::Program, Side::Interactor];
        let running = |side: &Side| !self.ended[*side as usize];
        let over_time =
            |side: &Side| self.charged[*side as usize] > self.allowed.time[*side as usize];
        let over_output =
            |side: &Side| written[*side as usize] > self.allowed.output[*side as usize];
        let find = |over: &dyn Fn(&Side) -> bool| {
            sides.into_iter().find(|side| running(side) && over(side))
        };
        find(&over_output)
            .map(Halt::Output)
            .or_else(|| find(&over_time).map(Halt::Time))
    }

    /// Both are seen to wait: the program is to blame if the interactor waits for its word, or for room to speak to it.
    fn idle(&mut self, now: Instant, seen: [Repose; 2]) -> Option<Halt> {
        let patience = match seen {
            [Repose::Waiting { .. }, Repose::Waiting { .. }] => WAITING,
            [
                Repose::Waiting { .. } | Repose::Drowsy,
                Repose::Waiting { .. } | Repose::Drowsy,
            ] => DROWSY,
            _ => {
                self.waiting_since = None;
                return None;
            }
        };
        let since = *self.waiting_since.get_or_insert(now);
        let side = if at_stream(seen[1]) {
            Side::Program
        } else {
            Side::Interactor
        };
        (now.saturating_duration_since(since) >= patience).then_some(Halt::Idle(side))
    }
}

fn at_stream(seen: Repose) -> bool {
    matches!(seen, Repose::Waiting { at_stream: true } | Repose::Drowsy)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);
    const AT_STREAM: Repose = Repose::Waiting { at_stream: true };
    const ELSEWHERE: Repose = Repose::Waiting { at_stream: false };

    struct Table {
        clocks: Clocks,
        now: Instant,
        written: [u64; 2],
    }

    impl Table {
        fn new() -> Self {
            let now = Instant::now();
            let allowed = Allowed {
                time: [1000 * MS, 2000 * MS],
                output: [100, 200],
            };
            Self {
                clocks: Clocks::new(allowed, now),
                now,
                written: [0; 2],
            }
        }

        fn spoke(&mut self, from: Side) {
            self.clocks.spoke(from, self.now);
        }

        /// Ticks every 10 ms for so long, or until there is a reason to end.
        fn pass(&mut self, time: Duration, seen: [Repose; 2]) -> Option<Halt> {
            let until = self.now + time;
            while self.now < until {
                self.now += 10 * MS;
                let look = |side: Side| seen[side as usize];
                if let Some(halt) = self.clocks.tick(self.now, self.written, look) {
                    return Some(halt);
                }
            }
            None
        }

        fn charged(&self) -> [u128; 2] {
            [Side::Program, Side::Interactor].map(|side| self.clocks.charged(side).as_millis())
        }
    }

    #[test]
    fn the_time_is_his_whose_turn_it_is() {
        let mut table = Table::new();
        let active = [Repose::Active; 2];
        assert_eq!(table.pass(100 * MS, active), None);
        table.spoke(Side::Program);
        assert_eq!(table.pass(500 * MS, active), None);
        table.spoke(Side::Interactor);
        assert_eq!(table.pass(50 * MS, active), None);
        assert_eq!(table.charged(), [150, 500]);
        assert_eq!(
            table.pass(5000 * MS, active),
            Some(Halt::Time(Side::Program))
        );
        assert_eq!(table.charged(), [1010, 500]);
    }

    #[test]
    fn half_a_line_does_not_pass_the_turn_on() {
        let mut table = Table::new();
        table.spoke(Side::Program);
        let halt = table.pass(5000 * MS, [Repose::Active, AT_STREAM]);
        assert_eq!(halt, Some(Halt::Time(Side::Program)));
        assert!(table.charged()[1] <= 20, "{:?}", table.charged());
    }

    #[test]
    fn an_interactor_that_thinks_too_long_is_ended_as_itself() {
        let mut table = Table::new();
        table.spoke(Side::Program);
        let halt = table.pass(5000 * MS, [AT_STREAM, Repose::Active]);
        assert_eq!(halt, Some(Halt::Time(Side::Interactor)));
        assert_eq!(table.charged(), [0, 2010]);
    }

    #[test]
    fn who_is_left_uses_his_own_time() {
        let mut table = Table::new();
        table.clocks.ended(Side::Interactor, table.now);
        let halt = table.pass(5000 * MS, [AT_STREAM, AT_STREAM]);
        assert_eq!(halt, Some(Halt::Time(Side::Program)));
        let mut table = Table::new();
        table.clocks.ended(Side::Program, table.now);
        let halt = table.pass(5000 * MS, [AT_STREAM, AT_STREAM]);
        assert_eq!(halt, Some(Halt::Time(Side::Interactor)));
    }

    #[test]
    fn both_waiting_is_seen_at_once_and_blamed_on_whose_word_is_waited_for() {
        let table = [
            ([AT_STREAM, AT_STREAM], Some(Side::Program), 80),
            ([ELSEWHERE, AT_STREAM], Some(Side::Program), 80),
            ([AT_STREAM, ELSEWHERE], Some(Side::Interactor), 80),
            ([Repose::Drowsy, AT_STREAM], Some(Side::Program), 530),
            ([AT_STREAM, Repose::Drowsy], Some(Side::Program), 530),
            ([Repose::Active, AT_STREAM], None, 0),
            ([AT_STREAM, Repose::Active], None, 0),
            ([Repose::Unknown, AT_STREAM], None, 0),
        ];
        for (seen, side, soonest) in table {
            let mut table = Table::new();
            let begin = table.now;
            let halt = table.pass(900 * MS, seen);
            assert_eq!(halt, side.map(Halt::Idle), "{seen:?}");
            let took = table.now - begin;
            assert!(
                halt.is_none() || took <= (soonest + 10) * MS,
                "{seen:?} {took:?}"
            );
        }
    }

    #[test]
    fn a_word_or_a_move_begins_the_wait_anew() {
        let mut table = Table::new();
        for _ in 0..5 {
            assert_eq!(table.pass(60 * MS, [AT_STREAM, AT_STREAM]), None);
            table.spoke(Side::Interactor);
            assert_eq!(table.pass(60 * MS, [AT_STREAM, AT_STREAM]), None);
            table.spoke(Side::Program);
        }
        let mut table = Table::new();
        for _ in 0..10 {
            assert_eq!(table.pass(50 * MS, [AT_STREAM, AT_STREAM]), None);
            assert_eq!(table.pass(10 * MS, [Repose::Active, AT_STREAM]), None);
        }
    }

    #[test]
    fn too_much_output_ends_whoever_wrote_it() {
        let mut table = Table::new();
        table.written = [100, 200];
        assert_eq!(table.pass(50 * MS, [Repose::Active; 2]), None);
        table.written = [101, 200];
        let halt = table.pass(50 * MS, [Repose::Active; 2]);
        assert_eq!(halt, Some(Halt::Output(Side::Program)));
        table.written = [0, 201];
        let halt = table.pass(50 * MS, [Repose::Active; 2]);
        assert_eq!(halt, Some(Halt::Output(Side::Interactor)));
    }
}
