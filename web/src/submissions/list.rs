//! `GET /api/submissions`: a page of submissions, newest first, and where the next page begins.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Query};
use serde::{Deserialize, Serialize};
use tribunal_actors::{
    AccountId, Judged, ListFilter, ListSubmissions, Owner, Scope, SubmissionId, SubmissionLine,
};
use tribunal_problems::Verdict;

use crate::auth::Viewer;
use crate::contest::time;
use crate::front::{Front, reached};
use crate::limits::PAGE_LINES_MAX;
use crate::openapi::{Invalid, Refused};
use crate::problem_details::Problem;

/// Lines of a page where the request names no number.
const PAGE_LINES_DEFAULT: u32 = 50;

/// Which submissions, and how many of them.
///
/// All are texts here, so that a refusal can name the field that is at fault.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub(crate) struct Wanted {
    /// Where the page begins: the `next` of the page before.
    cursor: Option<String>,
    /// Lines of the page, 1 to 200; without it 50.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Option<String>,
    /// Only those for this problem.
    problem: Option<String>,
    /// Only those in this language.
    language: Option<String>,
    /// Only those with this verdict; `waiting`: those that have none yet.
    #[param(example = "AC")]
    verdict: Option<String>,
    /// Only those of the account of this number; for the jury, everybody else has only their own.
    #[param(value_type = Option<i64>)]
    account: Option<String>,
}

/// A page.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct SubmissionsPage {
    submissions: Vec<Entry>,
    /// The `cursor` of the next page, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Entry {
    id: SubmissionId,
    problem: String,
    language: String,
    /// When it was accepted (RFC 3339).
    time: String,
    /// Whose it is, where it is somebody's.
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<AccountId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verdict: Option<Verdict>,
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<f64>,
}

/// Lists submissions, newest first: all to the jury, and to everybody else their own.
#[utoipa::path(
    get,
    path = "/api/submissions",
    tag = "judging",
    operation_id = "submissions",
    params(Wanted),
    responses(
        (status = 200, description = "A page of them; `next` is the cursor of the page after it.", body = SubmissionsPage, example = json!({"submissions": [{"id": 2, "problem": "sum", "language": "python", "time": "2026-11-26T16:00:00.000Z", "verdict": "AC"}], "next": "2"})),
        Refused,
        Invalid,
    ),
    security((), ("token" = []), ("session" = [])),
)]
pub(crate) async fn list(
    front: Data<Front>,
    viewer: Viewer,
    wanted: Query<Wanted>,
) -> Result<HttpResponse, Problem> {
    let wanted = wanted.into_inner();
    let limit = wanted.limit()?;
    let ask = ListSubmissions {
        filter: wanted.filter(&viewer)?,
        // One more tells whether there is a next page.
        lines_max: limit + 1,
    };
    let mut found = reached(front.registrar.send(ask).await)??;
    let goes_on = found.len() > limit as usize;
    found.truncate(limit as usize);
    let last = found.last().filter(|_| goes_on);
    Ok(HttpResponse::Ok().json(SubmissionsPage {
        next: last.map(|line| line.id.to_string()),
        submissions: found.into_iter().map(Entry::of).collect(),
    }))
}

impl Wanted {
    fn limit(&self) -> Result<u32, Problem> {
        let limit = self
            .limit
            .as_deref()
            .map_or(Ok(PAGE_LINES_DEFAULT), |text| {
                let number = text.parse().ok();
                let number = number.filter(|number| (1..=PAGE_LINES_MAX).contains(number));
                number.ok_or(())
            });
        limit.map_err(|()| {
            Problem::invalid("limit", format!("not a number from 1 to {PAGE_LINES_MAX}"))
        })
    }

    fn filter(self, viewer: &Viewer) -> Result<ListFilter, Problem> {
        let before = self.cursor.as_deref().map(|cursor| {
            let number: Result<i64, _> = cursor.parse();
            number.map_err(|_| Problem::invalid("cursor", "not the `next` of a page"))
        });
        Ok(ListFilter {
            before: before.transpose()?.map(SubmissionId),
            owner: owner(self.account.as_deref(), viewer)?,
            verdict: self.verdict.as_deref().map(judged).transpose()?,
            problem: self.problem,
            language: self.language,
            ..ListFilter::default()
        })
    }
}

/// Whose submissions: whoever is not of the jury gets no others than their own, whatever they ask for.
fn owner(account: Option<&str>, viewer: &Viewer) -> Result<Owner, Problem> {
    let named = account.map(|text| {
        let number = text.parse().map(AccountId);
        number.map_err(|_| Problem::invalid("account", "an account is named by its number"))
    });
    let named = named.transpose()?;
    if viewer.may(Scope::Jury) {
        return Ok(named.map_or(Owner::Anybody, Owner::Account));
    }
    let own = viewer.account_id();
    if named.is_some() && named != own {
        let detail = "only the jury sees the submissions of others";
        return Err(Problem::new(StatusCode::FORBIDDEN, detail).at("account"));
    }
    Ok(own.map_or(Owner::Nobody, Owner::Account))
}

/// What is named by a verdict, or by `waiting`.
pub(crate) fn judged(word: &str) -> Result<Judged, Problem> {
    if word == "waiting" {
        return Ok(Judged::Waiting);
    }
    let verdict = word.parse().map(Judged::As);
    verdict.map_err(|_| Problem::invalid("verdict", "neither a verdict nor `waiting`"))
}

impl Entry {
    fn of(line: SubmissionLine) -> Self {
        Self {
            id: line.id,
            problem: line.problem,
            language: line.language,
            time: time(line.created_at_ms),
            account: line.account,
            verdict: line.verdict,
            score: line.score,
        }
    }
}
