//! The pages: which path is answered by which.

use actix_web::middleware::from_fn;
use actix_web::web::{self, ServiceConfig};
use tribunal_actors::Scope;

use super::{GET, GET_POST, POST, at, get};
use crate::auth::{needs, signed_in};
use crate::pages;

/// Those that everybody may ask for, and what they are made of.
pub(super) fn of_people(config: &mut ServiceConfig) {
    config
        .service(at("/assets/style.css", GET).route(get().to(pages::assets::style)))
        .service(at("/assets/icon.svg", GET).route(get().to(pages::assets::icon)))
        .service(at("/assets/tribunal.js", GET).route(get().to(pages::assets::script)))
        .service(
            at("/problems/{id}", GET_POST)
                .route(get().to(pages::problem::problem))
                .route(
                    web::post()
                        .to(pages::problem::submit)
                        .wrap(from_fn(needs(Scope::Submit))),
                ),
        )
        .service(
            at("/problems/{id}/statement/{path:.*}", GET).route(get().to(pages::problem::image)),
        )
        .service(at("/problems/{id}/statement", GET).route(get().to(pages::problem::statement)))
        .service(
            at("/submissions", GET)
                .route(get().to(pages::submissions::submissions))
                .wrap(from_fn(signed_in(Scope::Read))),
        )
        .service(
            at("/submissions/{id}", GET)
                .route(get().to(pages::submissions::submission))
                .wrap(from_fn(signed_in(Scope::Read))),
        )
        .service(
            at("/scoreboard", GET)
                .route(get().to(pages::contest::scoreboard))
                .wrap(from_fn(signed_in(Scope::Read))),
        )
        .service(
            at("/clarifications", GET_POST)
                .route(
                    get()
                        .to(pages::clarifications::list)
                        .wrap(from_fn(signed_in(Scope::Read))),
                )
                .route(
                    web::post()
                        .to(pages::clarifications::say)
                        .wrap(from_fn(needs(Scope::Read))),
                ),
        )
        .service(
            at("/account", GET_POST)
                .route(
                    get()
                        .to(pages::account::show)
                        .wrap(from_fn(signed_in(Scope::Read))),
                )
                .route(
                    web::post()
                        .to(pages::account::order)
                        .wrap(from_fn(needs(Scope::Read))),
                ),
        )
        .service(
            at("/accounts", GET_POST)
                .route(
                    get()
                        .to(pages::accounts::list)
                        .wrap(from_fn(signed_in(Scope::Admin))),
                )
                .route(
                    web::post()
                        .to(pages::accounts::order)
                        .wrap(from_fn(needs(Scope::Admin))),
                ),
        )
        .service(
            at("/operator", GET)
                .route(get().to(pages::operator::show))
                .wrap(from_fn(signed_in(Scope::Jury))),
        )
        .service(
            at("/contest/control", POST)
                .route(web::post().to(pages::contest::control))
                .wrap(from_fn(needs(Scope::Jury))),
        );
}

/// Those of the jury.
pub(super) fn of_the_jury(config: &mut ServiceConfig) {
    config
        .service(
            at("/rejudgings", GET_POST)
                .route(
                    get()
                        .to(pages::rejudgings::list)
                        .wrap(from_fn(signed_in(Scope::Jury))),
                )
                .route(
                    web::post()
                        .to(pages::rejudgings::begin)
                        .wrap(from_fn(needs(Scope::Jury))),
                ),
        )
        .service(
            at("/rejudgings/{id}", GET_POST)
                .route(
                    get()
                        .to(pages::rejudgings::show)
                        .wrap(from_fn(signed_in(Scope::Jury))),
                )
                .route(
                    web::post()
                        .to(pages::rejudgings::order)
                        .wrap(from_fn(needs(Scope::Jury))),
                ),
        )
        .service(
            at("/packages", GET_POST)
                .route(
                    get()
                        .to(pages::packages::list)
                        .wrap(from_fn(signed_in(Scope::Jury))),
                )
                .route(
                    web::post()
                        .to(pages::packages::send)
                        .wrap(from_fn(needs(Scope::Jury))),
                ),
        )
        .service(
            at("/packages/{id}", GET_POST)
                .route(
                    get()
                        .to(pages::packages::show)
                        .wrap(from_fn(signed_in(Scope::Jury))),
                )
                .route(
                    web::post()
                        .to(pages::packages::order)
                        .wrap(from_fn(needs(Scope::Jury))),
                ),
        );
}
