//! What unit tests of several files need: a job, a plan, reports.

use std::sync::Arc;

use tribunal_problems::{
    CompileLimits, Content, GeneratorKind, LanguageId, Languages, Plan, PlannedTest, SourceFile,
    Verdict,
};
use tribunal_sandbox::Isolation;

use crate::ids::{BuildId, JobId};
use crate::job::{CompileWork, JobSpec, Work};
use crate::report::{CompileReport, TestReport};
use crate::stores::Durability;
use crate::toolchains::Toolchains;

/// A compile job of this name.
pub(crate) fn job(id: u8) -> JobSpec {
    let toolchains = Toolchains::assumed(&Languages::built_in(), "1.0");
    let c = toolchains.get(&LanguageId::new("c")).expect("C is known");
    JobSpec {
        id: JobId::from([id; 32]),
        build: BuildId(1),
        deps: Vec::new(),
        artifacts: Vec::new(),
        isolation: Isolation::default(),
        work: Work::Compile(Arc::new(CompileWork {
            toolchain: c.clone().expect("its toolchain is assumed"),
            files: Vec::new(),
            limits: CompileLimits::default(),
            durability: Durability::Durable,
        })),
    }
}

/// A plan of so many tests.
pub(crate) fn plan(tests: usize) -> Plan {
    let empty = || Content::Bytes(Arc::from(&b""[..]));
    let planned = |number: usize| PlannedTest {
        answer: Some(empty()),
        ..PlannedTest::new(&number.to_string(), empty())
    };
    let files = vec![SourceFile::new("main.c", &b"int main() {}"[..])];
    Plan {
        rule: GeneratorKind::Icpc,
        output_head_max: 100,
        ..Plan::new(
            LanguageId::new("c"),
            files,
            (1..=tests).map(planned).collect(),
        )
    }
}

/// What a compiler did.
pub(crate) fn compiled(verdict: Verdict) -> CompileReport {
    CompileReport {
        verdict,
        cpu_ms: 1,
        wall_ms: 1,
        memory_bytes: 1,
        log: String::new(),
        reused: false,
    }
}

/// What happened on a test.
pub(crate) fn tested(name: &str, verdict: Verdict) -> TestReport {
    TestReport {
        verdict,
        ..TestReport::skipped(name)
    }
}
