//! Everything that a contest knows: its clock, its scoreboard, what each team has submitted and what was asked. Every
//! time is an argument; nothing here reads a clock or waits.

use std::collections::{BTreeMap, HashMap, VecDeque};

use tribunal_problems::{
    Changed, Contest, Entry, EntryResult, LanguageId, Scoreboard, ScoreboardRules, TeamId, Viewer,
};

use super::clarifications::{Clarification, Clarifications, ClarifyError, NewClarification};
use super::clock::{Clock, ClockOrder, ClockRecord, ClockRefusal, ContestState};
use super::limits::Submitted;
use super::news::{Audience, ContestNews};
use super::records::Loaded;
use super::view::{ContestView, ProblemColumn, ScoreboardView, TeamView};
use super::{Admission, ContestRefusal};
use crate::ids::SubmissionId;

/// What the desk wants done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Action {
    /// Put this on the disk.
    Save(ClockRecord),
    /// Tell those whom it concerns.
    Tell(ContestNews, Audience),
}

/// A team's number and names.
pub(super) type Team = (TeamId, TeamView);

/// Whose submission it is, the problem's column and the contest time.
type Place = (TeamId, usize, u64);

#[derive(Debug)]
pub(super) struct Desk {
    contest: Contest,
    columns: Vec<ProblemColumn>,
    teams: BTreeMap<TeamId, TeamView>,
    clock: Clock,
    board: Scoreboard,
    submitted: Submitted,
    /// What counts.
    counted: HashMap<SubmissionId, Place>,
    clarifications: Clarifications,
    /// The state that everybody has been told of.
    told: ContestState,
    actions: VecDeque<Action>,
}

impl Desk {
    /// `problems` are the short names and the names of the contest's problems, in its order.
    pub(super) fn new(
        contest: Contest,
        problems: Vec<(String, String)>,
        teams: Vec<Team>,
        loaded: Loaded,
        now_ms: i64,
    ) -> Self {
        let clock = Clock::new(&contest, loaded.clock, now_ms);
        let rules = ScoreboardRules {
            kind: contest.kind,
            problems: problems.len(),
            freeze_at_ms: clock.freeze_at_ms(),
        };
        let board = Scoreboard::new(rules, teams.iter().map(|(id, _)| *id));
        let columns = contest.problems.iter().zip(problems);
        let columns = columns.map(|(problem, (id, name))| ProblemColumn {
            label: problem.label.clone(),
            colour: problem.colour.clone(),
            id,
            name,
        });
        let mut desk = Self {
            columns: columns.collect(),
            teams: teams.into_iter().collect(),
            told: clock.state(now_ms),
            clock,
            board,
            submitted: Submitted::default(),
            counted: HashMap::new(),
            clarifications: Clarifications::new(loaded.clarifications),
            actions: VecDeque::new(),
            contest,
        };
        if desk.clock.is_thawed() {
            desk.board.thaw();
        }
        for stored in loaded.entries {
            let Some(problem) = desk.column(&stored.problem) else {
                continue;
            };
            let (team, at_ms) = (stored.team, stored.contest_time_ms);
            let counts = at_ms < desk.clock.duration_ms();
            let cell = (team, problem);
            desk.submitted.add(cell, counts, stored.created_at_ms);
            if counts {
                desk.counted
                    .insert(stored.submission, (team, problem, at_ms));
                desk.record(stored.submission, stored.result);
            }
        }
        desk
    }

    pub(super) fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// The next wall time at which something happens by itself.
    pub(super) fn poll_timeout(&self, now_ms: i64) -> Option<i64> {
        self.clock.next_ms(now_ms)
    }

    pub(super) fn handle_timeout(&mut self, now_ms: i64) {
        if self.clock.handle_timeout(now_ms) {
            self.save();
        }
        self.tell_state(now_ms);
    }

