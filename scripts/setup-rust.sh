#!/usr/bin/env bash
# Makes this machine able to build the pallets and the runtime's WebAssembly.
#
# Needs one of: rustup with access to its downloads; or Debian, root, its packages and the Rust crate registry. Says what
# it will do before it does it, changes nothing that is there already, and may be run again at any time. With --check it only
# tells whether anything is missing (exit code 1 when so).
#
# Only people who change pallets/ need this: the runtime's WebAssembly is committed.
set -euo pipefail

readonly TARGET=wasm32v1-none
readonly RUSTUP_TARGETS_HELP="https://rustup.rs"
readonly DEBIAN_PACKAGES=(rustc-web cargo-web rust-web-src rust-web-clippy lld-22 clang libclang-dev protobuf-compiler cmake pkg-config libssl-dev)
readonly DEBIAN_PATH=/usr/bin:/bin

say() { printf '%s\n' "$*"; }
fail() { printf 'setup-rust: %s\n' "$*" >&2; exit 1; }

# Succeeds when the compiler named by $1 can link a crate for the target: the only proof that counts.
compiles_for_wasm() {
  local rustc=$1 probe
  command -v "$rustc" >/dev/null 2>&1 || return 1
  probe=$(mktemp -d)
  printf '#![no_std]\nextern crate alloc;\n#[panic_handler]\nfn panic(_: &core::panic::PanicInfo) -> ! { loop {} }\n' >"$probe/probe.rs"
  printf '#[global_allocator]\nstatic NONE: None = None;\nstruct None;\nunsafe impl core::alloc::GlobalAlloc for None {\n' >>"$probe/probe.rs"
  printf 'unsafe fn alloc(&self, _: core::alloc::Layout) -> *mut u8 { core::ptr::null_mut() }\n' >>"$probe/probe.rs"
  printf 'unsafe fn dealloc(&self, _: *mut u8, _: core::alloc::Layout) {}\n}\n' >>"$probe/probe.rs"
  local works=1
  if PATH=/usr/local/bin:$PATH "$rustc" --target "$TARGET" --crate-type cdylib -o "$probe/probe.wasm" "$probe/probe.rs" >"$probe/log" 2>&1; then
    works=0
  fi
  rm -rf "$probe"
  return "$works"
}

# Succeeds when the linter under the PATH $1 is that of the compiler: one of another version can't read what it compiled.
lints_what_it_compiles() {
  local minor
  minor=$(PATH=$1 rustc --version | sed -nE 's/^rustc 1\.([0-9]+)\..*/\1/p')
  PATH=$1 cargo clippy --version 2>/dev/null | grep -q "^clippy 0\.1\.$minor\b"
}

with_rustup() {
  say "Will run: rustup target add $TARGET; rustup component add rust-src clippy"
  rustup target add "$TARGET" && rustup component add rust-src clippy
}

# Debian ships no standard library for the target, so its three crates are built once from Debian's own sources and put
# where the compiler looks for them.
with_debian() {
  say "Will install with apt-get: ${DEBIAN_PACKAGES[*]}"
  say "Will link /usr/local/bin/rust-lld to lld 22, build core and alloc for $TARGET and copy them into the compiler's folder."
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq "${DEBIAN_PACKAGES[@]}"
  ln -sf /usr/lib/llvm-22/bin/lld /usr/local/bin/rust-lld
  local library work
  library=$(PATH=$DEBIAN_PATH /usr/bin/rustc --print sysroot)/lib/rustlib/$TARGET/lib
  work=$(mktemp -d)
  mkdir -p "$work/src"
  printf '#![no_std]\n' >"$work/src/lib.rs"
  cat >"$work/Cargo.toml" <<'MANIFEST'
[package]
name = "standard-library-for-wasm"
version = "0.1.0"
edition = "2021"

[profile.release]
panic = "abort"
MANIFEST
  # RUSTC_BOOTSTRAP lets a stable compiler build its own standard library; nothing else is built with it. Bitcode is
  # needed because the runtime is linked with LTO.
  (cd "$work" && PATH=$DEBIAN_PATH RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Cembed-bitcode=yes /usr/bin/cargo build --quiet \
    --release --target "$TARGET" --target-dir "$work/target" \
    -Z build-std=core,alloc,compiler_builtins -Z build-std-features=compiler-builtins-mem)
  mkdir -p "$library"
  rm -f "$library"/*.rlib
  cp "$work/target/$TARGET"/release/deps/lib{core,alloc,compiler_builtins}-*.rlib "$library"/
  rm -rf "$work"
}

what_to_do_by_hand() {
  say "Install by hand one of:"
  say "  - rustup ($RUSTUP_TARGETS_HELP), then: rustup target add $TARGET && rustup component add rust-src clippy"
  say "  - on Debian 12 or later, as root: run this script again"
  say "and besides: clang, a C++ compiler, cmake, protoc, pkg-config and OpenSSL's headers."
}

ready() {
  if compiles_for_wasm rustc && lints_what_it_compiles "$PATH"; then
    say "Ready: $(rustc --version) builds for $TARGET."
  elif compiles_for_wasm /usr/bin/rustc && lints_what_it_compiles "/usr/bin:/usr/local/bin:/bin:$PATH"; then
    say "Ready: $(/usr/bin/rustc --version) builds for $TARGET. Use it with PATH=/usr/bin:/usr/local/bin:/bin"
  else
    return 1
  fi
}

main() {
  ready && exit 0
  if [ "${1:-}" = "--check" ]; then
    what_to_do_by_hand
    exit 1
  fi
  if command -v rustup >/dev/null 2>&1; then
    with_rustup && ready && exit 0
    say "rustup could not provide the target."
  fi
  if [ -f /etc/debian_version ] && [ "$(id -u)" -eq 0 ]; then
    with_debian
    ready && exit 0
    fail "the packages are installed, yet $TARGET still does not link"
  fi
  what_to_do_by_hand
  exit 1
}

main "$@"
