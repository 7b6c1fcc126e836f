//! The one place that sends without waiting for an answer.

use actix::WeakRecipient;
use actix::dev::ToEnvelope;
use actix::prelude::*;

/// Tells an actor something; a receiver that has stopped is logged, since actix itself says nothing.
pub(crate) trait Tell<M> {
    /// Sends `msg` past every mailbox limit; queue limits belong into states, not mailboxes.
    fn tell(&self, msg: M);
}

impl<A, M> Tell<M> for Addr<A>
where
    A: Actor + Handler<M>,
    A::Context: ToEnvelope<A, M>,
    M: Message + Send + 'static,
    M::Result: Send,
{
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that sends without waiting"
    )]
    fn tell(&self, msg: M) {
        if self.connected() {
            self.do_send(msg);
        } else {
            log_undelivered::<M>();
        }
    }
}

impl<M> Tell<M> for Recipient<M>
where
    M: Message + Send + 'static,
    M::Result: Send,
{
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that sends without waiting"
    )]
    fn tell(&self, msg: M) {
        if self.connected() {
            self.do_send(msg);
        } else {
            log_undelivered::<M>();
        }
    }
}

impl<M> Tell<M> for WeakRecipient<M>
where
    M: Message + Send + 'static,
    M::Result: Send,
{
    fn tell(&self, msg: M) {
        match self.upgrade() {
            Some(recipient) => recipient.tell(msg),
            None => log_undelivered::<M>(),
        }
    }
}

fn log_undelivered<M>() {
    log::error!(
        "{} not delivered: the receiver has stopped",
        std::any::type_name::<M>()
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paused::paused;

    struct Ear {
        heard: usize,
    }

    impl Actor for Ear {
        type Context = Context<Self>;
    }

    #[derive(Message)]
    #[rtype(result = "()")]
    struct Word;

    impl Handler<Word> for Ear {
        type Result = ();

        fn handle(&mut self, _: Word, _: &mut Context<Self>) {
            self.heard += 1;
        }
    }

    #[derive(Message)]
    #[rtype(result = "usize")]
    struct CountWords;

    impl Handler<CountWords> for Ear {
        type Result = usize;

        fn handle(&mut self, _: CountWords, ctx: &mut Context<Self>) -> usize {
            ctx.stop();
            self.heard
        }
    }

    #[test]
    fn what_is_told_is_heard_past_every_limit_and_a_stopped_receiver_is_no_fault() {
        paused(async {
            let ear = Ear { heard: 0 }.start();
            for _ in 0..100 {
                ear.tell(Word);
            }
            ear.clone().recipient().tell(Word);
            ear.downgrade().recipient().tell(Word);
            assert_eq!(ear.send(CountWords).await.unwrap(), 102);
            while ear.connected() {
                tokio::task::yield_now().await;
            }
            ear.tell(Word);
        });
    }
}
