//! The two schemas are one, and a program only works on its own.

use crate::kit::{World, on_both};
use portvakt_model::Fault;
use portvakt_store::Store;
use std::sync::{Arc, Barrier};

#[test]
fn both_databases_have_the_same_tables_and_columns() {
    let Some(postgres) = World::postgres() else { return };
    let sqlite = World::sqlite();
    // A column is the same if its type is the partner of the other's, and it may be absent in both or in neither.
    let there = postgres.texts(
        "select table_name || '.' || column_name || ' ' || case data_type \
           when 'uuid' then 'blob' when 'bytea' then 'blob' when 'jsonb' then 'text' when 'text' then 'text' \
           else 'integer' end || case is_nullable when 'NO' then ' not null' else '' end as line \
         from information_schema.columns where table_schema = 'public' and table_name not like '\\_\\_diesel%' order by 1",
    );
    let here = sqlite.texts(
        "select t.name || '.' || c.name || ' ' || lower(c.type) || case c.\"notnull\" when 1 then ' not null' else '' end \
           as line from sqlite_master t, pragma_table_info(t.name) c \
         where t.type = 'table' and t.name not like '\\_\\_diesel%' escape '\\' and t.name not like 'sqlite%' order by 1",
    );
    let sorted = |mut lines: Vec<String>| {
        lines.sort();
        lines
    };
    assert_eq!(sorted(here), sorted(there));

    let indexes =
        sqlite.texts("select name as line from sqlite_master where type = 'index' and sql is not null order by 1");
    let there = postgres.texts(
        "select indexname::text as line from pg_indexes where schemaname = 'public' and indexname not like '%\\_pkey' \
           and indexname not like '%\\_key' order by 1",
    );
    assert_eq!(sorted(indexes), sorted(there));
    let strict = "select name as line from pragma_table_list where type = 'table' and strict = 0 \
                  and name not like 'sqlite%' and name not like '\\_\\_diesel%' escape '\\'";
    assert_eq!(sqlite.texts(strict), Vec::<String>::new(), "every table is STRICT");
}

fn a_newer_schema_is_refused_and_says_so(world: &World) {
    assert_eq!(world.store().check_schema(), Ok(()));
    world.sql("insert into __diesel_schema_migrations (version) values ('9999')");
    for answer in [world.store().check_schema(), world.store().migrate().map(|_| ())] {
        let Err(Fault::Broken(text)) = answer else { panic!("{answer:?}") };
        assert!(text.contains("newer") && text.contains("9999"), "{text}");
    }
}

fn nodes_that_start_together_migrate_once(world: &World) {
    let start = Arc::new(Barrier::new(3));
    let nodes: Vec<_> = (0..3)
        .map(|_| {
            let (start, options) = (Arc::clone(&start), world.options.clone());
            std::thread::spawn(move || {
                let store = Store::open(options)?;
                let older = store.check_schema();
                start.wait();
                Ok::<_, Fault>((older, store.migrate()?))
            })
        })
        .collect();
    let ran: Vec<_> = nodes.into_iter().map(|node| node.join().unwrap().unwrap()).collect();
    assert!(ran.iter().all(|(older, _)| matches!(older, Err(Fault::Broken(text)) if text.contains("older"))));
    assert_eq!(ran.iter().filter(|(_, ran)| !ran.is_empty()).count(), 1, "{ran:?}");
    assert_eq!(world.node().check_schema(), Ok(()));
}

on_both!(a_newer_schema_is_refused_and_says_so);

#[test]
fn nodes_on_one_new_file_migrate_once() {
    nodes_that_start_together_migrate_once(&World::empty_sqlite());
}

#[test]
fn nodes_on_one_new_server_migrate_once() {
    if let Some(world) = World::empty_postgres() {
        nodes_that_start_together_migrate_once(&world);
    }
}

#[test]
fn an_address_that_is_none_is_refused() {
    for url in ["", "sqlite:", "sqlite::memory:", "mysql://x", "portvakt.db"] {
        let refused = Store::open(portvakt_store::Options::new(url));
        assert!(matches!(refused, Err(Fault::Broken(_))), "{url}");
    }
    for url in ["sqlite:/nowhere/at/all.db", "postgres://127.0.0.1:1/none?connect_timeout=2"] {
        let refused = Store::open(portvakt_store::Options::new(url));
        assert!(matches!(refused, Err(Fault::Unavailable(_))), "{url}");
    }
}
