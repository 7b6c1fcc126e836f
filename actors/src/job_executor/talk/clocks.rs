//! A talk's clocks: whose time runs, who has used up his, and when both wait for each other. Nothing here reads a clock or looks at a process.

use std::time::{Duration, Instant};

use tribunal_problems::Side;
use tribunal_sandbox::Repose;

use super::party::Party;

/// So far apart at least everybody is looked at; with more parties, as much further.
const LOOK: Duration = Duration::from_millis(10);
/// So many can be looked at in a moment.
const PARTIES: u32 = 4;
/// All are seen to wait for so long before they are taken at their word.
const WAITING: Duration = Duration::from_millis(50);
/// The same where service threads look at the clock: one of them may be the program's own and about to go on.
const DROWSY: Duration = Duration::from_millis(500);

/// What a party of each side may use, a program first.
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
    /// This party has used up its own time.
    Time(Party),
    /// This party has written too much.
    Output(Party),
    /// Each waits for another, or for nothing that can come; it was this party's turn.
    Idle(Party),
}

impl Halt {
    pub(in crate::job_executor) fn party(self) -> Party {
        match self {
            Self::Time(party) | Self::Output(party) | Self::Idle(party) => party,
        }
    }
}

/// The clocks of one talk. Lists have the interactor behind the programs.
#[derive(Debug)]
pub(super) struct Clocks {
    allowed: Allowed,
    charged: Vec<Duration>,
    /// From when on it is not yet decided whose time it was.
    since: Vec<Instant>,
    ended: Vec<bool>,
    /// Whose turn it is in each program's conversation: who did not speak last.
    turns: Vec<Side>,
    looked: Instant,
    /// What the last look has shown, as long as nothing was said since.
    seen: Option<Vec<Repose>>,
    /// Which programs, at the last look, waited though they had been answered: for room to say more, and not for a word.
    deaf: Vec<bool>,
    /// The program that spoke last.
    asked: Option<usize>,
    /// The interactor's own time since it spoke last, and the most that it has been.
    alone: Duration,
    alone_most: Duration,
    waiting_since: Option<Instant>,
}

impl Clocks {
    pub(super) fn new(allowed: Allowed, programs: usize, now: Instant) -> Self {
        Self {
            allowed,
            charged: vec![Duration::ZERO; programs + 1],
            since: vec![now; programs + 1],
            ended: vec![false; programs + 1],
            turns: vec![Side::Program; programs],
            looked: now,
            seen: None,
            deaf: vec![false; programs],
            asked: None,
            alone: Duration::ZERO,
            alone_most: Duration::ZERO,
            waiting_since: None,
        }
    }

    /// All run from now on.
    pub(super) fn begin(&mut self, now: Instant) {
        self.since.fill(now);
        self.looked = now;
    }

    /// In this program's conversation this side has said something, or something that it said has been read on. If it was its turn, the
    /// time was its own; whose it was else the next look shows. A program that does not listen pays for being answered.
    pub(super) fn spoke(&mut self, program: usize, from: Side, now: Instant) {
        let own = Party::Program(program);
        if self.turns[program] == from {
            match from {
                Side::Program => self.settle(own, now, true),
                Side::Interactor => {
                    let is_heard = !self.deaf[program];
                    self.settle(Party::Interactor, now, is_heard);
                    if !is_heard {
                        self.settle(own, now, true);
                    }
                }
            }
        }
        if from == Side::Program {
            self.asked = Some(program);
        } else {
            self.alone = Duration::ZERO;
        }
        self.turns[program] = from.other();
        self.seen = None;
        self.waiting_since = None;
    }

    /// This party will say nothing more.
    pub(super) fn ended(&mut self, party: Party, now: Instant) {
        self.charge(now, &[]);
        let place = party.place(self.programs());
        self.ended[place] = true;
    }

    /// The time that was this party's own.
    pub(super) fn charged(&self, party: Party) -> Duration {
        self.charged[party.place(self.programs())]
    }

