//! What every answer carries (security.md 5.1, 5.2): judged wherever a test of this folder gets one.

use crate::raw::{Ask, Got};

const ALWAYS: [(&str, &str); 6] = [
    ("strict-transport-security", "max-age=63072000; includeSubDomains"),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("x-frame-options", "DENY"),
    ("x-robots-tag", "noindex"),
];
const BARE_POLICY: &str = "default-src 'none'; frame-ancestors 'none'";
const COOKIES: [&str; 4] = ["__Host-pv_s", "__Host-pv_f", "__Host-pv_d", "__Host-pv_l"];
const ATTRIBUTES: &str = "; Path=/; Secure; HttpOnly; SameSite=Lax";

/// What is wrong with the answer's headers; empty when nothing is.
pub fn faults(ask: &Ask, got: &Got) -> Vec<String> {
    let mut faults = Vec::new();
    let mut demand = |is_right: bool, what: String| {
        if !is_right {
            faults.push(what);
        }
    };
    for (name, wanted) in ALWAYS {
        demand(got.all(name) == [wanted], format!("{name} is {:?}", got.all(name)));
    }
    for name in ["server", "x-powered-by", "via"] {
        demand(got.all(name).is_empty(), format!("{name} tells about us: {:?}", got.all(name)));
    }
    let permissions = got.header("permissions-policy");
    let entries: Vec<&str> = permissions.split(", ").collect();
    let is_right =
        |entry: &str| entry.ends_with("=()") || (entry.starts_with("publickey-") && entry.ends_with("=(self)"));
    demand(entries.iter().all(|entry| is_right(entry)), format!("permissions-policy is {permissions:?}"));
    for off in ["camera=()", "geolocation=()", "microphone=()", "payment=()", "usb=()"] {
        demand(entries.contains(&off), format!("permissions-policy lacks {off}"));
    }

    let path = ask.target.split('?').next().unwrap_or_default();
    let is_open = got.status == 200 && (path.starts_with("/.well-known/o") || path.starts_with("/jwks"));
    let is_asset = got.status == 200 && path.starts_with("/assets/");
    let caching = match (is_open, is_asset) {
        (true, _) => "public, max-age=3600",
        (_, true) => "public, max-age=31536000, immutable",
        _ => "no-store",
    };
    demand(got.all("cache-control") == [caching], format!("cache-control is {:?}", got.all("cache-control")));
    let resource = got.all("cross-origin-resource-policy");
    let shared = got.all("access-control-allow-origin").iter().any(|origin| *origin != "*");
    let wanted: &[&str] = match (shared, is_open) {
        (true, _) => &[],
        (_, true) => &["cross-origin"],
        _ => &["same-origin"],
    };
    demand(resource == wanted, format!("cross-origin-resource-policy is {resource:?}"));
    demand(got.all("access-control-allow-credentials").is_empty(), "scripts may send cookies".to_owned());

    let policy = got.all("content-security-policy");
    if got.is_html() {
        let nonce = nonce(got);
        let known = [page_policy(&nonce), form_post_policy(&nonce)];
        demand(known.iter().any(|known| policy == [known.as_str()]), format!("policy is {policy:?}"));
        demand(nonce.len() >= 16, format!("the nonce {nonce:?} is short"));
        faults.extend(markup(&got.body, &nonce));
    } else {
        demand(policy == [BARE_POLICY], format!("policy is {policy:?}"));
    }
    faults
        .extend(got.all("set-cookie").into_iter().filter(|line| !is_ours(line)).map(|line| format!("cookie {line:?}")));
    faults
}

/// The nonce in the policy; empty where there is none.
pub fn nonce(got: &Got) -> String {
    let policy = got.header("content-security-policy");
    let after = policy.split_once("'nonce-").map(|(_, rest)| rest.split('\'').next().unwrap_or_default());
    after.unwrap_or_default().to_owned()
}

fn page_policy(nonce: &str) -> String {
    format!(
        "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic'; style-src 'self'; img-src 'self'; font-src \
         'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'; \
         require-trusted-types-for 'script'; trusted-types 'none'"
    )
}

fn form_post_policy(nonce: &str) -> String {
    format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self'; img-src 'self'; font-src 'self'; base-uri \
         'none'; object-src 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )
}

/// Scripts carry the nonce; nothing else runs or styles.
fn markup(html: &str, nonce: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for tag in html.split('<').skip(1).filter_map(|piece| piece.split('>').next()) {
        let lower = tag.to_ascii_lowercase();
        let is_marked = tag.contains(&format!("nonce=\"{nonce}\""));
        let attributes = lower.split_whitespace().skip(1);
        let inline = attributes.filter_map(|attribute| attribute.split_once('=')).any(|(name, _)| {
            name == "style"
                || (name.starts_with("on") && name.len() > 3 && name.bytes().all(|b| b.is_ascii_lowercase()))
        });
        if (lower.starts_with("script") && !is_marked) || inline || lower.contains("=\"javascript:") {
            faults.push(format!("<{tag}> runs or styles by itself"));
        }
        if lower.starts_with("style") {
            faults.push(format!("<{tag}> stands in the page"));
        }
        let elsewhere = ["src=\"http", "src=\"//", "srcset=\"http"].iter().any(|mark| lower.contains(mark));
        if elsewhere || (lower.starts_with("link") && lower.contains("href=\"http")) {
            faults.push(format!("<{tag}> loads from elsewhere"));
        }
    }
    faults
}

fn is_ours(line: &str) -> bool {
    let Some((name, rest)) = line.split_once('=') else { return false };
    let Some((value, attributes)) = rest.split_once(';').map(|(value, _)| rest.split_at(value.len())) else {
        return false;
    };
    let age = attributes.strip_prefix(ATTRIBUTES).map(|age| age.strip_prefix("; Max-Age="));
    let age_right = match age {
        None => false,
        Some(None) => attributes == ATTRIBUTES,
        Some(Some(age)) => age.parse::<u32>().is_ok_and(|age| age <= 34_560_000),
    };
    let value_right = value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    COOKIES.contains(&name) && value_right && matches!(value.len(), 0 | 2 | 43) && age_right
}
