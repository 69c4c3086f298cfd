//! The files the demo serves: the page with its style and modules, all part of the binary, and with
//! `--client-dir` the official client. They are served from memory; no request reaches the disk.

use axum::{
    Router,
    extract::Path as UrlPath,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::{MethodRouter, get},
};
use bytes::Bytes;
use std::{collections::HashMap, fmt, fs, io, path::Path, sync::Arc};

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

/// The file the page loads from the official client.
const ENTRY: &str = "socket.io.js";
/// Bytes in a file of the client's folder; larger ones are not the client's.
const CLIENT_FILE: u64 = 4 * 1024 * 1024;

/// The official client's files by name.
pub(crate) type Client = HashMap<String, Bytes>;

/// Why a folder cannot be used as the official client's.
#[derive(Debug)]
pub(crate) enum ClientError {
    Unreadable(io::Error),
    NoEntry,
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(error) => write!(f, "cannot read the client's files: {error}"),
            Self::NoEntry => write!(
                f,
                "there is no {ENTRY}; the folder wanted is the `client-dist` of the npm package socket.io, \
                 or the `dist` of socket.io-client"
            ),
        }
    }
}

/// Reads the client's files: scripts and source maps, not what is in folders below.
pub(crate) fn read_client(folder: &Path) -> Result<Client, ClientError> {
    let mut files = Client::new();
    for entry in fs::read_dir(folder).map_err(ClientError::Unreadable)? {
        let path = entry.map_err(ClientError::Unreadable)?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
            continue;
        };
        let about = fs::metadata(&path).map_err(ClientError::Unreadable)?;
        if mime(name).is_some() && about.is_file() && about.len() <= CLIENT_FILE {
            files.insert(
                name.to_owned(),
                fs::read(&path).map_err(ClientError::Unreadable)?.into(),
            );
        }
    }
    if files.contains_key(ENTRY) {
        Ok(files)
    } else {
        Err(ClientError::NoEntry)
    }
}

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

/// Where the official client's files are: beside the Socket.IO endpoint `/socket.io/`, so the route must
/// be added outside that endpoint's layer.
pub(crate) const CLIENT_PATH: &str = "/socket.io/{file}";

/// What answers [`CLIENT_PATH`].
pub(crate) fn client(files: Client) -> MethodRouter {
    let files = Arc::new(files);
    get(move |UrlPath(name): UrlPath<String>| async move {
        match (files.get(&name), mime(&name)) {
            (Some(bytes), Some(kind)) => file(kind, bytes.clone()),
            _ => StatusCode::NOT_FOUND.into_response(),
        }
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
        "map" => Some("application/json"),
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
