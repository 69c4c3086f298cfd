//! The member "options" of "open": the reference's names for the settings of a client.

use super::{owned, text};
use siox::{
    MessagePack, Transport, View,
    client::{ClientBuilder, Kind},
    rustls,
};
use std::{sync::Arc, time::Duration};

/// Every member must be known.
pub(super) fn apply<K: Kind>(
    mut builder: ClientBuilder<K>,
    options: Option<View<'_>>,
) -> Result<ClientBuilder<K>, String> {
    let Some(options) = options else {
        return Ok(builder);
    };
    let delays = Delays::of(options)?;
    builder = builder.reconnection_delay(delays.first, delays.max);
    if let Some(tls) = tls(options)? {
        builder = builder.tls(tls);
    }
    for (name, value) in options.members() {
        builder = one(builder, &name, value).map_err(|error| format!("{name}: {error}"))?;
    }
    Ok(builder)
}

/// Two members are one setting.
struct Delays {
    first: Duration,
    max: Duration,
}

impl Delays {
    fn of(options: View<'_>) -> Result<Self, String> {
        let read = |name, default| options.get(name).map_or(Ok(default), millis);
        Ok(Self {
            first: read("reconnectionDelay", Duration::from_secs(1))?,
            max: read("reconnectionDelayMax", Duration::from_secs(5))?,
        })
    }
}

fn one<K: Kind>(
    builder: ClientBuilder<K>,
    name: &str,
    value: View<'_>,
) -> Result<ClientBuilder<K>, String> {
    Ok(match name {
        "transports" => {
            let transports: Result<Vec<Transport>, String> = value.items().map(transport).collect();
            builder.transports(transports?)
        }
        "eio" if value.as_f64() == Some(3.0) => builder.eio3(),
        "eio" if value.as_f64() == Some(4.0) => builder,
        "auth" => builder.auth(&owned(value)?),
        "query" => pairs(value)?
            .into_iter()
            .fold(builder, |builder, (key, value)| builder.query(key, value)),
        "extraHeaders" => pairs(value)?
            .into_iter()
            .fold(builder, |builder, (key, value)| {
                builder.extra_header(key, value)
            }),
        "path" => builder.path(string(value)?),
        "parser" => match string(value)?.as_str() {
            "json" => builder,
            "msgpack" => builder.parser(MessagePack::default()),
            other => return Err(format!("no parser {other}")),
        },
        "reconnection" => builder.reconnection(flag(value)?),
        "reconnectionAttempts" => builder.reconnection_attempts(count(value)?),
        "reconnectionDelay" | "reconnectionDelayMax" => builder,
        "randomizationFactor" => builder.randomization_factor(number(value)?),
        "timeout" => builder.timeout(millis(value)?),
        "retryAfterMax" => builder.retry_after_max(millis(value)?),
        "retries" => builder.retries(count(value)?),
        "ackTimeout" => builder.ack_timeout(millis(value)?),
        "forceNew" => builder.force_new(flag(value)?),
        "upgrade" => builder.upgrade(flag(value)?),
        "rememberUpgrade" => builder.remember_upgrade(flag(value)?),
        "tryAllTransports" => builder.try_all_transports(flag(value)?),
        "requestTimeout" => builder.request_timeout(millis(value)?),
        "withCredentials" => builder.with_credentials(flag(value)?),
        "offlineBuffer" => builder.offline_buffer(count(value)? as usize, Default::default()),
        "maxAttachments" => builder.max_attachments(count(value)? as usize),
        "proxy" => builder.proxy(string(value)?.parse().map_err(|error| format!("{error}"))?),
        // These three are one setting, made before.
        "ca" | "cert" | "key" => builder,
        _ => return Err("no such option, or no such value".to_owned()),
    })
}

/// TLS with the roots of a PEM file, and a certificate of our own where one is named.
fn tls(options: View<'_>) -> Result<Option<Arc<rustls::ClientConfig>>, String> {
    use rustls::pki_types::{PrivateKeyDer, pem::PemObject};
    let Some(file) = options.get("ca").map(string).transpose()? else {
        return Ok(None);
    };
    let mut roots = rustls::RootCertStore::empty();
    for certificate in certificates(&file)? {
        roots.add(certificate).map_err(|error| error.to_string())?;
    }
    let config = rustls::ClientConfig::builder().with_root_certificates(roots);
    let config = match (options.get("cert"), options.get("key")) {
        (None, None) => config.with_no_client_auth(),
        (Some(chain), Some(key)) => {
            let key =
                PrivateKeyDer::from_pem_file(string(key)?).map_err(|error| error.to_string())?;
            let made = config.with_client_auth_cert(certificates(&string(chain)?)?, key);
            made.map_err(|error| error.to_string())?
        }
        _ => return Err("cert and key: one without the other".to_owned()),
    };
    Ok(Some(Arc::new(config)))
}

/// The certificates of a PEM file.
fn certificates(file: &str) -> Result<Vec<rustls::pki_types::CertificateDer<'static>>, String> {
    use rustls::pki_types::{CertificateDer, pem::PemObject};
    let found = CertificateDer::pem_file_iter(file).map_err(|error| format!("{file}: {error}"))?;
    let all: Result<Vec<_>, _> = found.collect();
    all.map_err(|error| format!("{file}: {error}"))
}

fn transport(name: View<'_>) -> Result<Transport, String> {
    match string(name)?.as_str() {
        "polling" => Ok(Transport::Polling),
        "websocket" => Ok(Transport::WebSocket),
        other => Err(format!("no transport {other}")),
    }
}

fn pairs(object: View<'_>) -> Result<Vec<(String, String)>, String> {
    let names = object.members().map(|(name, _)| name.into_owned());
    let names: Vec<String> = names.collect();
    names
        .into_iter()
        .map(|name| text(object, &name).map(|value| (name, value)))
        .collect()
}

fn string(value: View<'_>) -> Result<String, String> {
    let text = value.as_str().ok_or("not a text")?;
    Ok(text.into_owned())
}

fn flag(value: View<'_>) -> Result<bool, String> {
    value
        .as_bool()
        .ok_or_else(|| "not true or false".to_owned())
}

fn number(value: View<'_>) -> Result<f64, String> {
    value.as_f64().ok_or_else(|| "not a number".to_owned())
}

fn count(value: View<'_>) -> Result<u32, String> {
    let number = number(value)?;
    if number.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&number) {
        return Ok(number as u32);
    }
    Err("not a whole number from 0".to_owned())
}

fn millis(value: View<'_>) -> Result<Duration, String> {
    Ok(Duration::from_millis(count(value)?.into()))
}