    /// Obeys the jury, or says why not.
    pub(super) fn order(&mut self, order: ClockOrder, now_ms: i64) -> Result<(), ClockRefusal> {
        self.clock.order(order, now_ms)?;
        self.board.freeze_at(self.clock.freeze_at_ms());
        if self.clock.is_thawed() {
            self.board.thaw();
        }
        self.save();
        self.tell_state(now_ms);
        if matches!(order, ClockOrder::Extend(_)) {
            let state = self.told;
            self.tell(ContestNews::State { state }, Audience::Everyone);
        }
        if matches!(order, ClockOrder::Extend(_) | ClockOrder::Thaw) {
            self.tell(ContestNews::Scoreboard, Audience::Everyone);
        }
        Ok(())
    }

    /// Says whether a submission is taken now, and counts it at once; what is not stored is taken back.
    pub(super) fn admit(
        &mut self,
        viewer: Viewer,
        problem: &str,
        language: &LanguageId,
        now_ms: i64,
    ) -> Result<Admission, ContestRefusal> {
        let column = self.column(problem).ok_or(ContestRefusal::NotStarted)?;
        let of_jury = Admission {
            cell: None,
            contest_time_ms: None,
            counts: false,
            at_ms: now_ms,
        };
        let team = match viewer {
            Viewer::Jury => return Ok(of_jury),
            Viewer::Team(team) => Some(team),
            Viewer::Public => None,
        };
        let state = self.clock.state(now_ms);
        if state == ContestState::NotStarted {
            return Err(ContestRefusal::NotStarted);
        }
        let team = team.ok_or(ContestRefusal::Anonymous)?;
        if !self.teams.contains_key(&team) {
            return Err(ContestRefusal::NotATeam);
        }
        let counts = match state {
            ContestState::Paused => return Err(ContestRefusal::Paused),
            ContestState::Ended | ContestState::Thawed if self.contest.practice => false,
            ContestState::Ended | ContestState::Thawed => return Err(ContestRefusal::Over),
            ContestState::NotStarted | ContestState::Running | ContestState::Frozen => true,
        };
        if let Some(allowed) = &self.contest.languages
            && !allowed.contains(language)
        {
            return Err(ContestRefusal::Language(language.clone()));
        }
        let cell = (team, column);
        let mut limits = self.contest.limits;
        limits.per_problem = limits.per_problem.filter(|_| counts);
        self.submitted.check(&limits, cell, now_ms)?;
        self.submitted.add(cell, counts, now_ms);
        Ok(Admission {
            cell: Some(cell),
            contest_time_ms: self.clock.time_ms(now_ms),
            counts,
            at_ms: now_ms,
        })
    }

    /// An admitted submission was not stored, or had been stored before.
    pub(super) fn take_back(&mut self, admission: &Admission) {
        if let Some(cell) = admission.cell {
            self.submitted
                .take_back(cell, admission.counts, admission.at_ms);
        }
    }

    /// An admitted submission is stored.
    pub(super) fn entered(&mut self, id: SubmissionId, admission: &Admission) {
        let (Some((team, problem)), Some(at_ms)) = (admission.cell, admission.contest_time_ms)
        else {
            return;
        };
        if !admission.counts {
            return;
        }
        self.counted.insert(id, (team, problem, at_ms));
        let problem = self.columns[problem].label.clone();
        let news = ContestNews::Submitted {
            submission: id,
            team,
            problem,
        };
        self.tell(news, Audience::Everyone);
        let changed = self.record(id, None);
        self.tell_changed(changed, team);
    }

    /// A submission is judged, perhaps again.
    pub(super) fn judged(&mut self, id: SubmissionId, result: EntryResult) {
        let Some(&(team, problem, at_ms)) = self.counted.get(&id) else {
            return;
        };
        let news = ContestNews::Judged {
            submission: id,
            team,
            problem: self.columns[problem].label.clone(),
            verdict: result.verdict,
        };
        let is_hidden = self
            .clock
            .freeze_at_ms()
            .is_some_and(|freeze| at_ms >= freeze);
        let audience = if is_hidden && !self.clock.is_thawed() {
            Audience::TeamAndJury(team)
        } else {
            Audience::Everyone
        };
        self.tell(news, audience);
        let changed = self.record(id, Some(result));
        self.tell_changed(changed, team);
    }

