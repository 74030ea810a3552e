//! Builds the runtime's WebAssembly beside the native crate (skipped with SKIP_WASM_BUILD=1).

fn main() {
	#[cfg(feature = "std")]
	wasm::build();
}

#[cfg(feature = "std")]
mod wasm {
	use std::{
		env, fs,
		path::{Path, PathBuf},
	};

	use substrate_wasm_builder::WasmBuilder;

	pub fn build() {
		let flags = folders().into_iter().filter_map(|(folder, name)| remap(&folder, name));
		let builder = flags.fold(WasmBuilder::init_with_defaults(), |builder, flag| builder.append_to_rust_flags(flag));
		builder.build();
	}

	/// Folders whose names panic messages would carry into the WebAssembly, with what shall stand there instead: or
	/// every machine would build other bytes, and the committed ones would tell of the machine that built them.
	fn folders() -> Vec<(PathBuf, &'static str)> {
		let manifest = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
		let mut folders: Vec<_> =
			manifest.parent().map(|pallets| (pallets.to_owned(), "pallets")).into_iter().collect();
		if let Some(cargo) = cargo_home() {
			let sources = fs::read_dir(cargo.join("registry/src")).into_iter().flatten().flatten();
			folders.extend(sources.map(|source| (source.path(), "crates")));
		}
		folders
	}

	fn cargo_home() -> Option<PathBuf> {
		let home = || env::var_os("HOME").map(|home| PathBuf::from(home).join(".cargo"));
		env::var_os("CARGO_HOME").map(PathBuf::from).or_else(home)
	}

	/// None for a folder whose name the flags can't carry.
	fn remap(folder: &Path, name: &str) -> Option<String> {
		let folder = folder.to_str().filter(|text| !text.contains(char::is_whitespace))?;
		Some(format!("--remap-path-prefix={folder}=/{name}"))
	}
}
