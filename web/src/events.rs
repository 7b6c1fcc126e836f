//! `GET /api/submissions/{id}/events` and `GET /api/contest/events`: what happens to a submission, and in the contest, as
//! server-sent events.
//!
//! A reader that comes with `Last-Event-ID` gets what came after it. One that comes without gets first an event `state`
//! with the submission as it is now, or `contest`; the stream of a submission ends with the verdict. A reader that missed events, since it was slow or
//! long away, gets `resync` and should read the state afresh. Nothing here carries a test's data or an output.

mod streams;

use std::collections::VecDeque;
use std::time::Duration;

use actix_web::http::header;
use actix_web::web::{Bytes, BytesMut, Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use futures_util::stream;
use serde::Serialize;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tribunal_actors::{Event, EventKind, SubmissionStatus, Subscribe, Topic, Update};

use crate::auth::Viewer;
use crate::contest::{ContestJson, in_contest};
use crate::front::{Front, reached};
use crate::openapi::{Invalid, NotFound, Refused, SentEvent};
use crate::problem_details::Problem;
use crate::submissions::{PublicView, parse_id};

pub(crate) use streams::Streams;

use streams::Reader;

/// Silence after which a comment is sent, so that a dead connection is noticed and proxies keep a living one.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Watches one submission.
#[utoipa::path(
    get,
    path = "/api/submissions/{id}/events",
    tag = "judging",
    operation_id = "submission_events",
    params(("id" = i64, Path, description = "The number of the submission."), ("Last-Event-ID" = Option<u64>, Header, description = "The number of the last event that has been read.")),
    responses(
        (status = 200, description = "Server-sent events, the data of each one line of JSON.", body = SentEvent, content_type = "text/event-stream"),
        (status = 204, description = "It is judged, and all has been told."),
        Refused,
        NotFound,
        Invalid,
    ),
    security((), ("token" = []), ("session" = [])),
)]
pub(crate) async fn watch(
    front: Data<Front>,
    viewer: Viewer,
    id: Path<String>,
    request: HttpRequest,
    streams: Data<Streams>,
) -> Result<HttpResponse, Problem> {
    let id = parse_id(&id)?;
    let after = last_event_id(&request)?;
    front.submission(&viewer, id).await?;
    // First the subscription and then the state: what happens in between is told twice rather than never.
    let mut updates = subscribe(&front, after, Topic::Submission(id)).await?;
    let view = front.submission(&viewer, id).await?;
    let mut ready = VecDeque::new();
    if after.is_none() {
        ready.push_back(frame("state", None, &PublicView::of(&view)));
    }
    let mut over = false;
    if view.status == SubmissionStatus::Done {
        while let Ok(update) = updates.try_recv() {
            ready.push_back(update_frame(&streams, &update));
        }
        over = true;
    }
    if over && ready.is_empty() {
        // What tells an `EventSource` not to come again.
        return Ok(HttpResponse::NoContent().finish());
    }
    Ok(streaming(Feed {
        ready,
        updates,
        over,
        reader: Reader::of(&streams),
        next_at: Instant::now(),
    }))
}

/// Watches the contest: what this viewer may hear of, as long as it listens.
#[utoipa::path(
    get,
    path = "/api/contest/events",
    tag = "contest",
    operation_id = "contest_events",
    params(("Last-Event-ID" = Option<u64>, Header, description = "The number of the last event that has been read.")),
    responses(
        (status = 200, description = "Server-sent events, the data of each one line of JSON.", body = SentEvent, content_type = "text/event-stream"),
        Refused,
        NotFound,
        Invalid,
    ),
    security((), ("token" = []), ("session" = [])),
)]
pub(crate) async fn watch_contest(
    front: Data<Front>,
    viewer: Viewer,
    request: HttpRequest,
    streams: Data<Streams>,
) -> Result<HttpResponse, Problem> {
    front.contest()?;
    let after = last_event_id(&request)?;
    let topic = Topic::Contest(in_contest(&viewer));
    let updates = subscribe(&front, after, topic).await?;
    let mut ready = VecDeque::new();
    if after.is_none() {
        let view = front.contest_view(&viewer).await?;
        ready.push_back(frame("contest", None, &ContestJson::of(&view)));
    }
    Ok(streaming(Feed {
        ready,
        updates,
        over: false,
        reader: Reader::of(&streams),
        next_at: Instant::now(),
    }))
}

async fn subscribe(
    front: &Front,
    after: Option<u64>,
    topic: Topic,
) -> Result<mpsc::Receiver<Update>, Problem> {
    let subscription = front.event_log.send(Subscribe { after, topic }).await;
    reached(subscription)?.map_err(|error| Problem::unavailable(error.to_string(), 5))
}

