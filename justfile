# Lists the recipes.
_default:
    @just --list --unsorted

# Format every file in place.
fmt:
    cargo fmt

# Look for mistakes and broken habits; a warning is an error.
lint:
    cargo clippy --workspace --all-targets --locked -- -D warnings

# Run every test, or those with a name: `just test tidy`.
test *names:
    cargo test --workspace --locked {{ names }}

# Build the documentation, private items too; a broken link is an error.
doc:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked --document-private-items

# Check licences, sources and duplicates of the dependencies.
deny:
    cargo deny --all-features check --hide-inclusion-graph bans licenses sources

# Run what continuous integration runs.
ci:
    .ci/run

# Write what documents show of the program's output: sessions, tables, the vocabulary.
docs:
    UPDATE_DOCS=1 cargo test --locked --test it -- documents config::the_page_on the_table_of_figures

# Make the pictures of the README again.
pictures:
    docs/pictures/make

# Run the benchmarks and write docs/benchmarks.md; all of them, or those with a name.
figures *names:
    benches/record {{ names }}

# Write assets/manifest.tsv again after a change of the sound files.
manifest:
    UPDATE_MANIFEST=1 cargo test --locked --test it assets::the_manifest_agrees_with_the_sound_files

# Fuzz one target for some seconds (needs a nightly Rust and cargo-fuzz); `cargo fuzz list` names the targets.
fuzz target seconds="60":
    cargo +nightly fuzz run {{ target }} -- -max_total_time={{ seconds }}

# Run every benchmark, or those with a name.
bench *names:
    cargo bench --locked -- {{ names }}

# Break the machines on purpose and see which mutants no test notices (needs cargo-mutants; hours): `just mutants 0/4`.
mutants shard="0/1":
    cargo mutants --in-place --shard {{ shard }}

# Play the whole library as real calls, as often as given: every verdict must be that of virtual time (minutes).
over-sip times="1":
    cargo build --release --locked
    for run in $(seq {{ times }}); do target/release/attendant replay scenarios --over-sip --quiet || exit; done

# Replay scenarios in virtual time: all of them, or the files and options given.
replay *arguments="scenarios":
    cargo run --release --locked -- replay {{ arguments }}
