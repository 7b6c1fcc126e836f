//! A package's limits, and the places where a time limit may stand.

use std::time::Duration;

use serde::Deserialize;

use super::metadata::{FILE, Metadata};
use crate::limits::{CompileLimits, RunLimits};
use crate::package::error::{PackageError, Place};
use crate::package::tree::Tree;
use crate::package::{Format, Timing};

const MIB: u64 = 1 << 20;
const KIB: u64 = 1 << 10;
const SECONDS_MAX: f64 = 600.0;
const MIB_MAX: u64 = 1 << 20;

/// `limits` of `problem.yaml`, the keys of all versions. Sizes are MiB, `code` is KiB, times are seconds.
#[derive(Deserialize, Debug, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct Limits {
    time_limit: Option<f64>,
    time_resolution: Option<f64>,
    time_multipliers: Option<TimeMultipliers>,
    time_multiplier: Option<f64>,
    time_safety_margin: Option<f64>,
    memory: Option<u64>,
    output: Option<u64>,
    code: Option<u64>,
    compilation_time: Option<f64>,
    compilation_memory: Option<u64>,
    validation_time: Option<f64>,
    validation_memory: Option<u64>,
    validation_output: Option<u64>,
    pub(super) validation_passes: Option<u64>,
}

#[derive(Deserialize, Debug, Default)]
#[serde(deny_unknown_fields)]
struct TimeMultipliers {
    ac_to_time_limit: Option<f64>,
    time_limit_to_tle: Option<f64>,
}

/// A package's limits, with the defaults in.
#[derive(Debug)]
pub(super) struct PackageLimits {
    pub(super) run: RunLimits,
    pub(super) compile: CompileLimits,
    pub(super) validation: RunLimits,
    pub(super) source_bytes_max: u64,
    pub(super) timing: Timing,
}

impl PackageLimits {
    /// What DOMjudge makes of them: output beyond the limit is thrown away while the program runs on, so that endless output is too
    /// slow, and a program that waits has the time limit and a second or a tenth of it more (its `timelimit_overshoot`).
    pub(super) fn for_domjudge(self) -> Self {
        let overshoot = |time: Duration| time + Duration::from_secs(1).max(time / 10);
        let wall = self.timing.given.map_or(self.run.wall, overshoot);
        Self {
            run: RunLimits {
                wall,
                floods_on: true,
                ..self.run
            },
            ..self
        }
    }
}

/// The limit of a run as long as nobody knows the problem's own: what the slowest submission of a jury may take.
const UNKNOWN_TIME: Duration = Duration::from_secs(30);

/// The package's limits.
pub(super) fn read(tree: &Tree, metadata: &Metadata) -> Result<PackageLimits, PackageError> {
    let limits = &metadata.limits;
    limits.check(&metadata.text)?;
    let timing = limits.timing(metadata.format, time_limit(tree, metadata)?);
    timing.check(metadata)?;
    let run = RunLimits::of_a_package(timing.given.unwrap_or(UNKNOWN_TIME));
    let output = limits.output.map_or(run.output, |mib| mib * MIB);
    let compile = CompileLimits::default();
    let compilation_time = limits
        .compilation_time
        .map_or(compile.time, Duration::from_secs_f64);
    let validation_time = Duration::from_secs_f64(limits.validation_time.unwrap_or(60.0));
    let validation_output = limits.validation_output.unwrap_or(8) * MIB;
    Ok(PackageLimits {
        run: RunLimits {
            memory: limits.memory.map_or(run.memory, |mib| mib * MIB),
            output,
            file_size: output,
            ..run
        },
        timing,
        compile: CompileLimits {
            time: compilation_time,
            wall: compilation_time * 2,
            memory: limits
                .compilation_memory
                .map_or(compile.memory, |mib| mib * MIB),
            ..compile
        },
        validation: RunLimits {
            memory: limits.validation_memory.unwrap_or(2048) * MIB,
            output: validation_output,
            file_size: validation_output,
            ..RunLimits::default().with_time(validation_time)
        },
        source_bytes_max: limits.code.unwrap_or(128) * KIB,
    })
}

