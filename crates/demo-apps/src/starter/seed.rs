//! What the demo is made of: tenants, apps, an API and people, set up through Portvakt's command line.

use super::command_line::{CommandLine, CreatedAccount, CreatedApp, Done};
use super::{API, SCOPE, password, set_password};
use crate::demo_file::{AppCredentials, DemoFile, DemoPerson, Ports, app_url};
use crate::fault::Fault;

struct Tenant {
    slug: &'static str,
    name: &'static str,
    language: &'static str,
    domain: &'static str,
}

struct Person {
    name: &'static str,
    address: &'static str,
    language: &'static str,
    tenant: Option<&'static str>,
}

const TENANTS: [Tenant; 2] = [
    Tenant { slug: "nordvik", name: "Nordvik kommun", language: "sv", domain: "nordvik.example" },
    Tenant { slug: "fjordby", name: "Fjordby kommune", language: "nb", domain: "fjordby.example" },
];

const PEOPLE: [Person; 3] = [
    Person {
        name: "Anna Svensson",
        address: "anna.svensson@nordvik.example",
        language: "sv",
        tenant: Some("Nordvik kommun"),
    },
    Person {
        name: "Kari Nordmann",
        address: "kari.nordmann@fjordby.example",
        language: "nb",
        tenant: Some("Fjordby kommune"),
    },
    Person { name: "Sam Taylor", address: "sam.taylor@partner.example", language: "en", tenant: None },
];

/// Sets everything up; to be called once, on an empty database.
pub async fn run(portvakt: &CommandLine, ports: Ports) -> Result<DemoFile, Fault> {
    for tenant in &TENANTS {
        let Tenant { slug, name, language, domain } = *tenant;
        portvakt.run::<Done>(&["tenant", "create", "--slug", slug, "--name", name, "--language", language]).await?;
        portvakt.run::<Done>(&["tenant", "domain", "add", "--tenant", slug, "--domain", domain]).await?;
    }
    let hrm = web_app(portvakt, "HRM", ports.hrm, true).await?;
    let staff_portal = web_app(portvakt, "Staff portal", ports.staff_portal, true).await?;
    let fieldreport = web_app(portvakt, "Fieldreport", ports.fieldreport, false).await?;
    let mobile = create(
        portvakt,
        &[
            "--name",
            "Mobile",
            "--kind",
            "native",
            "--first-party",
            "--refresh",
            // Any port of a loopback address goes (RFC 8252 §7.3).
            "--redirect-uri",
            "http://127.0.0.1/callback",
        ],
    )
    .await?;
    api(portvakt, &hrm).await?;
    // After the API, as it names a scope of it.
    let own_scope = format!("{API}#{SCOPE}");
    let timeclock = create(portvakt, &["--name", "Timeclock", "--kind", "machine", "--own-scope", &own_scope]).await?;
    let people = people(portvakt).await?;
    Ok(DemoFile { ports, api: API.to_owned(), hrm, staff_portal, fieldreport, mobile, timeclock, people })
}

async fn web_app(portvakt: &CommandLine, name: &str, port: u16, first_party: bool) -> Result<AppCredentials, Fault> {
    let redirect_uri = format!("{}/callback", app_url(port));
    let signed_out_uri = format!("{}/signed-out", app_url(port));
    let mut arguments = vec![
        "--name",
        name,
        "--kind",
        "web",
        "--refresh",
        "--redirect-uri",
        &redirect_uri,
        "--post-logout-redirect-uri",
        &signed_out_uri,
    ];
    if first_party {
        arguments.push("--first-party");
    }
    create(portvakt, &arguments).await
}

async fn create(portvakt: &CommandLine, arguments: &[&str]) -> Result<AppCredentials, Fault> {
    let created: CreatedApp = portvakt.run(&[&["app", "create"], arguments].concat()).await?;
    Ok(AppCredentials { client_id: created.client_id, client_secret: created.client_secret })
}

/// HRM's API, whose tokens HRM may also look up. Every app of the operator may ask for it, Timeclock too, which can only
/// be registered after it.
async fn api(portvakt: &CommandLine, owner: &AppCredentials) -> Result<(), Fault> {
    let arguments = [
        "api",
        "create",
        "--identifier",
        API,
        "--name",
        "HRM API",
        "--scope",
        SCOPE,
        "--form",
        "jwt",
        "--client",
        &owner.client_id,
    ];
    portvakt.run::<Done>(&arguments).await.map(|Done {}| ())
}

/// Nobody chooses another's password: each account gets a link, and the starter walks it in the person's stead.
async fn people(portvakt: &CommandLine) -> Result<Vec<DemoPerson>, Fault> {
    let mut people = Vec::new();
    for Person { name, address, language, tenant } in &PEOPLE {
        let created: CreatedAccount = portvakt
            .run(&[
                "account",
                "create",
                "--address",
                address,
                "--name",
                name,
                "--language",
                language,
                "--verified",
                "--print-link",
            ])
            .await?;
        let password = password::draw()?;
        set_password::walk(&created.set_password_link, &password).await?;
        people.push(DemoPerson {
            name: (*name).to_owned(),
            address: (*address).to_owned(),
            password,
            tenant: tenant.map(str::to_owned),
        });
    }
    Ok(people)
}
