//! `/api/blobs/{sha256}`: big contents are sent once, straight to the disk, and named by their hash from then on.

use std::fmt::Display;
use std::fs::File;
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::time::Duration;

use actix_web::body::SizedStream;
use actix_web::error::BlockingError;
use actix_web::http::{StatusCode, header};
use actix_web::web::{Bytes, BytesMut, Data, Path, Payload, block};
use actix_web::{HttpRequest, HttpResponse};
use futures_util::{Stream, StreamExt, stream};
use serde::Serialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tribunal_actors::{BeginUpload, Check, FindUpload, KeepUpload, OpenBlob, StoreError, chain};
use tribunal_problems::BlobId;

use crate::auth::Viewer;
use crate::body::{claimed_bytes, drain};
use crate::front::{Front, reached};
use crate::limits::Bounds;
use crate::openapi::{BodyRefused, NotFound, Refused};
use crate::problem_details::Problem;

/// Bytes that are gathered before they are written, and read at once.
const PIECE: usize = 256 << 10;

/// Those who may send at the same time, so that the disk and the descriptors are not one client's.
const AT_ONCE: usize = 32;

/// Who sends now, and how much one may send.
#[derive(Debug)]
pub(crate) struct Uploads {
    turns: Arc<Semaphore>,
    pub(crate) bounds: Bounds,
}

impl Uploads {
    pub(crate) fn new(bounds: Bounds) -> Self {
        let turns = Arc::new(Semaphore::new(AT_ONCE));
        Self { turns, bounds }
    }

    /// A turn to send, as long as it is held.
    pub(crate) fn turn(&self) -> Result<OwnedSemaphorePermit, Problem> {
        let turn = Arc::clone(&self.turns).try_acquire_owned();
        turn.map_err(|_| Problem::unavailable("as much is being sent as may be", 5))
    }
}

/// What is kept.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Kept {
    #[schema(value_type = String)]
    id: BlobId,
    bytes: u64,
}

/// Keeps a content, for later requests of the same account that name it.
#[utoipa::path(
    put,
    path = "/api/blobs/{sha256}",
    tag = "judging",
    operation_id = "put_blob",
    params(("sha256" = String, Path, description = "The SHA-256 of the content: 64 lower-case hex digits.")),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses(
        (status = 201, description = "It is on the disk.", body = Kept, example = json!({"id": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "bytes": 0})),
        Refused,
        NotFound,
        BodyRefused,
    ),
    security((), ("token" = []), ("session" = [])),
)]
pub(crate) async fn put(
    front: Data<Front>,
    viewer: Viewer,
    uploads: Data<Uploads>,
    id: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let mut payload = payload.into_inner();
    let refused = async {
        let id = named(&id)?;
        let turn = uploads.turn()?;
        admit(&request, uploads.bounds.blob_bytes_max)?;
        Ok::<_, Problem>((id, turn))
    };
    let (id, _turn) = match refused.await {
        Ok(admitted) => admitted,
        Err(problem) => {
            drain(payload, 0).await;
            return Err(problem);
        }
    };
    let file = reached(front.stores.send(BeginUpload).await)??;
    let file = match written(file, &mut payload, &uploads.bounds).await {
        Ok(file) => file,
        Err(problem) => {
            drain(payload, 0).await;
            return Err(problem);
        }
    };
    let keep = KeepUpload {
        file,
        id,
        owner: viewer.account_id(),
    };
    let bytes = reached(front.stores.send(keep).await)??;
    Ok(HttpResponse::Created()
        .insert_header((header::LOCATION, format!("/api/blobs/{id}")))
        .json(Kept { id, bytes }))
}

/// Tells a content that the same account has sent.
#[utoipa::path(
    get,
    path = "/api/blobs/{sha256}",
    tag = "judging",
    operation_id = "get_blob",
    params(("sha256" = String, Path, description = "The SHA-256 of the content.")),
    responses(
        (status = 200, description = "The content.", body = Vec<u8>, content_type = "application/octet-stream"),
        Refused,
        NotFound,
    ),
    security((), ("token" = []), ("session" = [])),
)]
pub(crate) async fn get(
    front: Data<Front>,
    viewer: Viewer,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let id = named(&id)?;
    let find = FindUpload {
        id,
        owner: viewer.account_id(),
    };
    let found = reached(front.stores.send(find).await)??;
    let bytes = found.ok_or_else(|| Problem::not_found("you have sent no such content"))?;
    let open = OpenBlob {
        id,
        // Whoever reads it here is not asked to compare.
        check: Check::Content,
    };
    let file = reached(front.stores.send(open).await)??;
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "application/octet-stream"))
        .insert_header((header::CONTENT_DISPOSITION, "attachment"))
        .insert_header((header::ETAG, format!("\"{id}\"")))
        .body(SizedStream::new(bytes, read(Arc::new(file), bytes))))
}