    /// What is to be stored of what somebody says.
    pub(super) fn to_say(
        &self,
        new: NewClarification,
        now_ms: i64,
    ) -> Result<Clarification, ClarifyError> {
        let has_problem = |name: &str| self.column(name).is_some();
        let is_team = |team| self.teams.contains_key(&team);
        let state = self.clock.state(now_ms);
        let checked = self
            .clarifications
            .checked(new, state, has_problem, is_team)?;
        Ok(Clarification {
            at_ms: now_ms,
            time_ms: self.clock.time_ms(now_ms),
            ..checked
        })
    }

    /// It is stored.
    pub(super) fn said(&mut self, clarification: Clarification) {
        let audience = match (clarification.from, clarification.to) {
            (None, None) => Audience::Everyone,
            (Some(team), _) | (None, Some(team)) => Audience::TeamAndJury(team),
        };
        let id = clarification.id;
        self.clarifications.add(clarification);
        self.tell(ContestNews::Clarification { id }, audience);
    }

    pub(super) fn clarifications(&self, viewer: Viewer) -> Vec<Clarification> {
        self.clarifications.read_by(viewer)
    }

    /// The contest as this viewer sees it: before the start only the jury sees problems.
    pub(super) fn view(&self, viewer: Viewer, now_ms: i64) -> ContestView {
        let state = self.clock.state(now_ms);
        let sees_problems = viewer == Viewer::Jury || state != ContestState::NotStarted;
        let contest = &self.contest;
        ContestView {
            short_name: contest.short_name.clone(),
            name: contest.name.clone(),
            kind: contest.kind,
            state,
            now_ms,
            start_ms: self.clock.start_ms(),
            duration_ms: self.clock.duration_ms(),
            time_ms: self.clock.time_ms(now_ms),
            freeze_at_ms: self.clock.freeze_at_ms(),
            problems: if sees_problems {
                self.columns.clone()
            } else {
                Vec::new()
            },
            teams: self.teams.clone(),
            languages: contest.languages.clone(),
            limits: contest.limits,
            practice: contest.practice,
        }
    }

    pub(super) fn scoreboard(&self, viewer: Viewer, now_ms: i64) -> ScoreboardView {
        let contest = self.view(viewer, now_ms);
        let mut rows = self.board.rows(viewer);
        for row in &mut rows {
            row.cells.truncate(contest.problems.len());
        }
        ScoreboardView { contest, rows }
    }

    fn column(&self, problem: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.id == problem)
    }

    fn record(&mut self, id: SubmissionId, result: Option<EntryResult>) -> Changed {
        let Some(&(team, problem, at_ms)) = self.counted.get(&id) else {
            return Changed::default();
        };
        self.board.record(Entry {
            submission: id.0,
            team,
            problem,
            at_ms,
            result,
        })
    }

    fn save(&mut self) {
        let record = self.clock.record().clone();
        self.actions.push_back(Action::Save(record));
    }

    fn tell_state(&mut self, now_ms: i64) {
        let state = self.clock.state(now_ms);
        if state != self.told {
            self.told = state;
            self.tell(ContestNews::State { state }, Audience::Everyone);
        }
    }

    /// What the public does not see, the jury sees, and the team in its own row.
    fn tell_changed(&mut self, changed: Changed, team: TeamId) {
        if changed.public {
            self.tell(ContestNews::Scoreboard, Audience::Everyone);
        } else if changed.jury {
            self.tell(ContestNews::Scoreboard, Audience::TeamAndJury(team));
        }
    }

    fn tell(&mut self, news: ContestNews, audience: Audience) {
        self.actions.push_back(Action::Tell(news, audience));
    }
}

#[cfg(test)]
#[path = "desk_tests.rs"]
mod tests;
