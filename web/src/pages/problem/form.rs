//! A program by a form: pasted, or as a file, whose name then tells the language.

use actix_multipart::Multipart;
use actix_web::http::header;
use actix_web::web::{Form, Payload};
use actix_web::{FromRequest, HttpRequest};
use futures_util::StreamExt;
use serde::Deserialize;
use tribunal_problems::SOURCE_BYTES_MAX;

use crate::auth::{Viewer, check_form};
use crate::parts::{malformed, small};
use crate::problem_details::Problem;

/// A program that is pasted.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
pub(crate) struct SubmitForm {
    /// The language id; empty: that of the file's ending.
    #[serde(default)]
    pub(super) language: String,
    #[serde(default)]
    pub(super) source: String,
    #[serde(rename = "_csrf", default)]
    csrf: String,
    /// The file's name, where there is one.
    #[serde(skip)]
    pub(super) file_name: Option<String>,
}

/// The same with a file, as a browser sends it.
#[derive(utoipa::ToSchema)]
#[expect(
    dead_code,
    reason = "it describes the form, whose parts are read one by one"
)]
pub(crate) struct SubmitFile {
    #[schema(rename = "_csrf")]
    csrf: String,
    language: String,
    source: String,
    /// The source, in the place of `source`.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// Reads the form, whichever of the two it is.
pub(super) async fn read(
    request: &HttpRequest,
    payload: Payload,
    viewer: &Viewer,
) -> Result<SubmitForm, Problem> {
    let content_type = request.headers().get(header::CONTENT_TYPE);
    let content_type = content_type.and_then(|value| value.to_str().ok());
    let mut payload = payload.into_inner();
    let is_multipart = content_type.is_some_and(|of| of.starts_with("multipart/form-data"));
    let form = if is_multipart {
        with_file(Multipart::new(request.headers(), payload)).await?
    } else {
        let form = Form::<SubmitForm>::from_request(request, &mut payload).await;
        let form = form.map_err(|error| {
            let status = error.as_response_error().status_code();
            Problem::new(status, format!("the form is not understood: {error}"))
        });
        form?.into_inner()
    };
    check_form(viewer, &form.csrf)?;
    Ok(form)
}

async fn with_file(mut parts: Multipart) -> Result<SubmitForm, Problem> {
    let mut form = SubmitForm::default();
    let mut file = None;
    while let Some(field) = parts.next().await {
        let mut field = field.map_err(|error| malformed(&error))?;
        let bytes = small(&mut field, SOURCE_BYTES_MAX).await?;
        let text = || {
            let text = String::from_utf8(bytes.clone());
            text.map_err(|_| Problem::invalid("source", "the source is not UTF-8"))
        };
        match field.name() {
            Some("_csrf") => form.csrf = text()?,
            Some("language") => form.language = text()?,
            Some("source") => form.source = text()?,
            // What a browser sends where no file was chosen.
            Some("file") if bytes.is_empty() => {}
            Some("file") => {
                let disposition = field.content_disposition();
                let name = disposition.and_then(|one| one.get_filename());
                file = Some((name.unwrap_or_default().to_owned(), text()?));
            }
            _ => {
                return Err(Problem::malformed(
                    "the form has other parts than it should",
                ));
            }
        }
    }
    if let Some((name, source)) = file {
        if !form.source.trim().is_empty() {
            let detail = "there is a file and a pasted source: send one of them";
            return Err(Problem::invalid("source", detail));
        }
        form.source = source;
        form.file_name = Some(name);
    }
    Ok(form)
}
