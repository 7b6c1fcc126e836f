//! `/api/packages…`: the jury sends a package, sees what comes of it on this judge, and has it served.

use std::fmt::Display;
use std::fs::File;
use std::path::PathBuf;

use actix_web::http::{StatusCode, header};
use actix_web::web::{Bytes, Data, Path, Payload, Query, block};
use actix_web::{HttpRequest, HttpResponse};
use futures_util::Stream;
use serde::Deserialize;
use tribunal_actors::{
    BeginIntake, GetIntake, InstallPackage, IntakeError, IntakeView, ListIntakes, TakePackage,
    chain,
};

use crate::blobs::{Uploads, admit, stopping, written};
use crate::body::drain;
use crate::front::{Front, reached};
use crate::openapi::{BodyRefused, Conflict, Invalid, NotFound, Refused};
use crate::problem_details::Problem;

/// Characters of an archive's name.
const NAME_MAX: usize = 100;

/// How a package is named.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Named {
    /// The archive's name, such as `sum.zip`: its first part is the problem's short name where the package says none.
    #[serde(default)]
    name: String,
}

/// Takes a package in: a zip archive, which goes to the disk as it comes.
#[utoipa::path(
    post,
    path = "/api/packages",
    tag = "judging",
    operation_id = "send_package",
    params(Named),
    request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "The zip archive."),
    responses(
        (status = 202, description = "It is looked at.", body = IntakeView),
        Conflict,
        Refused,
        BodyRefused,
        Invalid,
    ),
    security(("token" = []), ("session" = [])),
)]
pub(crate) async fn send(
    front: Data<Front>,
    uploads: Data<Uploads>,
    name: Query<Named>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let mut payload = payload.into_inner();
    let taken = async {
        admit(&request, uploads.bounds.blob_bytes_max)?;
        take(&front, &uploads, &name.name, &mut payload).await
    };
    match taken.await {
        Ok(id) => {
            let view = known(&front, &id.to_string()).await?;
            Ok(HttpResponse::Accepted()
                .insert_header((header::LOCATION, format!("/api/packages/{id}")))
                .json(view))
        }
        Err(problem) => {
            drain(payload, 0).await;
            Err(problem)
        }
    }
}

/// Writes an archive to where it stays, and begins to look at it; its number.
pub(crate) async fn take<E: Display>(
    front: &Front,
    uploads: &Uploads,
    name: &str,
    content: &mut (impl Stream<Item = Result<Bytes, E>> + Unpin),
) -> Result<u64, Problem> {
    let name = archive_name(name)?;
    let _turn = uploads.turn()?;
    let (id, dir) = reached(front.intake.send(BeginIntake).await)??;
    let archive = dir.join(name);
    let file = create(archive.clone()).await?;
    written(file, content, &uploads.bounds).await?;
    reached(front.intake.send(TakePackage { id, archive }).await)??;
    Ok(id)
}

async fn create(path: PathBuf) -> Result<File, Problem> {
    let created = block(move || File::create_new(path)).await;
    created.map_err(stopping)?.map_err(|error| {
        log::error!("a package is not written: {error}");
        Problem::unavailable("the disk does not take the package", 60)
    })
}

/// A name that is one everywhere.
fn archive_name(name: &str) -> Result<&str, Problem> {
    let is_plain = |sign: char| sign.is_ascii_alphanumeric() || "._-".contains(sign);
    let is_name = !name.is_empty()
        && name.len() <= NAME_MAX
        && !name.starts_with('.')
        && name.chars().all(is_plain);
    if is_name {
        Ok(name)
    } else {
        let detail = format!(
            "the archive is named by 1 to {NAME_MAX} letters, digits, dots, hyphens and underscores, such as `sum.zip`"
        );
        Err(Problem::invalid("name", detail))
    }
}

/// Lists the packages that were sent since the judge was started, the newest first.
#[utoipa::path(
    get,
    path = "/api/packages",
    tag = "judging",
    operation_id = "packages",
    responses(
        (status = 200, description = "The newest first.", body = Vec<IntakeView>),
        Refused,
    ),
    security(("token" = []), ("session" = [])),
)]
pub(crate) async fn list(front: Data<Front>) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(reached(front.intake.send(ListIntakes).await)?))
}

/// Tells how far a package is, and what came of it.
#[utoipa::path(
    get,
    path = "/api/packages/{id}",
    tag = "judging",
    operation_id = "package",
    params(("id" = u64, Path, description = "The number of the package.")),
    responses(
        (status = 200, description = "The package as it is now.", body = IntakeView),
        Refused,
        NotFound,
    ),
    security(("token" = []), ("session" = [])),
)]
pub(crate) async fn show(front: Data<Front>, id: Path<String>) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(known(&front, &id).await?))
}

/// Serves a package that is verified, also after the next start.
#[utoipa::path(
    post,
    path = "/api/packages/{id}/install",
    tag = "judging",
    operation_id = "install_package",
    params(("id" = u64, Path, description = "The number of the package.")),
    responses(
        (status = 200, description = "It is served.", body = IntakeView),
        Conflict,
        Refused,
        NotFound,
    ),
    security(("token" = []), ("session" = [])),
)]
pub(crate) async fn install(front: Data<Front>, id: Path<String>) -> Result<HttpResponse, Problem> {
    reached(front.intake.send(InstallPackage(number(&id)?)).await)??;
    Ok(HttpResponse::Ok().json(known(&front, &id).await?))
}

/// A package, if it is remembered.
pub(crate) async fn known(front: &Front, id: &str) -> Result<IntakeView, Problem> {
    let id = number(id)?;
    let found = reached(front.intake.send(GetIntake(id)).await)?;
    found.ok_or_else(|| IntakeError::Unknown(id).into())
}

pub(crate) fn number(id: &str) -> Result<u64, Problem> {
    id.parse()
        .map_err(|_| Problem::not_found("a package is named by its number"))
}

impl From<IntakeError> for Problem {
    fn from(error: IntakeError) -> Self {
        match error {
            IntakeError::Busy(_) | IntakeError::WrongStage(_) => {
                Self::new(StatusCode::CONFLICT, error.to_string())
            }
            IntakeError::Unknown(_) => Self::not_found(error.to_string()),
            IntakeError::Shelf(_) | IntakeError::Stopping => {
                log::error!("{}", chain(&error));
                Self::unavailable("packages cannot be taken now", 5)
            }
        }
    }
}
