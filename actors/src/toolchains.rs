//! Which languages can be judged here: each toolchain is asked for its version, in a box.
//!
//! The version is part of every compile's name, so that a new compiler compiles afresh.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use actix::Recipient;
use tribunal_problems::{LanguageId, Languages, MissingToolchain, Probe, Toolchain};
use tribunal_sandbox::{Cancel, Ending, Input, Limits, Outcome, Output, Program, Spec};

use crate::chain::chain;
use crate::place::{Place, PlaceFault, TakePlace};

/// A toolchain that is there and says its version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbedToolchain {
    /// The language's commands.
    pub toolchain: Toolchain,
    /// The version as the toolchain prints it.
    pub version: String,
}

/// Why a language cannot be judged here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// A program is not there.
    #[error(transparent)]
    Missing(#[from] MissingToolchain),
    /// Nobody has looked, since only others were asked for.
    #[error("it is not among the languages that are used here")]
    Unused,
    /// It is there and does not answer as it should.
    #[error("{command} does not print a version: {reason}")]
    Broken {
        /// What was run.
        command: String,
        /// What happened instead.
        reason: String,
    },
}

/// Every known language, and whether it can be judged here.
#[derive(Debug, Clone, Default)]
pub struct Toolchains {
    by_id: BTreeMap<LanguageId, Result<Arc<ProbedToolchain>, Unusable>>,
}

impl Toolchains {
    /// Looks for the programs of every language on this host and asks each for its version in a box.
    /// With `only`, those alone: asking takes time.
    pub async fn probe(
        languages: &Languages,
        only: Option<&BTreeSet<LanguageId>>,
        places: &Recipient<TakePlace>,
    ) -> Self {
        let mut by_id = BTreeMap::new();
        let mut versions: BTreeMap<Vec<String>, Result<String, Unusable>> = BTreeMap::new();
        for language in languages.all_with_internal() {
            // What packages are judged with is always used.
            let is_used =
                |only: &BTreeSet<LanguageId>| language.internal || only.contains(&language.id);
            let usable = match language.toolchain(Path::exists) {
                _ if only.is_some_and(|only| !is_used(only)) => Err(Unusable::Unused),
                Err(missing) => Err(Unusable::Missing(missing)),
                Ok(toolchain) => {
                    let command = toolchain.probe_command();
                    if !versions.contains_key(&command) {
                        let version = ask_version(&toolchain, &command, places).await;
                        versions.insert(command.clone(), version);
                    }
                    versions[&command]
                        .clone()
                        .map(|version| Arc::new(ProbedToolchain { toolchain, version }))
                }
            };
            by_id.insert(language.id.clone(), usable);
        }
        Self { by_id }
    }

    /// Takes every language for usable in this version, for tests without compilers.
    #[must_use]
    pub fn assumed(languages: &Languages, version: &str) -> Self {
        let assume = |toolchain| {
            let version = version.to_owned();
            Arc::new(ProbedToolchain { toolchain, version })
        };
        let by_id = languages.all_with_internal().map(|language| {
            let usable = language.toolchain(|_| true).map(assume);
            (language.id.clone(), usable.map_err(Unusable::Missing))
        });
        Self {
            by_id: by_id.collect(),
        }
    }

    /// The toolchain of a language; `None`: no such language is known.
    #[must_use]
    pub fn get(&self, id: &LanguageId) -> Option<&Result<Arc<ProbedToolchain>, Unusable>> {
        self.by_id.get(id)
    }

    /// Every language, in the order of the ids.
    pub fn all(
        &self,
    ) -> impl Iterator<Item = (&LanguageId, &Result<Arc<ProbedToolchain>, Unusable>)> {
        self.by_id.iter()
    }
}

async fn ask_version(
    toolchain: &Toolchain,
    command: &[String],
    places: &Recipient<TakePlace>,
) -> Result<String, Unusable> {
    let broken = |reason: String| Unusable::Broken {
        command: command.join(" "),
        reason,
    };
    let place = match places.send(TakePlace::default()).await {
        Ok(Ok(place)) => place,
        Ok(Err(fault)) => return Err(broken(chain(&fault))),
        Err(_) => return Err(broken("the sandbox has stopped".to_owned())),
    };
    let spec = probe_spec(toolchain, command);
    let ran = tokio::task::spawn_blocking(move || run_probe(place, &spec)).await;
    let outcome = match ran {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(fault)) => return Err(broken(chain(&fault))),
        Err(error) => return Err(broken(error.to_string())),
    };
    if outcome.ending != Ending::Exited(0) {
        return Err(broken(format!("it ended as {:?}", outcome.ending)));
    }
    let printed = [&outcome.stdout, &outcome.stderr].map(|stream| stream.head.as_slice());
    let printed = printed.into_iter().find(|text| !text.is_empty());
    Probe::version_in(&String::from_utf8_lossy(printed.unwrap_or_default()))
        .ok_or_else(|| broken("its output has no version".to_owned()))
}

fn run_probe(mut place: Box<dyn Place>, spec: &Spec) -> Result<Outcome, PlaceFault> {
    let outcome = place.run(spec, &Cancel::new()?)?;
    place.reset();
    Ok(outcome)
}

fn probe_spec(toolchain: &Toolchain, command: &[String]) -> Spec {
    let capture = Output::Capture {
        head: 64 << 10,
        tail: 0,
    };
    Spec {
        program: Program::Path(command[0].clone().into()),
        args: command.iter().map(Into::into).collect(),
        env: toolchain
            .env(None)
            .into_iter()
            .map(|(name, value)| (name.into(), value.into()))
            .collect(),
        stdin: Input::Empty,
        stdout: capture.clone(),
        stderr: capture,
        limits: Limits {
            cpu_time: Duration::from_secs(20),
            wall_time: Duration::from_secs(30),
            memory: 1 << 30,
            ..Limits::default()
        },
        core: None,
        inherited: Vec::new(),
        read_only: false,
    }
}
