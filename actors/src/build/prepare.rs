//! Puts a plan's contents into the store, so that jobs name them by their hashes.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use actix::Addr;
use tribunal_problems::{BlobId, Checker, Content, Plan, SourceFile};

use super::planning::PlanError;
use crate::job::NamedBlob;
use crate::stores::{BlobContent, Durability, StoreBlob, Stores};

/// The names of a plan's contents.
#[derive(Debug, Clone, Default)]
pub(crate) struct PlanBlobs {
    pub(crate) files: Vec<NamedBlob>,
    pub(crate) checker: Vec<NamedBlob>,
    pub(crate) tests: Vec<TestBlobs>,
}

/// The names of a test's contents.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TestBlobs {
    pub(crate) input: BlobId,
    pub(crate) answer: Option<BlobId>,
}

/// Which files of packages are in the store already. A file that has another size or time since is stored again.
#[derive(Debug, Default)]
pub struct Imports {
    known: RefCell<HashMap<PathBuf, (Stamp, BlobId)>>,
}

type Stamp = (u64, Option<SystemTime>);

pub(super) async fn prepare(
    plan: &Plan,
    durability: Durability,
    stores: &Addr<Stores>,
    imports: &Imports,
) -> Result<PlanBlobs, PlanError> {
    let shelf = Shelving {
        durability,
        stores,
        imports,
        stamps: stamps(plan).await,
    };
    let mut blobs = PlanBlobs {
        files: shelf.sources(&plan.files, durability).await?,
        ..PlanBlobs::default()
    };
    if let Checker::Custom(custom) = &plan.checker {
        blobs.checker = shelf.sources(&custom.files, Durability::Durable).await?;
    }
    for test in &plan.tests {
        let input = shelf.content(&test.input, &test.name).await?;
        let answer = match &test.answer {
            Some(answer) => Some(shelf.content(answer, &test.name).await?),
            None => None,
        };
        blobs.tests.push(TestBlobs { input, answer });
    }
    Ok(blobs)
}

/// Sizes and times of all files of the plan; a file that cannot be looked at has none, and is reported when it is read.
async fn stamps(plan: &Plan) -> HashMap<PathBuf, Stamp> {
    let contents = plan
        .tests
        .iter()
        .flat_map(|test| [Some(&test.input), test.answer.as_ref()]);
    let paths: Vec<PathBuf> = contents
        .flatten()
        .filter_map(|content| match content {
            Content::File(path) => Some(path.clone()),
            Content::Bytes(_) | Content::Blob(_) => None,
        })
        .collect();
    if paths.is_empty() {
        return HashMap::new();
    }
    let looked = tokio::task::spawn_blocking(move || {
        paths
            .into_iter()
            .filter_map(|path| {
                let found = path.metadata().ok()?;
                Some((path, (found.len(), found.modified().ok())))
            })
            .collect()
    });
    looked.await.unwrap_or_default()
}

struct Shelving<'a> {
    durability: Durability,
    stores: &'a Addr<Stores>,
    imports: &'a Imports,
    stamps: HashMap<PathBuf, Stamp>,
}

impl Shelving<'_> {
    async fn sources(
        &self,
        files: &[SourceFile],
        durability: Durability,
    ) -> Result<Vec<NamedBlob>, PlanError> {
        let mut named = Vec::with_capacity(files.len());
        for file in files {
            let content = BlobContent::Bytes(file.content.clone());
            named.push(NamedBlob {
                name: file.name.clone(),
                blob: self.store(content, durability, &file.name).await?,
            });
        }
        Ok(named)
    }

    async fn content(&self, content: &Content, test: &str) -> Result<BlobId, PlanError> {
        match content {
            Content::Blob(id) => Ok(*id),
            Content::Bytes(bytes) => {
                let content = BlobContent::Bytes(bytes.clone());
                self.store(content, self.durability, test).await
            }
            Content::File(path) => self.file(path).await,
        }
    }

    /// A file of a package is kept for good and read once.
    async fn file(&self, path: &Path) -> Result<BlobId, PlanError> {
        let stamp = self.stamps.get(path);
        let known = self.imports.known.borrow().get(path).copied();
        if let Some((at, id)) = known
            && Some(&at) == stamp
        {
            return Ok(id);
        }
        let content = BlobContent::Path(path.to_owned());
        let what = path.display().to_string();
        let id = self.store(content, Durability::Durable, &what).await?;
        if let Some(&stamp) = stamp {
            let mut known = self.imports.known.borrow_mut();
            known.insert(path.to_owned(), (stamp, id));
        }
        Ok(id)
    }

    async fn store(
        &self,
        content: BlobContent,
        durability: Durability,
        what: &str,
    ) -> Result<BlobId, PlanError> {
        let store = StoreBlob {
            content,
            expected: None,
            durability,
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
