//! `GET /api/languages`: what can be judged here, and what installs the rest.

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde::Serialize;
use tribunal_actors::Toolchains;
use tribunal_problems::{Language, Languages};

use crate::front::Front;
use crate::openapi::Refused;
use crate::problem_details::Problem;

/// A language and whether it can be judged here.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct LanguageView<'a> {
    /// The id, by which requests name it.
    pub id: &'a str,
    /// The name for people.
    pub name: &'a str,
    /// Other words that name it in requests.
    pub aliases: &'a [String],
    /// The endings of its source files, without the dot.
    pub extensions: &'a [String],
    /// Whether it can be judged here.
    pub available: bool,
    /// The toolchain's version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<&'a str>,
    /// Why it cannot be judged, and what mends it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl<'a> LanguageView<'a> {
    /// Every language, in the order of the ids.
    pub fn all(languages: &'a Languages, toolchains: &'a Toolchains) -> Vec<Self> {
        languages
            .all()
            .map(|language| Self::of(language, toolchains))
            .collect()
    }

    fn of(language: &'a Language, toolchains: &'a Toolchains) -> Self {
        let usable = toolchains.get(&language.id);
        let version = match usable {
            Some(Ok(probed)) => Some(probed.version.as_str()),
            _ => None,
        };
        let reason = match usable {
            Some(Ok(_)) => None,
            Some(Err(unusable)) => Some(unusable.to_string()),
            None => Some("it was not looked for".to_owned()),
        };
        Self {
            id: language.id.as_str(),
            name: &language.name,
            aliases: &language.aliases,
            extensions: &language.extensions,
            available: version.is_some(),
            version,
            reason,
        }
    }
}

/// The language of this name, if it can be judged here.
///
/// # Errors
/// A 4xx on the field `language` that says what there is instead, or what installs the toolchain.
pub(crate) fn usable_language<'a>(
    languages: &'a Languages,
    toolchains: &Toolchains,
    name: &str,
) -> Result<&'a Language, Problem> {
    let is_usable = |language: &Language| matches!(toolchains.get(&language.id), Some(Ok(_)));
    let Some(language) = languages.get(name) else {
        let known: Vec<&str> = languages
            .all()
            .filter(|language| is_usable(language))
            .map(|language| language.id.as_str())
            .collect();
        let shown: String = name.chars().take(40).collect();
        return Err(Problem::invalid(
            "language",
            format!(
                "there is no language {shown:?}; there are {}",
                known.join(" ")
            ),
        ));
    };
    match toolchains.get(&language.id) {
        Some(Ok(_)) => Ok(language),
        Some(Err(unusable)) => Err(Problem::invalid("language", unusable.to_string())),
        None => Err(Problem::invalid("language", "it was not looked for")),
    }
}

/// Lists the languages.
#[utoipa::path(
    get,
    path = "/api/languages",
    tag = "judging",
    operation_id = "languages",
    responses(
        (status = 200, description = "Every language, in the order of the ids.", body = Vec<LanguageView>),
        Refused,
    ),
    security(()),
)]
pub(crate) async fn list(front: Data<Front>) -> HttpResponse {
    HttpResponse::Ok().json(LanguageView::all(&front.languages, &front.toolchains))
}