    /// Looks at everybody from time to time, and charges the time since by what it sees. To be called before what was said is passed on:
    /// whoever waited for it until now is then seen to. `has_unread`: whether this program has not yet read all that was said to it.
    pub(super) fn look(
        &mut self,
        now: Instant,
        look: impl Fn(Party) -> Repose,
        has_unread: impl Fn(usize) -> bool,
    ) {
        let parties = u32::try_from(self.programs()).unwrap_or(u32::MAX);
        let pause = LOOK * parties.div_ceil(PARTIES).max(1);
        if now.saturating_duration_since(self.looked) < pause {
            return;
        }
        self.looked = now;
        let talking = !self.is_over(Party::Interactor) && self.has_programs();
        let seen: Vec<Repose> = if talking {
            let seen = |party| match self.is_over(party) {
                true => Repose::Unknown,
                false => look(party),
            };
            self.parties().map(seen).collect()
        } else {
            Vec::new()
        };
        for (program, deaf) in self.deaf.iter_mut().enumerate() {
            let waits = seen.get(program).is_some_and(|seen| at_stream(*seen));
            *deaf = waits && has_unread(program);
        }
        self.charge(now, &seen);
        self.seen = Some(seen);
    }

    /// Why the talk has to end, if it has.
    pub(super) fn halt(&mut self, now: Instant, written: &[u64]) -> Option<Halt> {
        let seen = self.seen.take();
        self.exceeded(written)
            .or_else(|| seen.and_then(|seen| self.idle(now, &seen)))
    }

    fn programs(&self) -> usize {
        self.turns.len()
    }

    fn parties(&self) -> impl Iterator<Item = Party> + use<> {
        Party::all(self.programs())
    }

    fn is_over(&self, party: Party) -> bool {
        self.ended[party.place(self.programs())]
    }

    /// Whether any program is left.
    fn has_programs(&self) -> bool {
        self.ended[..self.programs()].contains(&false)
    }

    fn charge(&mut self, now: Instant, seen: &[Repose]) {
        for party in self.parties() {
            let is_its_time = !self.is_over(party) && self.is_its_time(party, seen);
            self.settle(party, now, is_its_time);
        }
    }

    /// Decides whether the time up to now was this party's.
    fn settle(&mut self, party: Party, now: Instant, is_its_time: bool) {
        let place = party.place(self.programs());
        let since = std::mem::replace(&mut self.since[place], now);
        if is_its_time {
            let own = now.saturating_duration_since(since);
            self.charged[place] += own;
            if party == Party::Interactor {
                self.alone += own;
                self.alone_most = self.alone_most.max(self.alone);
            }
        }
    }

    /// Whose time it is: that of who is left; else that of whose turn it is, unless it is seen to wait for the other side's word,
    /// whoever spoke last. If both wait, a lone program pays.
    fn is_its_time(&self, party: Party, seen: &[Repose]) -> bool {
        let programs = self.programs();
        let waits = |place: usize| {
            let is_deaf = self.deaf.get(place).is_some_and(|deaf| *deaf);
            !is_deaf && seen.get(place).is_some_and(|seen| at_stream(*seen))
        };
        match party {
            Party::Program(_) if self.is_over(Party::Interactor) => true,
            Party::Program(program) => match (waits(program), waits(programs)) {
                (true, both) => both && programs == 1,
                (false, true) => true,
                (false, false) => self.deaf[program] || self.turns[program] == Side::Program,
            },
            Party::Interactor if !self.has_programs() => true,
            Party::Interactor if waits(programs) => false,
            Party::Interactor => (0..programs)
                .filter(|program| !self.ended[*program] && !self.deaf[*program])
                .any(|program| waits(program) || self.turns[program] == Side::Interactor),
        }
    }

    fn exceeded(&self, written: &[u64]) -> Option<Halt> {
        let over_time =
            |party: &Party| self.charged(*party) > self.allowed.time[party.side() as usize];
        let over_output = |party: &Party| {
            written[party.place(self.programs())] > self.allowed.output[party.side() as usize]
        };
        let find = |over: &dyn Fn(&Party) -> bool| {
            self.parties()
                .find(|party| !self.is_over(*party) && over(party))
        };
        find(&over_output).map(Halt::Output).or_else(|| {
            let late = find(&over_time)?;
            let asker = (late == Party::Interactor)
                .then(|| self.asker(self.allowed.time[Side::Interactor as usize]));
            Some(Halt::Time(asker.flatten().unwrap_or(late)))
        })
    }

