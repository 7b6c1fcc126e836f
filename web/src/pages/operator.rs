//! `/operator`: the invokers, their slots and queues as they are now, and what the last hour was like.

mod hour;
mod plot;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use askama::Template;
use tribunal_actors::{GetFigures, NodeStats};

use super::{Shell, rendered, shown};
use crate::auth::Viewer;
use crate::front::{Front, reached};
use crate::openapi::Refused;
use crate::problem_details::Problem;

use plot::Plot;

#[derive(Template)]
#[template(path = "operator.html")]
struct Page {
    shell: Shell,
    quarantined: Vec<String>,
    submissions: (usize, usize, usize),
    jobs: (usize, usize),
    boxes: Option<(usize, usize, u64)>,
    invokers: Vec<Invoker>,
    plots: Vec<Plot>,
}

/// What one invoker is doing.
struct Invoker {
    number: usize,
    busy: usize,
    slots: usize,
    waiting: usize,
    jobs: u64,
    cached: u64,
    cached_mib: u64,
    hits: String,
}

/// Shows how the judge is doing.
#[utoipa::path(
    get,
    path = "/operator",
    tag = "pages",
    operation_id = "operator_page",
    responses(
        (status = 200, description = "How the judge is doing.", body = String, content_type = "text/html"),
        (status = 303, description = "To where to sign in."),
        Refused,
    ),
    security(("token" = []), ("session" = [])),
)]
pub(crate) async fn show(front: Data<Front>, viewer: Viewer) -> Result<HttpResponse, Problem> {
    let stats = front.gauges.read().await;
    let samples = reached(front.figures.send(GetFigures).await)?;
    let invokers = invokers(&stats);
    let registrar = &stats.registrar;
    let slots = invokers.iter().map(|invoker| invoker.slots).sum();
    let quarantined = registrar.quarantined.iter();
    let page = Page {
        shell: Shell::of(&front, &viewer),
        quarantined: quarantined.map(|name| shown::visible(name)).collect(),
        submissions: (registrar.waiting, registrar.running, registrar.anonymous),
        jobs: (stats.scheduler.waiting, stats.scheduler.running),
        boxes: stats.boxes.map(|boxes| {
            let dirty = boxes.discarded.values().sum();
            (boxes.ready, boxes.in_use, dirty)
        }),
        plots: hour::plots(&samples, slots),
        invokers,
    };
    rendered(StatusCode::OK, &page)
}

fn invokers(stats: &NodeStats) -> Vec<Invoker> {
    let each = stats.slots.iter().zip(&stats.times).zip(&stats.caches);
    (1..)
        .zip(each)
        .map(|(number, ((slots, times), cache))| Invoker {
            number,
            busy: slots.busy,
            slots: slots.busy + slots.free,
            waiting: times.waiting + slots.waiting,
            jobs: times.jobs,
            cached: cache.entries as u64,
            cached_mib: cache.bytes >> 20,
            hits: match cache.hits + cache.loads {
                0 => "–".to_owned(),
                asked => format!("{} %", cache.hits * 100 / asked),
            },
        })
        .collect()
}
