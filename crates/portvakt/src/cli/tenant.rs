//! `portvakt tenant`.

use super::network::{self, Network};
use super::print::{Out, time};
use super::{PAGE, Stop, every, language, switch};
use clap::{Args, Subcommand};
use portvakt_admin::shapes;
use portvakt_flows::Ctx;
use portvakt_flows::tenant::{self as flow, Invalid, New};
use portvakt_model::{Contact, Language, PolicyDocument, PolicyVersion, Seconds, Tenant as Row};
use serde_json::{Value, json};

#[derive(Debug, Subcommand)]
pub(super) enum Tenant {
    /// Make a tenant
    Create(Create),
    /// List the tenants
    List,
    /// Show a tenant, its domains and its policy
    Show {
        /// Its slug or id
        tenant: String,
    },
    /// Suspend a tenant: nobody at home there gets in anywhere, whatever they hold
    Suspend {
        /// Its slug or id
        tenant: String,
    },
    /// Let a suspended tenant go on
    Resume {
        /// Its slug or id
        tenant: String,
    },
    /// The tenant's e-mail domains
    #[command(subcommand)]
    Domain(Domain),
    /// The networks that the tenant's people come from
    #[command(subcommand)]
    Network(Network),
    /// The tenant's policy
    #[command(subcommand)]
    Policy(Policy),
}