fn streaming(feed: Feed) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/event-stream"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header(("x-accel-buffering", "no"))
        .insert_header((header::CONTENT_ENCODING, "identity"))
        .streaming(stream::unfold(feed, Feed::next))
}

/// What is still to be sent.
struct Feed {
    ready: VecDeque<Bytes>,
    updates: mpsc::Receiver<Update>,
    over: bool,
    reader: Reader,
    /// Before this, nothing more is sent.
    next_at: Instant,
}

impl Feed {
    async fn next(mut self) -> Option<(Result<Bytes, Problem>, Self)> {
        if let Some(bytes) = self.ready.pop_front() {
            return Some((Ok(bytes), self));
        }
        if self.over {
            return None;
        }
        tokio::time::sleep_until(self.next_at).await;
        let Ok(update) = tokio::time::timeout(KEEP_ALIVE, self.updates.recv()).await else {
            return Some((Ok(Bytes::from_static(b": still here\n\n")), self));
        };
        let piece = self.piece(&update?);
        self.next_at = Instant::now() + self.reader.pause();
        Some((Ok(piece), self))
    }

    /// This update, and what else has happened.
    fn piece(&mut self, first: &Update) -> Bytes {
        let frame = |update: &Update| update_frame(self.reader.streams(), update);
        let first_frame = frame(first);
        self.over = is_last(first);
        let mut more = BytesMut::new();
        while !self.over
            && let Ok(update) = self.updates.try_recv()
        {
            self.over = is_last(&update);
            more.extend_from_slice(&frame(&update));
        }
        if more.is_empty() {
            return first_frame;
        }
        let mut piece = BytesMut::from(&*first_frame);
        piece.extend_from_slice(&more);
        piece.freeze()
    }
}

fn is_last(update: &Update) -> bool {
    match update {
        Update::Event(event) => matches!(event.kind, EventKind::Judged { .. }),
        Update::Lagged { .. } => true,
    }
}

fn update_frame(streams: &Streams, update: &Update) -> Bytes {
    match update {
        Update::Event(event) => streams.frame(event),
        // The id is that of the last event missed: who comes again with it is not told the same once more.
        Update::Lagged { next } => frame(
            "resync",
            Some(next.saturating_sub(1)),
            &serde_json::json!({ "next": next }),
        ),
    }
}

fn event_frame(event: &Event) -> Bytes {
    frame(event_name(event), Some(event.number), event)
}

fn event_name(event: &Event) -> &'static str {
    match &event.kind {
        EventKind::Queued => "queued",
        EventKind::Compiling => "compiling",
        EventKind::Compiled { .. } => "compiled",
        EventKind::TestDone { .. } => "test_done",
        EventKind::Judged { .. } => "judged",
        EventKind::Contest { news, .. } => news.word(),
    }
}

/// One event; JSON has no raw line break in it, so one `data` line holds it.
fn frame(name: &str, id: Option<u64>, data: &impl Serialize) -> Bytes {
    let data = serde_json::to_string(data).unwrap_or_else(|error| {
        log::error!("an event is no JSON: {error}");
        "null".to_owned()
    });
    let id = id.map_or_else(String::new, |id| format!("id: {id}\n"));
    Bytes::from(format!("{id}event: {name}\ndata: {data}\n\n"))
}

fn last_event_id(request: &HttpRequest) -> Result<Option<u64>, Problem> {
    let Some(value) = request.headers().get("last-event-id") else {
        return Ok(None);
    };
    value
        .to_str()
        .ok()
        .and_then(|text| text.trim().parse().ok())
        .map(Some)
        .ok_or_else(|| Problem::invalid("Last-Event-ID", "not the number of an event"))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tribunal_problems::Verdict;

    use super::*;

    #[test]
    fn a_frame_has_number_name_and_one_line_of_data() {
        let update = Update::Event(Arc::new(Event {
            number: 7,
            build: None,
            submission: Some(tribunal_actors::SubmissionId(3)),
            kind: EventKind::Judged {
                verdict: Verdict::AC,
                score: None,
            },
        }));
        assert!(is_last(&update));
        let frame = update_frame(&Streams::default(), &update);
        let text = String::from_utf8(frame.to_vec()).expect("UTF-8");
        assert_eq!(
            text,
            "id: 7\nevent: judged\ndata: {\"number\":7,\"submission\":3,\"event\":\"judged\",\"verdict\":\"AC\"}\n\n"
        );
    }

    #[test]
    fn a_late_reader_does_not_lag_twice() {
        let frame = update_frame(&Streams::default(), &Update::Lagged { next: 12 });
        assert!(frame.starts_with(b"id: 11\nevent: resync\n"));
    }
}
