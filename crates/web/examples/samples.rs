//! Writes every page sample and every mail in every language to the folder named by `PORTVAKT_SAMPLES`, with the assets
//! beside them, so that eyes and browser tests can look at them without a server.

use portvakt_model::message::Message;
use portvakt_model::{Language, Timestamp};
use portvakt_web::samples::{Sampler, all};
use portvakt_web::{Words, assets, mail};
use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(env::var_os("PORTVAKT_SAMPLES").ok_or("PORTVAKT_SAMPLES names no folder")?);
    fs::create_dir_all(folder.join("assets"))?;
    for asset in assets::all() {
        // Fonts stand beside the style, so its absolute paths become relative ones.
        let bytes = match std::str::from_utf8(asset.bytes) {
            Ok(text) => text.replace("url(/assets/", "url(").into_bytes(),
            Err(_) => asset.bytes.to_vec(),
        };
        fs::write(folder.join(asset.path.trim_start_matches('/')), bytes)?;
    }
    for language in Language::ALL {
        for sample in all(&Sampler::of(Words::of(language), "sample"))? {
            let html = sample.html.replace("\"/assets/", "\"assets/");
            fs::write(folder.join(format!("{}.{}.{}.html", sample.page, sample.state, language.tag())), html)?;
        }
        for (name, message) in letters() {
            let mail = mail::render(&message, &context(language))?;
            fs::write(folder.join(format!("mail.{name}.{}.html", language.tag())), mail.html)?;
            fs::write(folder.join(format!("mail.{name}.{}.txt", language.tag())), mail.subject + "\n\n" + &mail.text)?;
        }
    }
    Ok(())
}

fn letters() -> [(&'static str, Message); 6] {
    let until = Timestamp::from_seconds(1_795_269_900);
    let link = "https://id.nordvik.example/password/link?handle=AbCdEfGhIjKlMnOpQrStUvWxYz0123456789_-AbCdE".to_owned();
    [
        ("reset", Message::PasswordLink { link: link.clone(), until, first: false }),
        ("first", Message::PasswordLink { link: link.clone(), until, first: true }),
        ("link", Message::SignInLink { link, until }),
        ("changed", Message::PasswordChanged { at: until }),
        ("device", Message::NewDevice { at: until, browser: "Firefox · Windows".to_owned() }),
        ("organisation", Message::OrganisationSignIn),
    ]
}

fn context(language: Language) -> mail::MailContext {
    mail::MailContext {
        language,
        tenant_name: "Nordvik kommun".to_owned(),
        person_name: "Anna Svensson".to_owned(),
        product: "Portvakt".to_owned(),
    }
}
