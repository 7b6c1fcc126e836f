//! The body of a request: bounded, read as JSON, and blamed by field when it does not fit its type.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::{StatusCode, header};
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};
use futures_util::StreamExt;
use serde::de::{DeserializeOwned, IgnoredAny};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::limits::{BODY_BYTES_MAX, Bounds, DRAIN_BYTES_MAX, DRAIN_SECONDS_MAX};
use crate::problem_details::Problem;

/// A JSON body of type `T`, and the room that it takes until it is answered.
///
/// A refusal is a [`Problem`]: 408 for one that comes too slowly, 413 for one that is too large (both by [`Bounds`]), 415 for another content type, 400 for what is not
/// UTF-8 or not JSON, 422 with the field's path for JSON of another shape, 503 where there is no room.
#[derive(Debug)]
pub(crate) struct JsonBody<T>(pub(crate) T, pub(crate) Taken);

/// The memory for bodies that are being read or answered, in bytes, and the bounds of each.
#[derive(Debug, Clone)]
pub(crate) struct Room {
    bytes: Arc<Semaphore>,
    bounds: Bounds,
}

/// What one body has taken of the room; given back when dropped.
#[derive(Debug)]
pub(crate) struct Taken(OwnedSemaphorePermit);

impl Room {
    pub(crate) fn new(bytes: usize, bounds: Bounds) -> Self {
        let bytes = Arc::new(Semaphore::new(bytes));
        Self { bytes, bounds }
    }

    fn take(&self, bytes: usize) -> Option<Taken> {
        let bytes = u32::try_from(bytes).ok()?;
        let taken = Arc::clone(&self.bytes).try_acquire_many_owned(bytes);
        taken.ok().map(Taken)
    }
}

impl Default for Room {
    fn default() -> Self {
        Self::new(BODY_BYTES_MAX, Bounds::default())
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for JsonBody<T> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let room = request
            .app_data::<Data<Room>>()
            .map_or_else(Room::default, |room| Room::clone(room));
        let admitted = admit(request, room.bounds.body_bytes_max);
        let payload = payload.take();
        Box::pin(async move {
            match admitted {
                Ok(()) => {
                    let (bytes, taken) = read_bounded(payload, &room).await?;
                    parse_json(&bytes).map(|value| Self(value, taken))
                }
                Err(problem) => {
                    drain(payload, 0).await;
                    Err(problem)
                }
            }
        })
    }
}

/// Refuses by the head of the request alone what its body need not be read for.
fn admit(request: &HttpRequest, bytes_max: usize) -> Result<(), Problem> {
    if claimed_bytes(request).is_some_and(|bytes| bytes > bytes_max as u64) {
        return Err(too_large(bytes_max));
    }
    let content_type = request
        .headers()
        .get(header::CONTENT_TYPE)
        .map_or(Ok(""), |value| value.to_str())
        .unwrap_or("?");
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    let is_json = essence.is_empty()
        || essence.eq_ignore_ascii_case("application/json")
        || essence.to_ascii_lowercase().ends_with("+json");
    if is_json {
        Ok(())
    } else {
        Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            format!(
                "the body must be `application/json`, not `{}`",
                essence.escape_default()
            ),
        ))
    }
}

/// The length of the body, as its sender says it.
pub(crate) fn claimed_bytes(request: &HttpRequest) -> Option<u64> {
    let claimed = request.headers().get(header::CONTENT_LENGTH)?;
    claimed.to_str().ok()?.parse().ok()
}

fn too_large(bytes_max: usize) -> Problem {
    Problem::too_large(format!("the body is larger than {bytes_max} bytes"))
}

/// The judge is fed faster than it eats.
fn no_room() -> Problem {
    Problem::unavailable("the judge has no room for this body now", RETRY_SECONDS)
}

/// After how many seconds there may be room.
const RETRY_SECONDS: u32 = 5;

/// Reads the body, and gives up one that comes too slowly: its room is for others.
async fn read_bounded(payload: Payload, room: &Room) -> Result<(Vec<u8>, Taken), Problem> {
    let patience = room.bounds.body_time_max;
    let read = tokio::time::timeout(patience, read(payload, room)).await;
    read.unwrap_or_else(|_| {
        let detail = format!("the body did not come within {patience:?}");
        Err(Problem::new(StatusCode::REQUEST_TIMEOUT, detail))
    })
}

/// Takes room as the bytes come, so that a claim alone takes none.
async fn read(mut payload: Payload, room: &Room) -> Result<(Vec<u8>, Taken), Problem> {
    let mut bytes = Vec::new();
    let bytes_max = room.bounds.body_bytes_max;
    let mut taken = room.take(0).ok_or_else(no_room)?;
    while let Some(chunk) = payload.next().await {
        let chunk = chunk
            .map_err(|error| Problem::malformed(format!("the body could not be read: {error}")))?;
        let seen = bytes.len() + chunk.len();
        let refusal = match room.take(chunk.len()) {
            _ if seen > bytes_max => too_large(bytes_max),
            None => no_room(),
            Some(more) => {
                taken.0.merge(more.0);
                bytes.extend_from_slice(&chunk);
                continue;
            }
        };
        drop((bytes, taken));
        drain(payload, seen).await;
        return Err(refusal);
    }
    Ok((bytes, taken))
}

/// Reads on and keeps nothing, so that a client that writes its whole body before it reads sees the answer and not a
/// broken connection. Bounded in bytes and time: past that, the connection is the client's loss.
pub(crate) async fn drain(mut payload: Payload, mut seen: usize) {
    let all = async {
        while let Some(Ok(chunk)) = payload.next().await {
            seen += chunk.len();
            if seen > DRAIN_BYTES_MAX {
                break;
            }
        }
    };
    // An elapsed time is no failure: what had to be said is said by the answer.
    let _ = tokio::time::timeout(Duration::from_secs(DRAIN_SECONDS_MAX), all).await;
}