/// The time limit from `limits.time_limit`, `.timelimit` or `domjudge-problem.ini`, which must not contradict each other.
fn time_limit(tree: &Tree, metadata: &Metadata) -> Result<Option<Duration>, PackageError> {
    let mut found: Option<(&str, f64)> = metadata.limits.time_limit.map(|seconds| (FILE, seconds));
    for file in [".timelimit", "domjudge-problem.ini"] {
        let Some(text) = tree.text(file)? else {
            continue;
        };
        let line = if file == ".timelimit" {
            Some((1, text.trim()))
        } else {
            ini_value(&text, "timelimit")
        };
        let Some((line, value)) = line else {
            continue;
        };
        let content = |problem| PackageError::Content {
            place: Place {
                file: file.to_owned(),
                line: Some(line),
            },
            problem,
        };
        let seconds = value
            .parse::<f64>()
            .ok()
            .filter(|seconds| *seconds > 0.0 && *seconds <= SECONDS_MAX);
        let seconds = seconds.ok_or_else(|| {
            content(format!(
                "the time limit {value:?} is no number of seconds up to {SECONDS_MAX}"
            ))
        })?;
        if let Some((other, earlier)) = found
            && (earlier - seconds).abs() > 1e-9
        {
            return Err(content(format!(
                "the time limit {seconds} contradicts {earlier} in {other}"
            )));
        }
        found = Some((file, seconds));
    }
    Ok(found.map(|(_, seconds)| Duration::from_secs_f64(seconds)))
}

fn ini_value<'a>(text: &'a str, key: &str) -> Option<(u64, &'a str)> {
    text.lines().zip(1..).find_map(|(line, number)| {
        let (name, value) = line.split_once('=')?;
        (name.trim() == key).then(|| (number, value.trim().trim_matches(['\'', '"'])))
    })
}

impl Timing {
    /// In 2025-09 a limit that is given is a multiple of the resolution.
    fn check(&self, metadata: &Metadata) -> Result<(), PackageError> {
        let Some(given) = self.given.filter(|_| metadata.format == Format::V2025) else {
            return Ok(());
        };
        let steps = given.as_secs_f64() / self.resolution.as_secs_f64();
        if metadata.limits.time_limit.is_none() || (steps - steps.round()).abs() < 1e-6 {
            return Ok(());
        }
        let problem = format!(
            "the time limit {} is no multiple of the time resolution {}",
            given.as_secs_f64(),
            self.resolution.as_secs_f64()
        );
        Err(PackageError::content(FILE, problem).at_key(&metadata.text, "time_limit"))
    }
}

impl Limits {
    /// The factors: 2025-09 names them otherwise, and has other defaults.
    fn timing(&self, format: Format, given: Option<Duration>) -> Timing {
        let new = self.time_multipliers.as_ref();
        let (accepted, too_slow) = if format == Format::V2025 {
            (
                new.and_then(|new| new.ac_to_time_limit).unwrap_or(2.0),
                new.and_then(|new| new.time_limit_to_tle).unwrap_or(1.5),
            )
        } else {
            (
                self.time_multiplier.unwrap_or(5.0),
                self.time_safety_margin.unwrap_or(2.0),
            )
        };
        Timing {
            given,
            accepted_to_limit: accepted,
            limit_to_too_slow: too_slow,
            resolution: Duration::from_secs_f64(self.time_resolution.unwrap_or(1.0)),
        }
    }

    fn check(&self, text: &str) -> Result<(), PackageError> {
        let wrong = |key: &str, problem: String| {
            Err(PackageError::content(FILE, problem).at_key(text, key))
        };
        let multipliers = self.time_multipliers.as_ref();
        let times = [
            ("time_limit", self.time_limit),
            ("time_resolution", self.time_resolution),
            ("time_multiplier", self.time_multiplier),
            ("time_safety_margin", self.time_safety_margin),
            ("compilation_time", self.compilation_time),
            ("validation_time", self.validation_time),
            (
                "ac_to_time_limit",
                multipliers.and_then(|multipliers| multipliers.ac_to_time_limit),
            ),
            (
                "time_limit_to_tle",
                multipliers.and_then(|multipliers| multipliers.time_limit_to_tle),
            ),
        ];
        for (key, value) in times {
            if value.is_some_and(|value| !(value > 0.0 && value <= SECONDS_MAX)) {
                return wrong(
                    key,
                    format!("{key} must be over 0 and at most {SECONDS_MAX}"),
                );
            }
        }
        let sizes = [
            ("memory", self.memory),
            ("output", self.output),
            ("code", self.code),
            ("compilation_memory", self.compilation_memory),
            ("validation_memory", self.validation_memory),
            ("validation_output", self.validation_output),
        ];
        for (key, value) in sizes {
            if value.is_some_and(|value| value == 0 || value > MIB_MAX) {
                return wrong(key, format!("{key} must be from 1 to {MIB_MAX}"));
            }
        }
        if self.validation_passes.is_some_and(|passes| passes < 2) {
            return wrong(
                "validation_passes",
                "validation_passes must be at least 2".to_owned(),
            );
        }
        Ok(())
    }
}
