//! Pictures of apps, through us: seldom fetched, of few kinds, and nobody learns who looks.

use crate::kit::{PORTAL, World, on_both};
use portvakt_flows::logo;
use portvakt_flows::outside::{FetchFault, FetchPurpose, Fetched};
use portvakt_model::{App, Language, Seconds};
use portvakt_protocol::picture::PictureKind;

on_both! {
    many_look_and_the_app_s_host_is_asked_once,
    what_is_no_picture_is_never_passed_on,
    a_language_has_its_own_picture_where_one_is_registered,
}

const URL: &str = "https://portal.example/logo";
const SWEDISH: &str = "https://portal.example/logga";
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x40\0\0\0\x40\x08\x06\0\0\0";
/// The same, 65536 pixels wide.
const WALL: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\x01\0\0\0\0\0\x40\x08\x06\0\0\0";
const GIF: &[u8] = b"GIF89a\x08\0\x08\0\0\0\0\x2c\0\0\0\0\x08\0\x08\0\0\x02\x02\x4c\x01\0\x3b";

/// The portal, with a picture.
fn pictured(world: &World) {
    world.write(|tx| {
        let app = tx.apps().find_by_client_id(PORTAL)?.unwrap();
        let mut settings = app.settings.clone();
        settings.about.logo_uri = Some(URL.to_owned());
        settings.about.localized.insert("logo_uri#sv".to_owned(), SWEDISH.to_owned());
        tx.apps().replace(&App { settings, ..app })
    });
    world.run(world.ctx.keeper.refresh(&world.ctx.dice));
}

/// A page with these octets. What it is called does not matter.
fn served(body: &[u8]) -> Fetched {
    Fetched { status: 200, content_type: Some("text/html".to_owned()), max_age: None, body: body.to_vec() }
}

fn look(world: &World) -> Option<PictureKind> {
    world.run(logo::get(&world.ctx, PORTAL, None)).map(|picture| picture.kind)
}

fn many_look_and_the_app_s_host_is_asked_once(world: &World) {
    pictured(world);
    world.serve(URL, Ok(served(PNG)));
    let ctx = &world.ctx;
    let looks = (0..8).map(|_| {
        let ctx = ctx.clone();
        async move { logo::get(&ctx, PORTAL, None).await }
    });
    assert!(world.at_once(looks).iter().all(|got| got.as_ref().is_some_and(|picture| picture.octets == PNG)));
    let fetches = world.fetches();
    assert_eq!((fetches.len(), fetches[0].purpose), (1, FetchPurpose::Logo));
    world.later(Seconds::minutes(59));
    assert_eq!((look(world), world.fetches().len()), (Some(PictureKind::Png), 0));
    // Its server is gone: what was there stays for days.
    world.serve(URL, Err(FetchFault::Connect));
    world.later(Seconds::days(6));
    assert_eq!((look(world), world.fetches().len()), (Some(PictureKind::Png), 1));
    world.later(Seconds::days(2));
    assert_eq!(look(world), None);
    assert!(world.run(logo::get(ctx, crate::kit::HRM, None)).is_none(), "it has none");
    assert!(world.run(logo::get(ctx, "app_nobody", None)).is_none());
}

fn what_is_no_picture_is_never_passed_on(world: &World) {
    pictured(world);
    let gone = Fetched { status: 404, ..served(PNG) };
    for bad in [served(b"<svg onload=\"alert(1)\"/>"), served(b"<!doctype html>"), served(b""), served(WALL), gone] {
        world.serve(URL, Ok(bad));
        assert_eq!(look(world), None);
        assert_eq!((look(world), world.fetches().len()), (None, 1), "and is left alone for a while");
        world.later(Seconds::hours(2));
    }
}

fn a_language_has_its_own_picture_where_one_is_registered(world: &World) {
    pictured(world);
    world.serve(URL, Ok(served(PNG)));
    world.serve(SWEDISH, Ok(served(GIF)));
    let kind = |language| world.run(logo::get(&world.ctx, PORTAL, language)).map(|picture| picture.kind);
    assert_eq!(kind(Some(Language::Sv)), Some(PictureKind::Gif));
    assert_eq!(kind(Some(Language::Nb)), Some(PictureKind::Png));
    assert_eq!(kind(None), Some(PictureKind::Png));
}
