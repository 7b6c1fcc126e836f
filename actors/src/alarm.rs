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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::paused::paused;

    /// Rings at each of its deadlines, and writes down when.
    struct Clock {
        began: Instant,
        deadlines: Vec<u64>,
        rung: Vec<u64>,
        alarm: Alarm,
    }

    impl Clock {
        fn wake(&mut self, ctx: &mut Context<Self>) {
            let now = u64::try_from(self.began.elapsed().as_millis()).unwrap();
            self.rung.push(now);
            self.deadlines.retain(|&due| due > now);
            self.set(ctx);
        }

        fn set(&mut self, ctx: &mut Context<Self>) {
            let first = self.deadlines.iter().min();
            let due = first.map(|&due| self.began + Duration::from_millis(due));
            self.alarm.set(ctx, due, Self::wake);
        }
    }

    impl Actor for Clock {
        type Context = Context<Self>;
    }

    #[derive(Message)]
    #[rtype(result = "Vec<u64>")]
    struct SetDeadlines(Vec<u64>);

    impl Handler<SetDeadlines> for Clock {
        type Result = Vec<u64>;

        fn handle(&mut self, msg: SetDeadlines, ctx: &mut Context<Self>) -> Vec<u64> {
            self.deadlines = msg.0;
            self.set(ctx);
            std::mem::take(&mut self.rung)
        }
    }

    fn rings(first: &[u64], then: &[u64]) -> Vec<u64> {
        paused(async {
            let clock = Clock {
                began: Instant::now(),
                deadlines: Vec::new(),
                rung: Vec::new(),
                alarm: Alarm::default(),
            };
            let clock = clock.start();
            clock.send(SetDeadlines(first.to_vec())).await.unwrap();
            clock.send(SetDeadlines(then.to_vec())).await.unwrap();
            tokio::time::sleep(Duration::from_secs(3600)).await;
            clock.send(SetDeadlines(Vec::new())).await.unwrap()
        })
    }

    #[test]
    fn it_rings_at_each_deadline_and_at_no_other_time() {
        assert_eq!(rings(&[5, 20, 60_000], &[5, 20, 60_000]), [5, 20, 60_000]);
    }

    #[test]
    fn an_earlier_or_a_later_deadline_takes_the_place_of_the_first() {
        assert_eq!(rings(&[100], &[50]), [50]);
        assert_eq!(rings(&[100], &[200]), [200]);
    }

    #[test]
    fn without_a_deadline_it_does_not_ring() {
        assert_eq!(rings(&[100], &[]), [] as [u64; 0]);
    }

    #[test]
    fn a_deadline_in_the_past_rings_at_once() {
        assert_eq!(rings(&[0], &[0]), [0]);
    }
}
