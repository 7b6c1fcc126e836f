//! A statement as a page shows it: Markdown and HTML made safe, formulas as MathML, images from beside it.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet};
use std::path::{Component, Path};
use std::sync::{Arc, Mutex, PoisonError};

use math_core::{LatexToMathML, MathCoreConfig, MathDisplay};
use pulldown_cmark::{Event, Options, Parser, html};

/// A statement that is shown.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Rendered {
    /// Safe HTML.
    pub(super) html: String,
    /// The images that it names, relative to its file. No others are served.
    pub(super) images: BTreeSet<String>,
}

/// Elements of formulas.
const MATH: [&str; 26] = [
    "math",
    "merror",
    "mfrac",
    "mi",
    "mmultiscripts",
    "mn",
    "mo",
    "mover",
    "mpadded",
    "mphantom",
    "mprescripts",
    "mroot",
    "mrow",
    "mspace",
    "msqrt",
    "mstyle",
    "msub",
    "msubsup",
    "msup",
    "mtable",
    "mtd",
    "mtext",
    "mtr",
    "munder",
    "munderover",
    "menclose",
];

/// What formulas say of themselves. No `style`: a page takes none.
const MATH_ATTRIBUTES: [&str; 22] = [
    "accent",
    "accentunder",
    "columnalign",
    "depth",
    "display",
    "displaystyle",
    "fence",
    "form",
    "height",
    "largeop",
    "linethickness",
    "lspace",
    "mathvariant",
    "maxsize",
    "minsize",
    "movablelimits",
    "rspace",
    "scriptlevel",
    "separator",
    "stretchy",
    "symmetric",
    "width",
];

/// Shows Markdown.
pub(super) fn of_markdown(text: &str, problem: &str) -> Rendered {
    let options = Options::ENABLE_TABLES | Options::ENABLE_MATH;
    let formulas = LatexToMathML::new(MathCoreConfig::default())
        .inspect_err(|error| log::error!("formulas are shown as they are written: {error:?}"))
        .ok();
    let events = Parser::new_ext(text, options).map(|event| match event {
        Event::InlineMath(latex) => formula(formulas.as_ref(), &latex, MathDisplay::Inline),
        Event::DisplayMath(latex) => formula(formulas.as_ref(), &latex, MathDisplay::Block),
        other => other,
    });
    let mut shown = String::new();
    html::push_html(&mut shown, events);
    of_html(&shown, problem)
}

/// A formula that is not understood is shown as it is written.
fn formula<'a>(formulas: Option<&LatexToMathML>, latex: &str, display: MathDisplay) -> Event<'a> {
    let converted = formulas.and_then(|formulas| {
        let converted = formulas.convert_with_local_state(latex, display);
        converted.map(|converted| converted.mathml).ok()
    });
    match converted {
        Some(mathml) => Event::InlineHtml(mathml.into()),
        None => Event::Code(latex.to_owned().into()),
    }
}

/// Shows HTML.
pub(super) fn of_html(text: &str, problem: &str) -> Rendered {
    let images: Arc<Mutex<BTreeSet<String>>> = Arc::default();
    let (named, prefix) = (
        Arc::clone(&images),
        format!("/problems/{problem}/statement/"),
    );
    let mut cleaner = ammonia::Builder::default();
    cleaner
        .add_tags(MATH)
        .add_tag_attributes("img", ["src", "alt", "width", "height"])
        .link_rel(Some("noopener noreferrer nofollow"))
        .attribute_filter(move |element, attribute, value| {
            if (element, attribute) != ("img", "src") {
                return Some(Cow::Borrowed(value));
            }
            // An image of another host would tell it who reads.
            let path = beside(value)?;
            let shown = format!("{prefix}{path}");
            let mut named = named.lock().unwrap_or_else(PoisonError::into_inner);
            named.insert(path);
            Some(Cow::Owned(shown))
        });
    for element in MATH {
        cleaner.add_tag_attributes(element, MATH_ATTRIBUTES.into_iter().collect::<HashSet<_>>());
    }
    let html = cleaner.clean(text).to_string();
    let images = std::mem::take(&mut *images.lock().unwrap_or_else(PoisonError::into_inner));
    Rendered { html, images }
}

/// The content type of an image that may be shown.
pub(super) fn image_type(path: &str) -> Option<&'static str> {
    let (_, ending) = path.rsplit_once('.')?;
    Some(match ending.to_ascii_lowercase().as_str() {
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "svg" => "image/svg+xml",
        _ => return None,
    })
}

/// The path of an image that lies beside the statement or below; `None` for all else.
fn beside(source: &str) -> Option<String> {
    let path = source.strip_prefix("./").unwrap_or(source);
    let is_plain = |sign: char| sign.is_ascii_alphanumeric() || "._-/".contains(sign);
    let stays = Path::new(path)
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    let is_image = image_type(path).is_some();
    (is_image && stays && path.chars().all(is_plain)).then(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_mathml_and_what_is_none_stays_as_it_is() {
        let shown = of_markdown("Find $a_i^2$ where\n\n$$\\frac{1}{n} \\le 10^5$$\n", "p").html;
        assert!(shown.contains("<msubsup>"), "{shown}");
        assert!(shown.contains("<math display=\"block\">"), "{shown}");
        assert!(shown.contains("<mfrac>"), "{shown}");
        assert!(!shown.contains('$') && !shown.contains("style="), "{shown}");
        let broken = of_markdown("Find $\\nonsense{a}$.", "p").html;
        assert!(broken.contains("<code>\\nonsense{a}</code>"), "{broken}");
        let money = of_markdown("It costs $5 or $6.", "p").html;
        assert_eq!(money, "<p>It costs $5 or $6.</p>\n");
    }

    #[test]
    fn images_beside_the_statement_are_shown_and_no_others() {
        let text = "![a](img/a.png) ![b](./b.svg) ![c](https://evil.example/c.png) \
                    ![d](../data/secret/d.png) ![e](/etc/e.png) ![f](f.html) ![g](data:image/png;base64,AA)";
        let shown = of_markdown(text, "sum");
        let images: Vec<&str> = shown.images.iter().map(String::as_str).collect();
        assert_eq!(images, ["b.svg", "img/a.png"]);
        assert_eq!(shown.html.matches("src=").count(), 2, "{}", shown.html);
        let expected = "<img src=\"/problems/sum/statement/img/a.png\" alt=\"a\">";
        assert!(shown.html.contains(expected), "{}", shown.html);
    }

    #[test]
    fn what_a_browser_would_obey_is_taken_out() {
        let text = "<script>x</script><img src=a.png onerror=x><math><mtext><style>x</style></mtext></math>\
                    <p style='color:red' onclick=x>y</p><a href='javascript:x'>z</a>";
        let shown = of_html(text, "p").html;
        for gone in ["script", "onerror", "style", "onclick", "javascript"] {
            assert!(!shown.contains(gone), "{gone}: {shown}");
        }
    }
}
