//! What a problem's page says of a run: what it may use, and what it reads and writes.

use tribunal_problems::Package;

/// The sentences, for people.
pub(super) fn sentences(package: &Package) -> Vec<String> {
    let own = package.tests.iter().filter(|test| !test.static_validation);
    let limits = own.map(|test| test.limits.as_ref().unwrap_or(&package.limits));
    let limits: Vec<_> = limits.collect();
    let seconds = limits.iter().map(|limits| limits.time.as_secs_f64());
    let mib = limits.iter().map(|limits| limits.memory >> 20);
    let time = match (
        seconds.clone().min_by(f64::total_cmp),
        seconds.max_by(f64::total_cmp),
    ) {
        (Some(least), Some(most)) if least < most => format!("{least} to {most}"),
        (Some(one), _) => one.to_string(),
        _ => package.limits.time.as_secs_f64().to_string(),
    };
    let memory = match (mib.clone().min(), mib.max()) {
        (Some(least), Some(most)) if least < most => format!("{least} to {most}"),
        (Some(one), _) => one.to_string(),
        _ => (package.limits.memory >> 20).to_string(),
    };
    let mut sentences = vec![format!(
        "{time} s of CPU time and {memory} MiB of memory for each test."
    )];
    let names = &package.file_names;
    sentences.extend(match (&names.input, &names.output) {
        (Some(input), Some(output)) => Some(format!("It reads {input} and writes {output}.")),
        (Some(input), None) => Some(format!("It reads {input}.")),
        (None, Some(output)) => Some(format!("It writes {output}.")),
        (None, None) => None,
    });
    let processes = package.communication.map_or(1, |with| with.processes);
    if processes > 1 {
        sentences.push(format!(
            "{processes} processes of it run at once, and talk with a program of the jury."
        ));
    }
    sentences
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::Duration;

    use tribunal_problems::{Communication, FileNames, TestCase, UserIo};

    use super::*;

    #[test]
    fn a_page_says_what_differs_between_tests() {
        let test = || TestCase::new("1", "1.in".into(), "1.out".into());
        let mut package = Package::of_tests("sum", Path::new("sum"), vec![test(), test()]);
        package.limits = package.limits.with_time(Duration::from_millis(1500));
        package.limits.memory = 256 << 20;
        let usual = "1.5 s of CPU time and 256 MiB of memory for each test.";
        assert_eq!(sentences(&package), [usual]);
        let mut own = package.limits.clone().with_time(Duration::from_secs(3));
        own.memory = 64 << 20;
        package.tests[1].limits = Some(own);
        package.file_names = FileNames {
            input: Some("sum.in".to_owned()),
            output: Some("sum.out".to_owned()),
        };
        package.communication = Some(Communication {
            processes: 2,
            user_io: UserIo::Hydro,
        });
        let wanted = [
            "1.5 to 3 s of CPU time and 64 to 256 MiB of memory for each test.",
            "It reads sum.in and writes sum.out.",
            "2 processes of it run at once, and talk with a program of the jury.",
        ];
        assert_eq!(sentences(&package), wanted);
    }
}
