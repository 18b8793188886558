//! Shows that the tests of the gate can fail: in a copy of the tree, each flow that asks `policy::admit` is waved
//! through, one after the other, and a test that tries every way in against a running server must notice.
//!
//! `portvakt-mutants FOLDER`, in the tree's root; the copy lives in FOLDER and is used again the next time. It is built
//! once: which call is waved through is said at run time. The last line is like those of Rust's own test programs.

mod copy;
mod gate;
mod judge;
mod mutant;
mod names;
mod sites;
mod source;

use judge::{Judge, Judges, Verdict, cargo, test_program};
use mutant::Mutant;
use names::PROGRAM;
use sites::Sites;
use source::Source;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::{env, fs, thread};

/// What went wrong, in words.
type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The crate that holds the gate.
const POLICY: &str = "crates/policy/src";
/// This crate, which speaks of the gate and asks nothing.
const OWN: &str = "crates/mutants";

fn main() -> ExitCode {
    let folder = env::args_os().nth(1).map(PathBuf::from);
    let done = folder.ok_or_else(|| Failure::from("say where the copy may live")).and_then(|folder| run(&folder));
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            tell(&format!("mutants: {failure}"));
            ExitCode::FAILURE
        }
    }
}

fn tell(line: &str) {
    // Whoever reads no more needs no line.
    writeln!(io::stdout(), "{line}").ok();
}

fn run(folder: &Path) -> Result<bool, Failure> {
    let root = env::current_dir()?;
    fs::create_dir_all(folder)?;
    let folder = folder.canonicalize()?;
    let (gate, sources) = read(&root)?;
    let sites = Sites::find(&gate, &sources)?;
    let mutants = mutant::all(&sites)?;
    let copy = folder.join("tree");
    fs::create_dir_all(&copy)?;
    copy::mirror(&root, &copy, &changed(&root, &sites, &sources)?)?;
    let judges = build(root, &copy, &folder)?;

    // A test that fails by itself would notice everything.
    let (mut tried, mut failed) = (0, 0);
    let asked: BTreeSet<Judge> = mutants.iter().map(|mutant| mutant.judge).collect();
    for judge in asked {
        tried += 1;
        if let Verdict::Noticed(why) | Verdict::Broken(why) = judges.ask(judge, &[])? {
            failed += 1;
            tell(&format!("test {judge:?} with nothing taken out ... FAILED\n{why}"));
        } else {
            tell(&format!("test {judge:?} with nothing taken out ... ok"));
        }
    }
    if failed == 0 {
        tried += mutants.len();
        failed = try_all(&judges, &mutants)?;
    }
    let (word, passed) = (if failed == 0 { "ok" } else { "FAILED" }, tried - failed);
    tell(&format!("test result: {word}. {passed} passed; {failed} failed; 0 ignored"));
    Ok(failed == 0)
}

/// The gate's own source, and every other of the program's.
fn read(root: &Path) -> Result<(Source, Vec<Source>), Failure> {
    let gate_path = Path::new(POLICY).join("admit.rs");
    let gate = Source::read(&gate_path, fs::read_to_string(root.join(&gate_path))?)?;
    let mut sources = Vec::new();
    for path in copy::files(root)? {
        let is_source = path.components().nth(2).is_some_and(|part| part.as_os_str() == "src");
        let is_rust = path.extension().is_some_and(|extension| extension == "rs");
        if is_source && is_rust && ![POLICY, OWN].iter().any(|other| path.starts_with(other)) {
            let text = fs::read_to_string(root.join(&path))?;
            sources.push(Source::read(&path, text)?);
        }
    }
    // `#[cfg(test)] mod name;`: the file beside it is a test's.
    let tests: Vec<PathBuf> = sources
        .iter()
        .flat_map(|source| source.test_modules.iter().map(move |name| (source, format!("{name}.rs"))))
        .flat_map(|(source, name)| [source.path.with_extension("").join(&name), source.path.with_file_name(&name)])
        .collect();
    sources.retain(|source| !tests.contains(&source.path));
    Ok((gate, sources))
}

/// The files that are other in the copy.
fn changed(root: &Path, sites: &Sites, sources: &[Source]) -> Result<BTreeMap<PathBuf, String>, Failure> {
    let policy = |file: &str| Path::new(POLICY).join(file);
    let text = |path: &Path| fs::read_to_string(root.join(path));
    let (workspace, lock) = (PathBuf::from("Cargo.toml"), PathBuf::from("Cargo.lock"));
    let program = PathBuf::from("crates/portvakt/Cargo.toml");
    let (manifest, version) = names::workspace(&text(&workspace)?)?;
    let mut changed = BTreeMap::from([
        (policy("lib.rs"), gate::root(&text(&policy("lib.rs"))?)?),
        (policy("admit.rs"), gate::admit(&text(&policy("admit.rs"))?)?),
        (policy("next_step.rs"), gate::first_step(&text(&policy("next_step.rs"))?)?),
        (policy("wave.rs"), gate::WAVE.to_owned()),
        (lock.clone(), names::lock(&text(&lock)?, &version)),
        (program.clone(), names::program(&text(&program)?)?),
        (workspace, manifest),
    ]);
    changed.extend(sources.iter().filter_map(|source| Some((source.path.clone(), sites.rewritten(source)?))));
    Ok(changed)
}

/// Builds the copy's program and the tests. One build folder serves tree and copy: foreign packages are built once.
fn build(root: PathBuf, copy: &Path, folder: &Path) -> Result<Judges, Failure> {
    let target = root.join(env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()));
    let built = cargo(copy)
        .args(["build", "--locked", "--quiet", "--workspace", "--bin", PROGRAM, "--target-dir"])
        .arg(&target)
        .status()?;
    if !built.success() {
        return Err("the copy doesn't build".into());
    }
    let programs = folder.join("programs");
    fs::create_dir_all(&programs)?;
    let link = programs.join("portvakt");
    fs::remove_file(&link).ok();
    std::os::unix::fs::symlink(target.join("debug").join(PROGRAM), link)?;
    Ok(Judges {
        doors: test_program(&root, &target, "doors")?,
        flows: test_program(copy, &target, "flow")?,
        programs,
        root,
    })
}

/// Tries every mutant, as many at a time as there are cores, and says how many nobody noticed.
fn try_all(judges: &Judges, mutants: &[Mutant]) -> Result<usize, Failure> {
    let (next, failed) = (Mutex::new(mutants.iter()), Mutex::new(0));
    let work = || -> Result<(), Failure> {
        loop {
            let taken = next.lock().map_err(|_| "another thread broke down")?.next();
            let Some(mutant) = taken else { return Ok(()) };
            let line = match judges.ask(mutant.judge, &mutant.waved)? {
                Verdict::Noticed(what) if what.contains(mutant.about) => format!("ok ({what})"),
                Verdict::Noticed(what) => format!("FAILED: noticed only by {what}, not under {}", mutant.about),
                Verdict::Passed => "FAILED: nobody noticed".to_owned(),
                Verdict::Broken(why) => format!("FAILED: the test broke down instead of noticing\n{why}"),
            };
            if !line.starts_with("ok") {
                *failed.lock().map_err(|_| "another thread broke down")? += 1;
            }
            tell(&format!("test {} ... {line}", mutant.title));
        }
    };
    let threads = thread::available_parallelism().map_or(1, usize::from).min(4);
    thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        running.into_iter().try_for_each(|one| one.join().map_err(|_| "a thread broke down")?)
    })?;
    failed.into_inner().map_err(|_| "a thread broke down".into())
}
