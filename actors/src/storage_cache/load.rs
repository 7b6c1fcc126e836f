//! From the store into memory: one blob's way.

use std::fs::File;
use std::sync::Arc;

use actix::prelude::*;
use tribunal_problems::BlobId;

use super::shared::Loaded;
use super::{CachedFile, LoadError};
use crate::stores::{Check, Hashing, OpenBlob, StoreError};

/// Loads a blob. The copying is done on the blocking pool. What turns out to be damaged is asked for once more, for the
/// store to mend it.
pub(super) async fn load(stores: Recipient<OpenBlob>, id: BlobId) -> Loaded {
    match load_as_it_is(&stores, id, Check::ByReader).await {
        Err(LoadError::Store { source, .. }) if matches!(*source, StoreError::Damaged { .. }) => {
            load_as_it_is(&stores, id, Check::Content).await
        }
        loaded => loaded,
    }
}

async fn load_as_it_is(stores: &Recipient<OpenBlob>, id: BlobId, check: Check) -> Loaded {
    let opened = stores
        .send(OpenBlob { id, check })
        .await
        .map_err(|_| LoadError::Stopped { id })?;
    let file = opened.map_err(|source| LoadError::Store {
        id,
        source: Arc::new(source),
    })?;
    tokio::task::spawn_blocking(move || copy(id, &file))
        .await
        .unwrap_or(Err(LoadError::Stopped { id }))
}

/// Copies the file and compares what was copied with its name.
fn copy(id: BlobId, file: &File) -> Loaded {
    let mut content = Hashing::new(file);
    let sealed = tribunal_sandbox::seal(&mut content, "blob").map_err(|source| LoadError::Copy {
        id,
        source: Arc::new(source),
    });
    let (found, size) = content.finish();
    let fd = sealed?;
    if found != id {
        let source = Arc::new(StoreError::Damaged { id, found });
        return Err(LoadError::Store { id, source });
    }
    Ok(Arc::new(CachedFile { fd, size, id }))
}
