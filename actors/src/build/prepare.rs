//! Puts a plan's contents into the store, so that jobs name them by their hashes.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use actix::Addr;
use tribunal_problems::{
    BlobId, Checker, Content, Interactor, Meeting, Plan, SourceFile, TestTask,
};

use super::planning::PlanError;
use crate::chain::chain;
use crate::ids::BuildId;
use crate::job::NamedBlob;
use crate::stores::{BlobContent, Durability, ImportFiles, StoreBlob, Stores};

/// The names of a plan's contents.
#[derive(Debug, Clone, Default)]
pub(crate) struct PlanBlobs {
    pub(crate) files: Vec<NamedBlob>,
    pub(crate) checker: Vec<NamedBlob>,
    pub(crate) further_checkers: Vec<Vec<NamedBlob>>,
    pub(crate) interactor: Vec<NamedBlob>,
    pub(crate) static_validator: Vec<NamedBlob>,
    pub(crate) grader: Vec<NamedBlob>,
    pub(crate) tests: Vec<TestBlobs>,
}

/// The names of a test's contents.
#[derive(Debug, Clone)]
pub(crate) struct TestBlobs {
    pub(crate) input: BlobId,
    pub(crate) answer: Option<BlobId>,
    pub(crate) files: Vec<NamedBlob>,
    /// The output that is checked where nothing is run.
    pub(crate) given: Option<BlobId>,
}

/// How many times the stores are asked before their failure is the judge's error.
const ATTEMPTS_MAX: u32 = 3;

/// How long the second attempt waits; each later one waits ten times as long.
const PAUSE: Duration = Duration::from_millis(100);

/// Prepares, and tries again where the stores fail: a full disk may be emptied.
pub(super) async fn patiently(
    plan: &Plan,
    build: BuildId,
    stores: &Addr<Stores>,
) -> Result<PlanBlobs, PlanError> {
    let mut attempt = 1;
    loop {
        match prepare(plan, build, stores).await {
            Err(error @ PlanError::Store { .. }) if attempt < ATTEMPTS_MAX => {
                log::warn!("build {build} is tried again: {}", chain(&error));
                tokio::time::sleep(PAUSE * 10_u32.pow(attempt - 1)).await;
                attempt += 1;
            }
            prepared => return prepared,
        }
    }
}

/// Sources and contents given as bytes live as long as the build, since the database has them; what compiling makes of
/// them is another matter. Files of packages are kept for good.
async fn prepare(
    plan: &Plan,
    build: BuildId,
    stores: &Addr<Stores>,
) -> Result<PlanBlobs, PlanError> {
    let shelf = Shelving {
        durability: Durability::Scratch(build),
        stores,
        imported: import(plan, stores).await?,
    };
    let mut blobs = PlanBlobs {
        files: shelf.sources(&plan.files).await?,
        ..PlanBlobs::default()
    };
    if let Checker::Custom(custom) = &plan.checker {
        blobs.checker = shelf.sources(&custom.files).await?;
    }
    for custom in &plan.further_checkers {
        let files = shelf.sources(&custom.files).await?;
        blobs.further_checkers.push(files);
    }
    if let Meeting::Interactive(Interactor {
        program: Some(own), ..
    }) = &plan.procedure.meeting
    {
        blobs.interactor = shelf.sources(&own.files).await?;
    }
    if let Some(custom) = &plan.static_validator {
        blobs.static_validator = shelf.sources(&custom.files).await?;
    }
    if let Some(grader) = &plan.grader {
        blobs.grader = shelf.sources(&grader.files).await?;
    }
    for test in &plan.tests {
        let input = shelf.content(&test.input, &test.name).await?;
        let answer = match &test.answer {
            Some(answer) => Some(shelf.content(answer, &test.name).await?),
            None => None,
        };
        let mut files = Vec::with_capacity(test.files.len());
        for (name, content) in &test.files {
            files.push(NamedBlob {
                name: name.clone(),
                blob: shelf.content(content, &test.name).await?,
            });
        }
        let given = match &test.task {
            TestTask::Check(output) => Some(shelf.content(output, &test.name).await?),
            TestTask::Run | TestTask::LookAtSource => None,
        };
        blobs.tests.push(TestBlobs {
            input,
            answer,
            files,
            given,
        });
    }
    Ok(blobs)
}

/// Stores the sources of a program for as long as the build.
pub(crate) async fn store_sources(
    files: &[SourceFile],
    build: BuildId,
    stores: &Addr<Stores>,
) -> Result<Vec<NamedBlob>, PlanError> {
    let shelf = Shelving {
        durability: Durability::Scratch(build),
        stores,
        imported: BTreeMap::new(),
    };
    shelf.sources(files).await
}

/// Stores all files of the plan that are not stored yet.
async fn import(
    plan: &Plan,
    stores: &Addr<Stores>,
) -> Result<BTreeMap<PathBuf, BlobId>, PlanError> {
    let contents = plan.tests.iter().flat_map(|test| {
        let given = match &test.task {
            TestTask::Check(output) => Some(output),
            TestTask::Run | TestTask::LookAtSource => None,
        };
        let files = test.files.iter().map(|(_, content)| content);
        let data = [Some(&test.input), test.answer.as_ref(), given];
        data.into_iter().flatten().chain(files)
    });
    let paths: Vec<PathBuf> = contents
        .filter_map(|content| match content {
            Content::File(path) => Some(path.clone()),
            Content::Bytes(_) | Content::Blob(_) => None,
        })
        .collect();
    if paths.is_empty() {
        return Ok(BTreeMap::new());
    }
    let imported = stores.send(ImportFiles { paths }).await;
    let imported = imported.map_err(|_| PlanError::Stopped)?;
    imported.map_err(|(path, source)| PlanError::Store {
        what: path.display().to_string(),
        source,
    })
}

struct Shelving<'a> {
    durability: Durability,
    stores: &'a Addr<Stores>,
    imported: BTreeMap<PathBuf, BlobId>,
}

impl Shelving<'_> {
    async fn sources(&self, files: &[SourceFile]) -> Result<Vec<NamedBlob>, PlanError> {
        let mut named = Vec::with_capacity(files.len());
        for file in files {
            let content = BlobContent::Bytes(file.content.clone());
            named.push(NamedBlob {
                name: file.name.clone(),
                blob: self.store(content, &file.name).await?,
            });
        }
        Ok(named)
    }

    async fn content(&self, content: &Content, test: &str) -> Result<BlobId, PlanError> {
        match content {
            Content::Blob(id) => Ok(*id),
            Content::Bytes(bytes) => self.store(BlobContent::Bytes(bytes.clone()), test).await,
            Content::File(path) => Ok(self.imported[path]),
        }
    }

    async fn store(&self, content: BlobContent, what: &str) -> Result<BlobId, PlanError> {
        let store = StoreBlob {
            content,
            expected: None,
            durability: self.durability,
        };
        let stored = self
            .stores
            .send(store)
            .await
            .map_err(|_| PlanError::Stopped)?;
        stored
            .map(|blob| blob.id)
            .map_err(|source| PlanError::Store {
                what: what.to_owned(),
                source,
            })
    }
}
