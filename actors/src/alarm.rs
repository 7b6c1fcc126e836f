//! The one timer of an actor.

use actix::prelude::*;
use tokio::time::Instant;

/// Wakes its actor at the earliest deadline of the actor's state.
///
/// An actor has one of these and no other timer: actix polls every item of a context on every wake-up
/// (`ACTIX.md` 2.3), so deadlines live in the state.
#[derive(Debug, Default)]
pub(crate) struct Alarm {
    armed: Option<(Instant, SpawnHandle)>,
}

impl Alarm {
    /// Has `ring` called at `due`, and at no other time. Costs nothing while the deadline stays the same.
    ///
    /// `ring` is called at `due` or up to one millisecond later; it finds out itself what is due.
    pub(crate) fn set<A>(
        &mut self,
        ctx: &mut Context<A>,
        due: Option<Instant>,
        ring: fn(&mut A, &mut Context<A>),
    ) where
        A: Actor<Context = Context<A>>,
    {
        let now = Instant::now();
        let still_armed = self.armed.filter(|&(at, _)| now < at);
        if due.is_some() && still_armed.map(|(at, _)| at) == due {
            return;
        }
        if let Some((_, handle)) = self.armed.take() {
            ctx.cancel_future(handle);
        }
        self.armed = due.map(|at| {
            let left = at.saturating_duration_since(now);
            (at, ctx.run_later(left, ring))
        });
    }
}