/// Reads a JSON text into its type.
///
/// # Errors
/// 400 for what is not UTF-8 or not JSON, 422 with the field's path where a value has another type.
pub fn parse_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        Problem::malformed(format!(
            "the body is not UTF-8: byte {} is wrong",
            error.valid_up_to()
        ))
    })?;
    // serde would also take a list for an object, member by member.
    if !text.trim_start().starts_with('{') {
        return Err(match serde_json::from_str::<IgnoredAny>(text) {
            Ok(_) => Problem::invalid("", "the body must be a JSON object"),
            Err(error) => Problem::malformed(format!("the body is not JSON: {error}")),
        });
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        let path = if path == "." { String::new() } else { path };
        refusal(error.into_inner(), path)
    })?;
    reader
        .end()
        .map_err(|error| Problem::malformed(format!("the body is not one JSON value: {error}")))?;
    Ok(value)
}

fn refusal(error: serde_json::Error, path: String) -> Problem {
    if error.is_data() {
        let detail = error.to_string();
        Problem::invalid(blamed_field(&detail, path), detail)
    } else {
        Problem::malformed(format!("the body is not JSON: {error}"))
    }
}

/// A field that is missing or there twice is blamed on its object; name the field itself.
fn blamed_field(detail: &str, path: String) -> String {
    let of_object = ["missing field `", "duplicate field `"]
        .iter()
        .find_map(|start| detail.strip_prefix(start)?.split('`').next());
    match of_object {
        Some(name) if path.is_empty() => name.to_owned(),
        Some(name) => format!("{path}.{name}"),
        None => path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[expect(dead_code, reason = "only its shape is of interest")]
    struct Outer {
        inner: Vec<Inner>,
    }

    #[derive(Debug, serde::Deserialize)]
    #[expect(dead_code, reason = "only its shape is of interest")]
    struct Inner {
        number: u32,
    }

    fn check(body: &[u8], status: u16, field: Option<&str>) {
        let problem = parse_json::<Outer>(body).expect_err("the body is wrong");
        assert_eq!(problem.status().as_u16(), status, "{problem}");
        assert_eq!(problem.field(), field, "{problem}");
    }

    #[test]
    fn a_value_of_another_type_is_blamed_by_its_path() {
        check(
            br#"{"inner": [{"number": 1}, {"number": "x"}]}"#,
            422,
            Some("inner[1].number"),
        );
    }

    #[test]
    fn a_missing_field_is_named() {
        check(b"{}", 422, Some("inner"));
        check(br#"{"inner": [{}]}"#, 422, Some("inner[0].number"));
    }

    #[test]
    fn a_field_given_twice_is_named() {
        check(br#"{"inner": [], "inner": []}"#, 422, Some("inner"));
        check(
            br#"{"inner": [{"number": 1, "number": 1}]}"#,
            422,
            Some("inner[0].number"),
        );
    }

    #[test]
    fn what_is_not_json_is_malformed() {
        check(b"", 400, None);
        check(b"{\"inner\": [", 400, None);
        check(b"{\"inner\": []} more", 400, None);
        check(b"{\"inner\": \"\xff\"}", 400, None);
    }

    #[test]
    fn a_list_is_no_object() {
        check(b"[[]]", 422, None);
        check(b"null", 422, None);
    }

    #[actix_web::test]
    async fn bodies_share_a_room_and_give_it_back() {
        let room = Room::new(100, Bounds::default());
        let read = async |bytes: usize| {
            let body = format!("{{\"inner\": []{}}}", " ".repeat(bytes - 13));
            let (request, mut payload) = actix_web::test::TestRequest::default()
                .app_data(Data::new(room.clone()))
                .set_payload(body)
                .to_http_parts();
            JsonBody::<Outer>::from_request(&request, &mut payload).await
        };
        let first = read(60).await.expect("there is room");
        let problem = read(41).await.expect_err("there is no room");
        assert_eq!(problem.status(), StatusCode::SERVICE_UNAVAILABLE);
        let second = read(40).await.expect("there is room for so much");
        drop((first, second));
        assert!(read(100).await.is_ok(), "all has been given back");
    }

    #[actix_web::test]
    async fn a_body_that_comes_too_slowly_is_given_up_and_gives_its_room_back() {
        tokio::time::pause();
        let room = Room::new(100, Bounds::default());
        let drips = futures_util::stream::unfold((), async |()| {
            tokio::time::sleep(Duration::from_secs(10)).await;
            Some((Ok(actix_web::web::Bytes::from_static(b" ")), ()))
        });
        let payload: Payload = Payload::Stream {
            payload: Box::pin(drips),
        };
        let begun = tokio::time::Instant::now();
        let problem = read_bounded(payload, &room)
            .await
            .expect_err("it never ends");
        assert_eq!(problem.status(), StatusCode::REQUEST_TIMEOUT);
        let patience = Bounds::default().body_time_max;
        assert!(begun.elapsed() < patience + Duration::from_secs(1));
        assert!(room.take(100).is_some(), "all has been given back");
    }

    #[test]
    fn a_deep_nest_is_refused_and_does_not_overflow_the_stack() {
        let deep = "[".repeat(100_000);
        check(deep.as_bytes(), 400, None);
        let deep = format!("{{\"more\": {deep}");
        check(deep.as_bytes(), 400, None);
    }
}
