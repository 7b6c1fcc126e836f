//! What a judge runs programs with: boxes and slots; real ones, or those that a test brings.

use std::sync::Arc;

use actix::prelude::*;
use nix::sched::{CpuSet, sched_getaffinity};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::unistd::Pid;
use tribunal_sandbox::{Config, Sandbox};

use super::{NodeConfig, StartError};
use crate::place::{Places, TakePlace};
use crate::runner::{Run, Runner};
use crate::toolchains::Toolchains;

/// Boxes, slots and toolchains.
pub struct Hands {
    /// Hands out boxes.
    pub places: Recipient<TakePlace>,
    /// The slots of each invoker.
    pub slots: Vec<Vec<Recipient<Run>>>,
    /// Which languages can be judged.
    pub toolchains: Toolchains,
    /// Whose boxes they are.
    pub sandbox: Option<Sandbox>,
}

impl Hands {
    /// Starts a sandbox and a slot for each core, and asks the toolchains for their versions.
    pub(super) async fn of_sandbox(config: &NodeConfig) -> Result<Self, StartError> {
        raise_descriptor_limit();
        let cores = usable_cores();
        let invokers = config.invokers.max(1);
        let each = config.runners.unwrap_or(cores.len() / invokers).max(1);
        let boxes = Config {
            agent: config.agent.clone(),
            ready: config.ready_boxes.unwrap_or(each * invokers + 1),
            isolation: config.isolation,
            allow_degraded: config.allow_degraded,
            ..Config::default()
        };
        let sandbox = tokio::task::spawn_blocking(move || Sandbox::start(boxes)).await??;
        let places = Places::new(Arc::new(sandbox.clone())).start().recipient();
        let mut slots = Vec::new();
        for invoker in 0..invokers {
            let mut own = Vec::new();
            for slot in invoker * each..(invoker + 1) * each {
                // More slots than cores share them as the kernel likes.
                let core = cores.get(slot).copied();
                let runner = Runner::start(slot, core).map_err(StartError::Slot)?;
                own.push(runner.recipient());
            }
            slots.push(own);
        }
        let toolchains =
            Toolchains::probe(&config.languages, config.only_languages.as_ref(), &places).await;
        Ok(Self {
            places,
            slots,
            toolchains,
            sandbox: Some(sandbox),
        })
    }
}

/// The cores that this process may use, by number.
fn usable_cores() -> Vec<usize> {
    match sched_getaffinity(Pid::from_raw(0)) {
        Ok(set) => (0..CpuSet::count())
            .filter(|&core| set.is_set(core).unwrap_or(false))
            .collect(),
        Err(error) => {
            log::warn!("the usable cores are not known, so one is used: {error}");
            vec![0]
        }
    }
}

/// Every cached file is a descriptor, and so is much of a box.
fn raise_descriptor_limit() {
    let raised = getrlimit(Resource::RLIMIT_NOFILE)
        .and_then(|(_, hard)| setrlimit(Resource::RLIMIT_NOFILE, hard, hard));
    if let Err(error) = raised {
        log::warn!("the limit on open files stays as it is: {error}");
    }
}
