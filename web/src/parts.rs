//! The parts of a `multipart/form-data` form.

use actix_multipart::{Field, MultipartError};
use futures_util::StreamExt;

use crate::problem_details::Problem;

/// A form that cannot be read.
pub(crate) fn malformed(error: &MultipartError) -> Problem {
    Problem::malformed(format!("the form is not understood: {error}"))
}

/// Reads a part that is small; one that has more bytes than this is too large.
pub(crate) async fn small(field: &mut Field, bytes_max: u64) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.next().await {
        bytes.extend_from_slice(&chunk.map_err(|error| malformed(&error))?);
        if bytes.len() as u64 > bytes_max {
            let name = field.name().unwrap_or_default().to_owned();
            let detail = format!("it is larger than {bytes_max} bytes");
            return Err(Problem::too_large(detail).at(name));
        }
    }
    Ok(bytes)
}