fn named(id: &str) -> Result<BlobId, Problem> {
    id.parse()
        .map_err(|error| Problem::not_found(format!("{error}")))
}

/// Refuses by the head of the request alone.
pub(crate) fn admit(request: &HttpRequest, bytes_max: u64) -> Result<(), Problem> {
    match claimed_bytes(request) {
        Some(bytes) if bytes > bytes_max => Err(too_large(bytes_max)),
        _ => Ok(()),
    }
}

fn too_large(bytes_max: u64) -> Problem {
    Problem::too_large(format!("the content is larger than {bytes_max} bytes"))
}

/// Writes what comes to the disk, a piece at a time: nothing large is in memory. Each piece has to come within the time
/// that a body may take.
pub(crate) async fn written<E: Display>(
    mut file: File,
    payload: &mut (impl Stream<Item = Result<Bytes, E>> + Unpin),
    bounds: &Bounds,
) -> Result<File, Problem> {
    let mut bytes = 0_u64;
    // Some streams may not be asked once more after their end.
    let mut payload = payload.fuse();
    loop {
        let patience = bounds.body_time_max;
        let piece = tokio::time::timeout(patience, piece(&mut payload)).await;
        let piece = piece.map_err(|_| slow(patience))??;
        if piece.is_empty() {
            return Ok(file);
        }
        bytes += piece.len() as u64;
        if bytes > bounds.blob_bytes_max {
            return Err(too_large(bounds.blob_bytes_max));
        }
        let write = block(move || file.write_all(&piece).map(|()| file)).await;
        file = write.map_err(stopping)?.map_err(|error| {
            log::error!("an upload is not written: {error}");
            Problem::unavailable("the disk does not take the content", 60)
        })?;
    }
}

fn slow(patience: Duration) -> Problem {
    let detail = format!("{PIECE} bytes did not come within {patience:?}");
    Problem::new(StatusCode::REQUEST_TIMEOUT, detail)
}

pub(crate) fn stopping(_: BlockingError) -> Problem {
    Problem::unavailable("the judge is stopping", 5)
}

/// The next piece; an empty one is the end.
async fn piece<E: Display>(
    payload: &mut (impl Stream<Item = Result<Bytes, E>> + Unpin),
) -> Result<Bytes, Problem> {
    let mut piece = BytesMut::new();
    while piece.len() < PIECE
        && let Some(chunk) = payload.next().await
    {
        let chunk = chunk.map_err(|error| {
            Problem::malformed(format!("the content could not be read: {error}"))
        })?;
        piece.extend_from_slice(&chunk);
    }
    Ok(piece.freeze())
}

/// Reads a file to its end, a piece at a time.
fn read(file: Arc<File>, bytes: u64) -> impl Stream<Item = Result<Bytes, Problem>> {
    stream::unfold((file, 0), move |(file, at)| async move {
        let left = bytes.checked_sub(at).filter(|left| *left > 0)?;
        let length = usize::try_from(left).map_or(PIECE, |left| left.min(PIECE));
        let reading = Arc::clone(&file);
        let piece = block(move || {
            let mut piece = vec![0; length];
            reading.read_exact_at(&mut piece, at).map(|()| piece)
        });
        let piece = piece.await.map_err(stopping).and_then(|read| {
            read.map_err(|error| {
                log::error!("a content is not read: {error}");
                Problem::unavailable("the disk does not give the content", 60)
            })
        });
        let next = at + length as u64;
        Some((piece.map(Bytes::from), (file, next)))
    })
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unexpected { found, .. } => {
                Self::invalid("sha256", format!("the content has the hash {found}"))
            }
            error @ StoreError::TooManyUploads { .. } => {
                log::warn!("an upload is refused: {error}");
                Self::unavailable("as much is kept as may be", 60)
            }
            error => {
                log::error!("the store does not answer: {}", chain(&error));
                Self::unavailable("the store does not answer", 5)
            }
        }
    }
}
