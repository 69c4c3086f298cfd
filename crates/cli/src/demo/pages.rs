//! The page with its style and modules, all part of the binary.

use axum::{
    Router,
    http::header,
    response::{IntoResponse, Response},
    routing::get,
};
use bytes::Bytes;

const PAGE: &str = include_str!("../../assets/index.html");
/// What `PAGE` says when its own client is used, and what it says instead with the official one.
const EMBEDDED: &str = "data-client=\"embedded\"";
const OFFICIAL: &str = "data-client=\"official\"";

const ASSETS: [(&str, &str); 6] = [
    ("/style.css", include_str!("../../assets/style.css")),
    ("/chat.js", include_str!("../../assets/chat.js")),
    ("/view.js", include_str!("../../assets/view.js")),
    ("/pictures.js", include_str!("../../assets/pictures.js")),
    ("/client.js", include_str!("../../assets/client.js")),
    ("/icon.svg", include_str!("../../assets/icon.svg")),
];

/// Nothing but this server's own files and the pictures of the chat, which are blobs.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; \
    connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The routes of the page. With `official`, the page loads that client instead of its own.
pub(crate) fn page(official: bool) -> Router {
    let page: Bytes = if official {
        PAGE.replacen(EMBEDDED, OFFICIAL, 1).into()
    } else {
        PAGE.into()
    };
    let home = get(move || {
        let page = page.clone();
        async move { file("text/html; charset=utf-8", page) }
    });
    ASSETS
        .iter()
        .fold(Router::new().route("/", home), |router, &(path, text)| {
            let kind = mime(path).unwrap_or("text/plain");
            router.route(path, get(move || async move { file(kind, text.into()) }))
        })
}

fn file(kind: &'static str, bytes: Bytes) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "no-cache"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (headers, bytes).into_response()
}

fn mime(name: &str) -> Option<&'static str> {
    match name.rsplit_once('.')?.1 {
        "js" => Some("text/javascript; charset=utf-8"),
        "css" => Some("text/css; charset=utf-8"),
        "svg" => Some("image/svg+xml"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_one_marker_and_names_only_files_that_are_served() {
        assert_eq!(PAGE.matches(EMBEDDED).count(), 1);
        for quoted in PAGE.split("=\"/").skip(1) {
            let path = format!("/{}", quoted.split('"').next().unwrap());
            assert!(ASSETS.iter().any(|(asset, _)| *asset == path), "{path}");
        }
    }

    #[test]
    fn nothing_comes_from_elsewhere() {
        for (path, text) in ASSETS
            .iter()
            .filter(|(path, _)| *path != "/icon.svg")
            .chain([&("/", PAGE)])
        {
            assert!(
                !text.contains("http://") && !text.contains("https://"),
                "{path}"
            );
            assert!(!text.contains("innerHTML"), "{path}");
        }
    }

    #[test]
    fn the_embedded_client_stays_small() {
        let (_, client) = ASSETS
            .iter()
            .find(|(path, _)| *path == "/client.js")
            .unwrap();
        assert!(client.lines().count() <= 150);
    }
}