    /// Who is to blame where the interactor has used up so much time: one that lives and has asked without end, whoever spoke last.
    /// Nobody, if the interactor was half of that about one answer, or about its beginning.
    pub(super) fn asker(&self, used_up: Duration) -> Option<Party> {
        let asker = self.asked.filter(|program| !self.ended[*program])?;
        (self.alone_most <= used_up / 2).then_some(Party::Program(asker))
    }

    /// All who are left are seen to wait: a program is to blame if the interactor waits for its word, or for room to speak to it.
    fn idle(&mut self, now: Instant, seen: &[Repose]) -> Option<Halt> {
        let left: Vec<(Party, Repose)> = self
            .parties()
            .zip(seen.iter().copied())
            .filter(|(party, _)| !self.is_over(*party))
            .collect();
        let all = |fits: fn(&Repose) -> bool| left.iter().all(|(_, seen)| fits(seen));
        let patience = match () {
            () if left.is_empty() => None,
            () if all(|seen| matches!(seen, Repose::Waiting { .. })) => Some(WAITING),
            () if all(|seen| matches!(seen, Repose::Waiting { .. } | Repose::Drowsy)) => {
                Some(DROWSY)
            }
            () => None,
        };
        let Some(patience) = patience else {
            self.waiting_since = None;
            return None;
        };
        let since = *self.waiting_since.get_or_insert(now);
        let hears_nothing = left
            .last()
            .is_some_and(|(party, seen)| *party == Party::Interactor && at_stream(*seen));
        let blamed = if hears_nothing {
            self.whose_turn()
        } else {
            Party::Interactor
        };
        (now.saturating_duration_since(since) >= patience).then_some(Halt::Idle(blamed))
    }

    /// The first program whose turn it is, else the first that is left.
    fn whose_turn(&self) -> Party {
        let left = (0..self.programs()).filter(|program| !self.ended[*program]);
        let spoken_to = left.clone().find(|one| self.turns[*one] == Side::Program);
        let found = spoken_to.or_else(|| left.clone().next());
        found.map_or(Party::Interactor, Party::Program)
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
        written: Vec<u64>,
        unread: Vec<bool>,
    }

    impl Table {
        fn new() -> Self {
            Self::of(1)
        }

        fn of(programs: usize) -> Self {
            let now = Instant::now();
            let allowed = Allowed {
                time: [1000 * MS, 2000 * MS],
                output: [100, 200],
            };
            Self {
                clocks: Clocks::new(allowed, programs, now),
                now,
                written: vec![0; programs + 1],
                unread: vec![false; programs],
            }
        }

        fn spoke(&mut self, from: Side) {
            self.clocks.spoke(0, from, self.now);
        }

        /// Ticks every 10 ms for so long, or until there is a reason to end.
        fn pass(&mut self, time: Duration, seen: impl AsRef<[Repose]>) -> Option<Halt> {
            let until = self.now + time;
            while self.now < until {
                self.now += 10 * MS;
                let programs = self.written.len() - 1;
                let look = |party: Party| seen.as_ref()[party.place(programs)];
                self.clocks
                    .look(self.now, look, |program| self.unread[program]);
                if let Some(halt) = self.clocks.halt(self.now, &self.written) {
                    return Some(halt);
                }
            }
            None
        }

        fn charged(&self) -> Vec<u128> {
            let parties = Party::all(self.written.len() - 1);
            let charged = parties.map(|party| self.clocks.charged(party).as_millis());
            charged.collect()
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
            Some(Halt::Time(Party::Program(0)))
        );
        assert_eq!(table.charged(), [1010, 500]);
    }

    #[test]
    fn half_a_line_does_not_pass_the_turn_on() {
        let mut table = Table::new();
        table.spoke(Side::Program);
        let halt = table.pass(5000 * MS, [Repose::Active, AT_STREAM]);
        assert_eq!(halt, Some(Halt::Time(Party::Program(0))));
        assert!(table.charged()[1] <= 20, "{:?}", table.charged());
    }

    #[test]
    fn an_interactor_that_thinks_too_long_is_ended_as_itself() {
        let mut table = Table::new();
        table.spoke(Side::Program);
        let halt = table.pass(5000 * MS, [AT_STREAM, Repose::Active]);
        assert_eq!(halt, Some(Halt::Time(Party::Interactor)));
        assert_eq!(table.charged(), [0, 2010]);
    }

