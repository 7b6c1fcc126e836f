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
