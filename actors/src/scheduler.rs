//! Which invoker runs which job, and when a waiting job may leave the invokers that it prefers.

mod exchange;
mod fair;
mod hash;
mod holders;
mod holdings;
mod index;
mod line;
mod pending;
mod picks;
mod places;
mod queue;
mod slab;

#[cfg(test)]
mod tests;

pub use exchange::{
    Action, Assignment, Handle, Outcome, PickToken, Picked, QueueLimits, Refused, Resolution,
    Scheduled,
};
pub use fair::{Fair, Offer, OfferId, UnknownOffer};
pub use holdings::{Finding, Heard, Holdings, InvokerStatus, Patience};
pub use pending::Stage;
pub use queue::Queue;