    #[test]
    fn an_interactor_that_has_not_said_a_word_yet_thinks_on_its_own_time() {
        let mut table = Table::new();
        let halt = table.pass(5000 * MS, [AT_STREAM, Repose::Active]);
        assert_eq!(halt, Some(Halt::Time(Party::Interactor)));
        assert!(table.charged()[0] <= 20, "{:?}", table.charged());
    }

    #[test]
    fn who_is_left_uses_his_own_time() {
        let mut table = Table::new();
        table.clocks.ended(Party::Interactor, table.now);
        let halt = table.pass(5000 * MS, [AT_STREAM, AT_STREAM]);
        assert_eq!(halt, Some(Halt::Time(Party::Program(0))));
        let mut table = Table::new();
        table.clocks.ended(Party::Program(0), table.now);
        let halt = table.pass(5000 * MS, [AT_STREAM, AT_STREAM]);
        assert_eq!(halt, Some(Halt::Time(Party::Interactor)));
    }

    #[test]
    fn both_waiting_is_seen_at_once_and_blamed_on_whose_word_is_waited_for() {
        let table = [
            ([AT_STREAM, AT_STREAM], Some(Party::Program(0)), 80),
            ([ELSEWHERE, AT_STREAM], Some(Party::Program(0)), 80),
            ([AT_STREAM, ELSEWHERE], Some(Party::Interactor), 80),
            ([Repose::Drowsy, AT_STREAM], Some(Party::Program(0)), 530),
            ([AT_STREAM, Repose::Drowsy], Some(Party::Program(0)), 530),
            ([Repose::Active, AT_STREAM], None, 0),
            ([AT_STREAM, Repose::Active], None, 0),
            ([Repose::Unknown, AT_STREAM], None, 0),
        ];
        for (seen, party, soonest) in table {
            let mut table = Table::new();
            let begin = table.now;
            let halt = table.pass(900 * MS, seen);
            assert_eq!(halt, party.map(Halt::Idle), "{seen:?}");
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
            assert_eq!(table.pass(50 * MS, [AT_STREAM, AT_STREAM]), None);
            table.spoke(Side::Interactor);
            assert_eq!(table.pass(50 * MS, [AT_STREAM, AT_STREAM]), None);
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
        table.written = vec![100, 200];
        assert_eq!(table.pass(50 * MS, [Repose::Active; 2]), None);
        table.written = vec![101, 200];
        let halt = table.pass(50 * MS, [Repose::Active; 2]);
        assert_eq!(halt, Some(Halt::Output(Party::Program(0))));
        table.written = vec![0, 201];
        let halt = table.pass(50 * MS, [Repose::Active; 2]);
        assert_eq!(halt, Some(Halt::Output(Party::Interactor)));
    }

    #[test]
    fn of_several_programs_each_has_a_clock_of_its_own() {
        let mut table = Table::of(2);
        table.clocks.spoke(0, Side::Program, table.now);
        // The first has said its word and waits; the second still thinks, and the interactor waits for it.
        let seen = [AT_STREAM, Repose::Active, AT_STREAM];
        assert_eq!(table.pass(300 * MS, seen), None);
        assert_eq!(table.charged(), [0, 300, 0]);
        table.clocks.spoke(1, Side::Program, table.now);
        // Now the interactor thinks.
        let seen = [AT_STREAM, AT_STREAM, Repose::Active];
        assert_eq!(table.pass(200 * MS, seen), None);
        assert_eq!(table.charged(), [0, 300, 200]);
        table.clocks.spoke(0, Side::Interactor, table.now);
        table.clocks.spoke(1, Side::Interactor, table.now);
        let halt = table.pass(5000 * MS, [Repose::Active; 3]);
        assert_eq!(halt, Some(Halt::Time(Party::Program(1))));
        assert_eq!(table.charged(), [710, 1010, 200]);
    }

    #[test]
    fn several_are_idle_when_all_who_are_left_wait() {
        let mut table = Table::of(3);
        table.clocks.spoke(0, Side::Interactor, table.now);
        table.clocks.spoke(1, Side::Program, table.now);
        table.clocks.spoke(2, Side::Interactor, table.now);
        table.clocks.ended(Party::Program(0), table.now);
        let thinks = [Repose::Unknown, AT_STREAM, Repose::Active, AT_STREAM];
        assert_eq!(table.pass(500 * MS, thinks), None);
        let waits = [Repose::Unknown, AT_STREAM, ELSEWHERE, AT_STREAM];
        let halt = table.pass(500 * MS, waits);
        assert_eq!(halt, Some(Halt::Idle(Party::Program(2))));
        let mut table = Table::of(2);
        let halt = table.pass(500 * MS, [AT_STREAM, AT_STREAM, ELSEWHERE]);
        assert_eq!(halt, Some(Halt::Idle(Party::Interactor)));
    }

    #[test]
    fn who_does_not_listen_pays_for_the_answers() {
        // It asks and asks, until there is no room for a question, and reads no answer.
        let mut table = Table::new();
        table.unread = vec![true];
        table.clocks.spoke(0, Side::Program, table.now);
        let mut halt = None;
        for _ in 0..500 {
            table.spoke(Side::Interactor);
            halt = table.pass(10 * MS, [AT_STREAM, Repose::Active]);
            table.spoke(Side::Program);
            if halt.is_some() {
                break;
            }
        }
        assert_eq!(halt, Some(Halt::Time(Party::Program(0))));
        assert!(table.charged()[1] <= 20, "{:?}", table.charged());
        // When both wait it is idleness all the same.
        let mut table = Table::new();
        table.unread = vec![true];
        let halt = table.pass(900 * MS, [AT_STREAM, AT_STREAM]);
        assert_eq!(halt, Some(Halt::Idle(Party::Program(0))));
    }

    #[test]
    fn who_asks_without_end_is_late_and_not_who_answers() {
        let waits = [AT_STREAM, Repose::Active];
        let mut table = Table::new();
        let mut halt = None;
        for _ in 0..500 {
            table.spoke(Side::Program);
            halt = table.pass(10 * MS, waits);
            table.spoke(Side::Interactor);
            if halt.is_some() {
                break;
            }
        }
        assert_eq!(halt, Some(Halt::Time(Party::Program(0))));
        assert_eq!(table.charged()[0], 0);
        // One answer that takes half of it is the interactor's fault, whenever that was; so is its beginning.
        for slow_at in 0..4 {
            let mut table = Table::new();
            let mut halt = None;
            for at in 0..500 {
                let time = if at == slow_at { 1100 * MS } else { 10 * MS };
                halt = table.pass(time, waits);
                table.spoke(Side::Interactor);
                if halt.is_some() {
                    break;
                }
                table.spoke(Side::Program);
            }
            assert_eq!(halt, Some(Halt::Time(Party::Interactor)), "{slow_at}");
        }
        // Who has ended asks no more.
        let mut table = Table::new();
        for _ in 0..100 {
            table.spoke(Side::Program);
            assert_eq!(table.pass(10 * MS, waits), None);
            table.spoke(Side::Interactor);
        }
        table.clocks.ended(Party::Program(0), table.now);
        let halt = table.pass(5000 * MS, waits);
        assert_eq!(halt, Some(Halt::Time(Party::Interactor)));
    }

    #[test]
    fn who_only_waits_does_not_pay_for_what_others_say() {
        // An interactor that speaks again and again, and a program that reads all of it.
        let mut table = Table::new();
        for _ in 0..500 {
            table.spoke(Side::Interactor);
            assert_eq!(table.pass(10 * MS, [AT_STREAM, Repose::Active]), None);
            if table.charged()[1] > 1900 {
                break;
            }
        }
        assert_eq!(table.charged()[0], 0);
        // A program to which nobody has spoken yet, while the other one talks.
        let mut table = Table::of(2);
        for _ in 0..50 {
            table.spoke(Side::Program);
            table.now += 5 * MS;
            table.spoke(Side::Interactor);
            let seen = [Repose::Active, AT_STREAM, AT_STREAM];
            assert_eq!(table.pass(5 * MS, seen), None);
        }
        assert_eq!(table.charged()[1], 0, "{:?}", table.charged());
    }
}