#[derive(Debug, Args)]
pub(super) struct Create {
    /// Its short name: 2 to 40 of a-z, 0-9 and -
    #[arg(long)]
    slug: String,
    /// Its name as people know it
    #[arg(long)]
    name: String,
    /// Its people's language
    #[arg(long, value_parser = language)]
    language: Option<Language>,
    /// What its helpdesk calls itself
    #[arg(long)]
    contact_name: Option<String>,
    /// Its helpdesk's phone
    #[arg(long)]
    contact_phone: Option<String>,
    /// Its helpdesk's address
    #[arg(long)]
    contact_mail: Option<String>,
    /// When its helpdesk answers
    #[arg(long)]
    contact_hours: Option<String>,
    /// The sender of its mails, Name <address>
    #[arg(long)]
    mail_sender: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Domain {
    /// Give a tenant a domain; you vouch that it is theirs
    Add {
        /// The tenant's slug or id
        #[arg(long)]
        tenant: String,
        /// The domain
        #[arg(long)]
        domain: String,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum Policy {
    /// Show a policy
    Show {
        /// The tenant's slug or id; without: the deployment's default
        #[arg(long)]
        tenant: Option<String>,
    },
    /// Change a policy; what is not named stays as it is. Holds at once
    Set(Box<Set>),
}

#[derive(Debug, Args)]
pub(super) struct Set {
    /// The tenant's slug or id
    #[arg(long, required_unless_present = "deployment", conflicts_with = "deployment")]
    tenant: Option<String>,
    /// Change the deployment's default
    #[arg(long)]
    deployment: bool,
    /// Portvakt's own sign-in: on, or off (single sign-on only)
    #[arg(long, value_parser = switch)]
    own_sign_in: Option<bool>,
    /// The least number of characters of a password
    #[arg(long)]
    password_min_length: Option<u16>,
    /// Whether browsers may be kept signed in when they are closed
    #[arg(long, value_parser = switch)]
    keep_signed_in: Option<bool>,
    /// Whether browsers may remember addresses
    #[arg(long, value_parser = switch)]
    remember_address: Option<bool>,
    /// How long a session lives unused, in seconds
    #[arg(long)]
    session_idle: Option<u32>,
    /// How long a session lives at most, in seconds
    #[arg(long)]
    session_absolute: Option<u32>,
    /// How long a refresh token lives unused, in seconds
    #[arg(long)]
    refresh_idle: Option<u32>,
    /// How long refresh tokens live at most, in seconds
    #[arg(long)]
    refresh_absolute: Option<u32>,
}

impl Set {
    fn apply(&self, before: &PolicyDocument) -> PolicyDocument {
        PolicyDocument {
            own_sign_in: self.own_sign_in.or(before.own_sign_in),
            password_min_length: self.password_min_length.or(before.password_min_length),
            keep_signed_in: self.keep_signed_in.or(before.keep_signed_in),
            remember_address: self.remember_address.or(before.remember_address),
            session_idle: self.session_idle.map(Seconds).or(before.session_idle),
            session_absolute: self.session_absolute.map(Seconds).or(before.session_absolute),
            refresh_idle: self.refresh_idle.map(Seconds).or(before.refresh_idle),
            refresh_absolute: self.refresh_absolute.map(Seconds).or(before.refresh_absolute),
        }
    }
}

pub(super) async fn run(ctx: &Ctx, out: Out, command: Tenant) -> Result<(), Stop> {
    match command {
        Tenant::Create(create) => {
            let tenant = flow::create(ctx, new(create)).await?.map_err(|invalid| failed(&invalid))?;
            out.one(&shapes::tenant(&tenant), &lines(&tenant));
        }
        Tenant::List => {
            let tenants = every(async |last: Option<&Row>| {
                let after = last.map(|tenant| tenant.slug.clone());
                flow::list(ctx, after, PAGE).await
            })
            .await?;
            let values: Vec<Value> = tenants.iter().map(shapes::tenant).collect();
            let lines: Vec<String> = tenants.iter().map(|tenant| format!("{}  {}", tenant.slug, tenant.name)).collect();
            out.many(&values, &lines);
        }
        Tenant::Show { tenant } => show(ctx, out, &tenant).await?,
        Tenant::Suspend { tenant } => suspend(ctx, out, &tenant, true).await?,
        Tenant::Resume { tenant } => suspend(ctx, out, &tenant, false).await?,
        Tenant::Domain(Domain::Add { tenant, domain }) => {
            let domain = flow::add_domain(ctx, &tenant, &domain).await?.map_err(|invalid| failed(&invalid))?;
            out.one(&json!({ "tenant": tenant, "domain": domain }), &[("domain", domain.clone())]);
        }
        Tenant::Network(command) => network::run(ctx, out, command).await?,
        Tenant::Policy(Policy::Show { tenant }) => {
            let policy = flow::policy(ctx, tenant.as_deref()).await?.map_err(|invalid| failed(&invalid))?;
            show_policy(out, &policy);
        }
        Tenant::Policy(Policy::Set(set)) => {
            let tenant = set.tenant.clone();
            let change = move |before: PolicyDocument| set.apply(&before);
            let policy = flow::set_policy(ctx, tenant.as_deref(), change).await?.map_err(|invalid| failed(&invalid))?;
            show_policy(out, &policy);
        }
    }
    Ok(())
}

fn new(create: Create) -> New {
    New {
        slug: create.slug,
        name: create.name,
        language: create.language,
        contact: Contact {
            name: create.contact_name,
            phone: create.contact_phone,
            mail: create.contact_mail,
            hours: create.contact_hours,
        },
        mail_sender: create.mail_sender,
    }
}

async fn show(ctx: &Ctx, out: Out, name: &str) -> Result<(), Stop> {
    let tenant = flow::find(ctx, name).await?.ok_or_else(|| failed(&Invalid::Unknown))?;
    let domains = flow::domains(ctx, tenant.id).await?;
    let networks = portvakt_flows::network::list(ctx, name).await?.map_err(network::failed)?;
    let (version, document) = flow::policy(ctx, Some(name)).await?.map_err(|invalid| failed(&invalid))?;
    let mut value = shapes::tenant(&tenant);
    if let Some(object) = value.as_object_mut() {
        object.insert("domains".to_owned(), json!(domains));
        object.insert("networks".to_owned(), networks.iter().map(shapes::network).collect());
        object.insert("policy".to_owned(), json!({ "version": version, "document": document }));
    }
    let mut lines = lines(&tenant);
    lines.push(("domains", domains.join(", ")));
    let declared: Vec<String> =
        networks.iter().map(|one| format!("{} ({})", one.network, network::people_of(one))).collect();
    lines.push(("networks", declared.join(", ")));
    lines.push(("policy", text_of(&document)));
    out.one(&value, &lines);
    Ok(())
}

async fn suspend(ctx: &Ctx, out: Out, name: &str, suspended: bool) -> Result<(), Stop> {
    let tenant = flow::set_suspended(ctx, name, suspended).await?.map_err(|invalid| failed(&invalid))?;
    out.one(&shapes::tenant(&tenant), &lines(&tenant));
    Ok(())
}

fn show_policy(out: Out, (version, document): &(PolicyVersion, PolicyDocument)) {
    let lines = [("version", version.to_string()), ("policy", text_of(document))];
    out.one(&json!({ "version": version, "document": document }), &lines);
}

fn text_of(document: &PolicyDocument) -> String {
    serde_json::to_string(document).unwrap_or_default()
}

fn lines(tenant: &Row) -> Vec<(&'static str, String)> {
    vec![
        ("tenant", tenant.id.to_string()),
        ("slug", tenant.slug.to_string()),
        ("name", tenant.name.clone()),
        ("language", tenant.language.map_or_else(String::new, |language| language.tag().to_owned())),
        ("mail sender", tenant.mail_sender.clone().unwrap_or_default()),
        ("suspended", tenant.suspended_at.map_or_else(String::new, time)),
    ]
}

fn failed(invalid: &Invalid) -> Stop {
    Stop::Failed(match invalid {
        Invalid::Slug => "A slug is 2 to 40 of a-z, 0-9 and -, beginning with a letter.".to_owned(),
        Invalid::Name => {
            "The name is empty, longer than 120 characters, or holds characters that cannot be shown.".to_owned()
        }
        Invalid::Contact("mail") => "The contact's address is no e-mail address.".to_owned(),
        Invalid::Contact(member) => {
            format!(
                "The contact's {member} is empty, longer than 120 characters, or holds characters that cannot be shown."
            )
        }
        Invalid::MailSender => {
            "A mail sender is an address, or Name <address>; the name is letters, digits and blanks.".to_owned()
        }
        Invalid::SlugTaken => "There is a tenant with that slug.".to_owned(),
        Invalid::Domain => "That is no domain name like nordvik.example.".to_owned(),
        Invalid::DomainTaken => "A domain has one owner, and this one has it already.".to_owned(),
        Invalid::Unknown => "There is no such tenant; portvakt tenant list shows them.".to_owned(),
        Invalid::Moved => "The policy was changed meanwhile: look at it and try again.".to_owned(),
        Invalid::Policy(faults) => {
            let parts: Vec<String> = faults
                .iter()
                .map(|fault| format!("{} lies between {} and {}", fault.field, fault.least, fault.most))
                .collect();
            format!("No policy can hold that: {}.", parts.join("; "))
        }
    })
}
