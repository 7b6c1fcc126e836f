//! From a `POST /run` request to the plan that the judge carries out.

use std::sync::Arc;
use std::time::Duration;

use tribunal_actors::Toolchains;
use tribunal_problems::{
    Content, EntryPoint, GeneratorKind, Languages, Plan, PlannedTest, Procedure, RunLimits,
};

use super::request::{CheckerChoice, PlacedTest, RunRequest};
use crate::languages::usable_language;
use crate::limits::{OUTPUT_HEAD_BYTES, OUTPUT_HEADS_BYTES};
use crate::problem_details::Problem;
use crate::source::Sources;

impl RunRequest {
    /// The plan: compile once, run the visible tests and then the hidden ones.
    ///
    /// A language with a driver may have its function called: that of `entry_point`, or, if the source only defines,
    /// the last one defined.
    ///
    /// # Errors
    /// A 4xx that names the field at fault.
    pub fn plan(&self, languages: &Languages, toolchains: &Toolchains) -> Result<Plan, Problem> {
        let language = usable_language(languages, toolchains, &self.language)?;
        let files = Sources {
            main: self.code.as_deref(),
            main_field: "code",
            files: &self.files,
        }
        .checked(language)?;
        self.check()?;
        let entry = if language.driver.is_some() {
            EntryPoint::MaybeFunction {
                name: self.entry_point.clone(),
            }
        } else if self.entry_point.is_some() {
            return Err(Problem::invalid(
                "entry_point",
                format!("a function can be called in no source of {}", language.name),
            ));
        } else {
            EntryPoint::Program
        };
        let checker = self.checker.unwrap_or(match entry {
            EntryPoint::MaybeFunction { .. } => CheckerChoice::Values,
            EntryPoint::Program => CheckerChoice::Tokens,
        });
        let visible = self.visible().map(|placed| planned(&placed, false));
        let hidden = self.hidden().map(|placed| planned(&placed, true));
        let tests: Vec<PlannedTest> = visible.chain(hidden).collect();
        let output_head_max = OUTPUT_HEAD_BYTES.min(OUTPUT_HEADS_BYTES / tests.len().max(1));
        Ok(Plan {
            language: language.id.clone(),
            files,
            entry,
            tests,
            procedure: Procedure::default(),
            checker: checker.checker(),
            further_checkers: Vec::new(),
            static_validator: None,
            grader: None,
            file_writing: true,
            limits: self.limits(),
            compile_limits: language.compile_limits.clone(),
            rule: if self.stop_on_first_failure {
                GeneratorKind::Icpc
            } else {
                GeneratorKind::All
            },
            output_head_max,
            fresh_namespaces: false,
        })
    }

    fn limits(&self) -> RunLimits {
        let memory = self.memory_limit_mb() * f64::from(1 << 20);
        RunLimits {
            memory: memory as u64,
            ..RunLimits::default()
        }
        .with_time(Duration::from_secs_f64(self.timeout_seconds()))
    }
}

fn planned(placed: &PlacedTest<'_>, hidden: bool) -> PlannedTest {
    let content = |text: &Option<String>, blob| match (text, blob) {
        (_, Some(blob)) => Content::Blob(blob),
        (text, None) => Content::Bytes(Arc::from(text.as_deref().unwrap_or_default().as_bytes())),
    };
    let test = placed.test;
    PlannedTest {
        answer: Some(content(&test.expected_output, test.expected_output_blob)),
        hidden,
        ..PlannedTest::new(&test.id, content(&test.input, test.input_blob))
    }
}
